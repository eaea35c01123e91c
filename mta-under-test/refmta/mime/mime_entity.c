#include "mta-under-test/refmta/mime/mime_entity.h"

#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/poison.h"

/* Takes the word off the front, and the white space and comments behind it. */
static struct slice take(struct slice *rest, size_t len)
{
    struct slice word = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    *rest = slice_skip(*rest, cfws_len(*rest));
    return word;
}

static bool take_char(struct slice *rest, char c)
{
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    (void)take(rest, 1);
    return true;
}

/* The value of a parameter (RFC 2045 5.1): a token or a quoted string. */
static struct slice take_value(struct arena *arena, struct slice *rest)
{
    size_t quoted = cfws_quoted_len(*rest);
    if (quoted > 0)
        return cfws_unquote(arena, take(rest, quoted));
    return take(rest, cfws_token_len(*rest));
}

/* type "/" subtype *(";" name "=" value); what cannot be read is left as it was. */
static void read_type(struct arena *arena, struct slice rest, struct mime_entity *entity)
{
    (void)take(&rest, 0);
    struct slice type = take(&rest, cfws_token_len(rest));
    if (type.len == 0 || !take_char(&rest, '/'))
        return;
    struct slice subtype = take(&rest, cfws_token_len(rest));
    if (subtype.len == 0)
        return;
    entity->type = type;
    entity->subtype = subtype;
    while (take_char(&rest, ';')) {
        struct slice name = take(&rest, cfws_token_len(rest));
        if (!take_char(&rest, '='))
            return;
        struct slice value = take_value(arena, &rest);
        if (slice_is_nocase(name, "boundary"))
            entity->boundary = value;
    }
}

bool mime_entity_read(struct arena *arena, struct slice bytes, bool in_digest,
                      struct mime_entity *entity)
{
    *entity = (struct mime_entity){.type = in_digest ? SLICE("message") : SLICE("text"),
                                   .subtype = in_digest ? SLICE("rfc822") : SLICE("plain"),
                                   .boundary = SLICE(""),
                                   .encoding = SLICE("")};
    if (!message_parse(arena, bytes, &entity->message))
        return false;
    const struct message_field *type = message_find(&entity->message, "content-type");
    const struct message_field *encoding =
        message_find(&entity->message, "content-transfer-encoding");
    entity->has_type = type != NULL;
    if (type != NULL)
        read_type(arena, type->value, entity);
    if (encoding != NULL) {
        struct slice rest = encoding->value;
        (void)take(&rest, 0);
        entity->encoding = take(&rest, cfws_token_len(rest));
    }
    return true;
}

bool mime_entity_is(const struct mime_entity *entity, const char *type, const char *subtype)
{
    return slice_is_nocase(entity->type, type) &&
           (subtype == NULL || slice_is_nocase(entity->subtype, subtype));
}

/* RFC 2046 5.1.1: "--" boundary ["--"] and white space up to the end of the line. */
static bool is_delimiter(struct slice line, struct slice boundary, bool *is_last)
{
    if (!slice_starts_with(line, SLICE("--")) || !slice_starts_with(slice_skip(line, 2), boundary))
        return false;
    struct slice rest = slice_skip(line, 2 + boundary.len);
    *is_last = slice_starts_with(rest, SLICE("--"));
    return slice_trim(slice_skip(rest, *is_last ? 2 : 0)).len == 0;
}

bool mime_delimiter_find(struct slice body, struct slice boundary, struct mime_delimiter *delimiter)
{
    size_t at = 0;
    while (at < body.len) {
        struct slice rest = slice_skip(body, at);
        size_t newline = slice_find(rest, '\n');
        size_t len = newline == SIZE_MAX ? rest.len : newline + 1;
        if (is_delimiter(slice_first(rest, len), boundary, &delimiter->is_last)) {
            bool has_crlf = at >= 2 && body.data[at - 2] == '\r';
            delimiter->start = has_crlf ? at - 2 : at;
            delimiter->bytes =
                slice_first(slice_skip(body, delimiter->start), at + len - delimiter->start);
            return true;
        }
        at += len;
    }
    return false;
}
