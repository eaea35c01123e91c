#include "mta-under-test/mailauth/dkim/dkim_sign.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum {
    DKIM_SIGN_COLUMNS = 76,
    DKIM_SIGN_TAGS_MAX = 16,
    DKIM_SIGN_BITS_MIN = 1024,
    DKIM_SIGN_BYTES_MAX = 1024 * 1024
};

const char *dkim_sign_algorithm(EVP_PKEY *key)
{
    int type = EVP_PKEY_id(key);
    if (type == EVP_PKEY_RSA)
        return "rsa-sha256";
    return type == EVP_PKEY_ED25519 ? "ed25519-sha256" : NULL;
}

/* Adds a piece that may stand on a new line. */
static void dkim_sign_add_folded(struct buf *out, size_t *column, const char *space,
                                 struct slice piece)
{
    if (*column + strlen(space) + piece.len > DKIM_SIGN_COLUMNS) {
        buf_add_text(out, "\r\n\t");
        *column = 8;
    } else {
        buf_add_text(out, space);
        *column += strlen(space);
    }
    buf_add_slice(out, piece);
    *column += piece.len;
}

/* A long value may be folded between its items (h=) or anywhere (base64). */
static void dkim_sign_add_value(struct buf *out, size_t *column, struct slice value)
{
    while (*column + value.len > DKIM_SIGN_COLUMNS) {
        size_t room = *column < DKIM_SIGN_COLUMNS ? DKIM_SIGN_COLUMNS - *column : 0;
        size_t colon = slice_find_last(slice_first(value, room), ':');
        if (colon == SIZE_MAX)
            colon = slice_find(value, ':');
        if (colon == SIZE_MAX || colon + 1 >= value.len)
            break;
        buf_add_slice(out, slice_first(value, colon + 1));
        buf_add_text(out, "\r\n\t ");
        *column = 9;
        value = slice_skip(value, colon + 1);
    }
    buf_add_slice(out, value);
    *column += value.len;
}

