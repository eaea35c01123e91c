#include "mta-under-test/mailauth/authres/authres.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/cfws.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

/* The place in a value that is being read. */
struct authres_reader {
    struct arena *arena;
    struct slice text;
    size_t at;
};

static struct slice authres_rest(const struct authres_reader *reader)
{
    return slice_skip(reader->text, reader->at);
}

static void authres_skip(struct authres_reader *reader)
{
    reader->at += cfws_len(authres_rest(reader));
}

static bool authres_take(struct authres_reader *reader, char c)
{
    if (reader->at >= reader->text.len || reader->text.data[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

/* Keyword of RFC 5321: letters, digits, inner hyphens (underscores are seen, and taken). */
static bool authres_keyword(struct authres_reader *reader, struct slice *word)
{
    struct slice rest = authres_rest(reader);
    size_t len = 0;
    while (len < rest.len &&
           (text_is_alnum(rest.data[len]) || rest.data[len] == '-' || rest.data[len] == '_'))
        len++;
    while (len > 0 && rest.data[len - 1] == '-')
        len--;
    *word = slice_first(rest, len);
    reader->at += len;
    return len > 0;
}

/* value of RFC 2045: token or quoted-string. */
static bool authres_value(struct authres_reader *reader, struct slice *value)
{
    struct slice rest = authres_rest(reader);
    size_t len = cfws_quoted_len(rest);
    if (len > 0) {
        *value = cfws_unquote(reader->arena, slice_first(rest, len));
    } else {
        len = cfws_token_len(rest);
        *value = slice_first(rest, len);
    }
    reader->at += len;
    return len > 0;
}

/* pvalue: a value, or [ [ local-part ] "@" ] domain-name. Characters of addresses that are no
 * token are taken, since many writers do not quote them. */
static bool authres_pvalue(struct authres_reader *reader, struct slice *value)
{
    struct slice rest = authres_rest(reader);
    size_t len = cfws_quoted_len(rest);
    if (len > 0 && (len >= rest.len || rest.data[len] != '@')) {
        *value = cfws_unquote(reader->arena, slice_first(rest, len));
        reader->at += len;
        return true;
    }
    while (len < rest.len && (unsigned char)rest.data[len] > ' ' && rest.data[len] != 0x7f &&
           strchr(";()\"", rest.data[len]) == NULL)
        len++;
    *value = slice_first(rest, len);
    reader->at += len;
    return len > 0;
}

static const char *authres_version(struct authres_reader *reader, unsigned *version)
{
    struct slice rest = authres_rest(reader);
    uint64_t number = 0;
    size_t len = 0;
    while (len < rest.len && text_is_digit(rest.data[len]))
        len++;
    if (text_to_u64(slice_first(rest, len), &number) != 0 || number > UINT32_MAX)
        return "the version is no number";
    *version = (unsigned)number;
    reader->at += len;
    return NULL;
}

/* ptype "." property "=" pvalue */
static const char *authres_property(struct authres_reader *reader, struct slice type,
                                    struct authres_result *result)
{
    struct authres_property property = {.type = type};
    authres_skip(reader);
    if (!authres_take(reader, '.'))
        return "a property without \".\"";
    authres_skip(reader);
    if (!authres_keyword(reader, &property.name))
        return "a property without a name";
    authres_skip(reader);
    if (!authres_take(reader, '='))
        return "a property without \"=\"";
    authres_skip(reader);
    if (!authres_pvalue(reader, &property.value))
        return "a property without a value";
    if (result->property_count == AUTHRES_PROPERTIES_MAX)
        return "too many properties";
    result->properties[result->property_count++] = property;
    return NULL;
}

/* [ reasonspec ] *propspec */
static const char *authres_details(struct authres_reader *reader, struct authres_result *result)
{
    for (;;) {
        struct slice word;
        const char *wrong = NULL;
        authres_skip(reader);
        if (reader->at >= reader->text.len || reader->text.data[reader->at] == ';')
            return NULL;
        if (!authres_keyword(reader, &word))
            return "an unexpected character";
        struct authres_reader ahead = *reader;
        authres_skip(&ahead);
        if (slice_is_nocase(word, "reason") && authres_take(&ahead, '=')) {
            authres_skip(&ahead);
            if (result->reason.data != NULL || !authres_value(&ahead, &result->reason))
                return "a reason without a value, or twice";
            *reader = ahead;
        } else {
            wrong = authres_property(reader, word, result);
        }
        if (wrong != NULL)
            return wrong;
    }
}

static const char *authres_resinfo(struct authres_reader *reader, struct authres_result *result)
{
    memset(result, 0, sizeof *result);
    result->version = 1;
    authres_skip(reader);
    size_t start = reader->at;
    if (!authres_keyword(reader, &result->method))
        return "a result without a method";
    authres_skip(reader);
    if (authres_take(reader, '/')) {
        authres_skip(reader);
        const char *wrong = authres_version(reader, &result->version);
        if (wrong != NULL)
            return wrong;
        authres_skip(reader);
    }
    if (!authres_take(reader, '='))
        return "a method without \"=\"";
    authres_skip(reader);
    if (!authres_keyword(reader, &result->result))
        return "a method without a result";
    const char *wrong = authres_details(reader, result);
    result->raw = slice_trim(slice_from(reader->text.data + start, reader->at - start));
    return wrong;
}

/* authserv-id [ version ] */
static const char *authres_head(struct authres_reader *reader, struct authres *authres)
{
    authres->version = 1;
    authres_skip(reader);
    if (!authres_value(reader, &authres->authserv_id))
        return "the authserv-id is missing";
    authres_skip(reader);
    struct slice rest = authres_rest(reader);
    if (rest.len > 0 && text_is_digit(rest.data[0])) {
        const char *wrong = authres_version(reader, &authres->version);
        if (wrong != NULL)
            return wrong;
        authres_skip(reader);
    }
    return NULL;
}

/* "none" as the only word. */
static bool authres_is_none(struct authres_reader reader)
{
    struct slice word;
    authres_skip(&reader);
    if (!authres_keyword(&reader, &word) || !slice_is_nocase(word, "none"))
        return false;
    authres_skip(&reader);
    return reader.at == reader.text.len;
}

const char *authres_parse(struct arena *arena, struct slice value, struct authres *authres)
{
    struct authres_reader reader = {arena, value, 0};
    memset(authres, 0, sizeof *authres);
    const char *wrong = authres_head(&reader, authres);
    if (wrong != NULL)
        return wrong;
    size_t room = 0;
    for (size_t i = 0; i < value.len; i++)
        room += value.data[i] == ';';
    if (room > AUTHRES_RESULTS_MAX)
        return "too many results";
    authres->results = arena_alloc_array(arena, room, sizeof *authres->results);
    while (reader.at < value.len) {
        if (!authres_take(&reader, ';'))
            return "an unexpected character";
        if (authres->count == 0 && authres_is_none(reader))
            return NULL;
        authres_skip(&reader);
        if (reader.at == value.len && authres->count > 0)
            break; /* a final ";", which some writers leave */
        wrong = authres_resinfo(&reader, &authres->results[authres->count]);
        if (wrong != NULL)
            return wrong;
        authres->count++;
    }
    return authres->count > 0 ? NULL : "there is no result, nor \"none\"";
}

/* `is_pvalue`: an address or domain may stand without quotes. */
static void authres_write_value(struct buf *out, struct slice value, bool is_pvalue)
{
    size_t len = cfws_token_len(value);
    if (is_pvalue && len < value.len && value.data[len] == '@')
        len += 1 + cfws_token_len(slice_skip(value, len + 1));
    if (len == value.len && value.len > 0)
        buf_add_slice(out, value);
    else
        cfws_add_quoted(out, value);
}

static void authres_write_result(struct buf *out, const struct authres_result *result)
{
    buf_add_slice(out, result->method);
    if (result->version > 1)
        buf_format(out, "/%u", result->version);
    buf_format(out, "=%.*s", SLICE_ARG(result->result));
    if (result->reason.data != NULL) {
        buf_add_text(out, " reason=");
        authres_write_value(out, result->reason, false);
    }
    for (size_t i = 0; i < result->property_count; i++) {
        const struct authres_property *property = &result->properties[i];
        buf_format(out, " %.*s.%.*s=", SLICE_ARG(property->type), SLICE_ARG(property->name));
        authres_write_value(out, property->value, true);
    }
}

void authres_write(struct buf *out, const struct authres *authres, bool folds)
{
    authres_write_value(out, authres->authserv_id, false);
    if (authres->version > 1)
        buf_format(out, " %u", authres->version);
    if (authres->count == 0)
        buf_add_text(out, "; none");
    for (size_t i = 0; i < authres->count; i++) {
        buf_add_text(out, folds ? ";\r\n\t" : "; ");
        authres_write_result(out, &authres->results[i]);
    }
}

bool authres_is_forged(struct slice value, struct slice authserv_id)
{
    struct arena arena;
    struct authres authres = {0};
    struct slice theirs;
    struct slice ours;
    arena_init(&arena);
    struct authres_reader reader = {&arena, value, 0};
    bool forged = true;
    if (authres_head(&reader, &authres) == NULL &&
        domain_to_ascii(&arena, authres.authserv_id, &theirs) &&
        domain_to_ascii(&arena, authserv_id, &ours))
        forged = slice_equal_nocase(domain_without_dot(theirs), domain_without_dot(ours));
    arena_deinit(&arena);
    return forged;
}

size_t authres_remove_forged(const struct message *message, struct slice authserv_id,
                             const char *also, struct buf *out)
{
    size_t removed = 0;
    for (size_t i = 0; i < message->count; i++) {
        const struct message_field *field = &message->fields[i];
        if ((also != NULL && slice_is_nocase(field->name, also)) ||
            (slice_is_nocase(field->name, "Authentication-Results") &&
             authres_is_forged(field->value, authserv_id))) {
            removed++;
            continue;
        }
        buf_add_slice(out, field->raw);
        buf_add_text(out, "\r\n");
    }
    buf_add_text(out, "\r\n");
    buf_add_slice(out, message->body);
    return removed;
}