void dkim_sign_write(struct buf *out, const char *name, const struct dkim_sign_tag *tags,
                     size_t count)
{
    size_t column = strlen(name) + 1;
    buf_format(out, "%s:", name);
    for (size_t i = 0; i < count; i++) {
        bool folds = strcmp(tags[i].name, "h") == 0 || strcmp(tags[i].name, "z") == 0;
        size_t head_len = strlen(tags[i].name) + 1;
        size_t need = folds ? 0 : tags[i].value.len;
        if (column + head_len + need + 2 > DKIM_SIGN_COLUMNS) {
            buf_add_text(out, "\r\n\t");
            column = 8;
        } else {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add_text(out, tags[i].name);
        buf_add_char(out, '=');
        column += head_len;
        dkim_sign_add_value(out, &column, tags[i].value);
        if (i + 1 < count) {
            buf_add_char(out, ';');
            column++;
        }
    }
}

/* z=: the fields as they were, in dkim-quoted-printable (3.5, 2.11). */
static struct slice dkim_sign_copies(const struct message *message, struct slice names,
                                     struct arena *arena)
{
    struct buf out;
    buf_init(&out, DKIM_SIGN_BYTES_MAX);
    for (size_t i = 0; i < message->count; i++) {
        const struct message_field *field = &message->fields[i];
        struct slice rest = names;
        struct slice name;
        bool wanted = false;
        while (slice_split(&rest, ':', &name))
            wanted = wanted || slice_equal_nocase(slice_trim(name), field->name);
        if (!wanted || field->name.len == 0)
            continue;
        buf_format(&out, "%s%.*s:", out.len > 0 ? "|" : "", SLICE_ARG(field->name));
        for (size_t k = 0; k < field->value.len; k++) {
            char c = field->value.data[k];
            if (c > ' ' && c < 0x7f && strchr(";=|:", c) == NULL)
                buf_add_char(&out, c);
            else
                buf_format(&out, "=%02X", (unsigned)(unsigned char)c);
        }
    }
    struct slice copies = arena_slice(arena, buf_slice(&out));
    buf_deinit(&out);
    return copies;
}

int dkim_sign_check_basics(const struct dkim_sign_options *options, struct arena *arena,
                           struct err *err)
{
    struct slice name;
    struct slice rest = options->headers;
    struct slice item;
    bool has_from = false;
    if (!dkim_key_name(arena, options->selector, options->domain, &name))
        return err_set(err, "\"%.*s\" and \"%.*s\" are no selector and domain",
                       SLICE_ARG(options->selector), SLICE_ARG(options->domain));
    while (slice_split(&rest, ':', &item)) {
        item = slice_trim(item);
        if (item.len == 0)
            return err_set(err, "the list of header fields has an empty name");
        has_from = has_from || slice_is_nocase(item, "from");
    }
    if (!has_from)
        return err_set(err, "the list of header fields must have From (RFC 6376 5.4)");
    if (options->key == NULL || dkim_sign_algorithm(options->key) == NULL)
        return err_set(err, "the key is neither RSA nor Ed25519");
    return 0;
}

static int dkim_sign_check(const struct dkim_sign_options *options, struct arena *arena,
                           struct err *err)
{
    if (dkim_sign_check_basics(options, arena, err) != 0)
        return -1;
    if (EVP_PKEY_id(options->key) == EVP_PKEY_RSA &&
        EVP_PKEY_bits(options->key) < DKIM_SIGN_BITS_MIN)
        return err_set(err, "an RSA key needs at least 1024 bits (RFC 8301 3.2)");
    return 0;
}

struct slice dkim_sign_body_hash(const struct message *message, enum dkim_canon canon,
                                 struct arena *arena, uint64_t *len)
{
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    struct dkim_body body;
    struct buf text;
    dkim_body_init(&body, canon, DKIM_SHA256, DKIM_BODY_NO_LIMIT);
    dkim_body_feed(&body, message->body);
    size_t digest_len = dkim_body_finish(&body, digest);
    dkim_body_deinit(&body);
    *len = body.len;
    buf_init(&text, 128);
    text_to_base64(&text, digest, digest_len);
    struct slice hash = arena_slice(arena, buf_slice(&text));
    buf_deinit(&text);
    return hash;
}

static const char *dkim_sign_canon_name(const struct dkim_sign_options *options)
{
    if (options->header_canon == DKIM_CANON_RELAXED)
        return options->body_canon == DKIM_CANON_RELAXED ? "relaxed/relaxed" : "relaxed/simple";
    return options->body_canon == DKIM_CANON_RELAXED ? "simple/relaxed" : "simple/simple";
}

static size_t dkim_sign_tags(const struct message *message, const struct dkim_sign_options *options,
                             struct arena *arena, struct dkim_sign_tag *tags)
{
    size_t count = 0;
    uint64_t body_len = 0;
    uint64_t expiry_s = options->time_s + options->lifetime_s;
    struct slice hash = dkim_sign_body_hash(message, options->body_canon, arena, &body_len);
    tags[count++] = (struct dkim_sign_tag){"v", SLICE("1")};
    tags[count++] = (struct dkim_sign_tag){"a", slice_of(dkim_sign_algorithm(options->key))};
    tags[count++] = (struct dkim_sign_tag){"c", slice_of(dkim_sign_canon_name(options))};
    tags[count++] = (struct dkim_sign_tag){"d", options->domain};
    tags[count++] = (struct dkim_sign_tag){"s", options->selector};
    if (options->identity.len > 0)
        tags[count++] = (struct dkim_sign_tag){"i", options->identity};
    if (options->has_time)
        tags[count++] = (struct dkim_sign_tag){
            "t", slice_of(arena_format(arena, "%llu", (unsigned long long)options->time_s))};
    if (options->has_time && options->lifetime_s > 0)
        tags[count++] = (struct dkim_sign_tag){
            "x", slice_of(arena_format(arena, "%llu", (unsigned long long)expiry_s))};
    if (options->limits_body)
        tags[count++] = (struct dkim_sign_tag){
            "l", slice_of(arena_format(arena, "%llu", (unsigned long long)body_len))};
    tags[count++] = (struct dkim_sign_tag){"h", options->headers};
    if (options->copies_headers)
        tags[count++] =
            (struct dkim_sign_tag){"z", dkim_sign_copies(message, options->headers, arena)};
    tags[count++] = (struct dkim_sign_tag){"bh", hash};
    tags[count++] = (struct dkim_sign_tag){"b", SLICE("")};
    return count;
}

/* The signature's base64 behind the "b=" that the field ends in. */
static void dkim_sign_add_signature(struct buf *out, struct slice signature)
{
    struct buf text;
    size_t column = DKIM_SIGN_COLUMNS;
    buf_init(&text, (size_t)DKIM_SIGNATURE_BYTES_MAX * 2);
    text_to_base64(&text, signature.data, signature.len);
    struct slice rest = buf_slice(&text);
    while (rest.len > 0) {
        struct slice piece = slice_first(rest, DKIM_SIGN_COLUMNS - 10);
        dkim_sign_add_folded(out, &column, "", piece);
        column = DKIM_SIGN_COLUMNS;
        rest = slice_skip(rest, piece.len);
    }
    buf_deinit(&text);
}

int dkim_sign(const struct message *message, const struct dkim_sign_options *options,
              struct arena *arena, struct buf *out, struct err *err)
{
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    struct dkim_sign_tag tags[DKIM_SIGN_TAGS_MAX];
    struct dkim_hash hash;
    struct slice signature;
    size_t start = out->len;
    if (dkim_sign_check(options, arena, err) != 0)
        return -1;
    size_t count = dkim_sign_tags(message, options, arena, tags);
    dkim_sign_write(out, "DKIM-Signature", tags, count);
    dkim_hash_init(&hash, DKIM_SHA256);
    dkim_header_add_chosen(&hash, options->header_canon, message, options->headers, NULL, arena);
    dkim_header_add(&hash, options->header_canon, slice_skip(buf_slice(out), start), false);
    size_t len = dkim_hash_finish(&hash, digest);
    dkim_hash_deinit(&hash);
    if (!dkim_hash_sign(options->key, slice_from((const char *)digest, len), arena, &signature))
        return err_set(err, "the key cannot sign");
    dkim_sign_add_signature(out, signature);
    buf_add_text(out, "\r\n");
    return buf_overflowed(out) ? err_set(err, "the signature is too long") : 0;
}
