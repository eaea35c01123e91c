#include "mta-under-test/refmta/mime/mime_downgrade.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/mime/mime_encode.h"
#include "mta-under-test/refmta/mime/mime_entity.h"

#include "mta-under-test/base/poison.h"

#define STATUS_NO_CONVERSION "5.6.3" /* RFC 3463: required but not supported */
#define STATUS_UTF8 "5.6.7"          /* RFC 6531 3.4 */

/* Text of which more than one byte in so many is not ASCII is shorter in base64. */
enum { BASE64_SHARE = 4, LINE_BYTES_MAX = 998 };

struct job {
    struct arena arena;
    struct buf *out;
    struct mime_obstacle *obstacle;
};

static int fail(struct job *job, const char *status, const char *why)
{
    *job->obstacle = (struct mime_obstacle){status, why};
    return -1;
}

/* US-ASCII in lines that RFC 5321 4.5.3.1.6 allows, each with CRLF. */
static bool is_plain(struct slice bytes)
{
    size_t line_bytes = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        bool after_cr = i > 0 && bytes.data[i - 1] == '\r';
        if (c == 0 || c >= 0x80 || (c == '\n') != after_cr || ++line_bytes > LINE_BYTES_MAX + 2)
            return false;
        if (c == '\n')
            line_bytes = 0;
    }
    return bytes.len == 0 || bytes.data[bytes.len - 1] != '\r';
}

/* NUL counts as a strange byte, as in a body. */
static bool has_utf8_field(const struct mime_entity *entity)
{
    for (size_t i = 0; i < entity->message.count; i++)
        if (!text_is_ascii(entity->message.fields[i].raw) ||
            slice_find(entity->message.fields[i].raw, '\0') != SIZE_MAX)
            return true;
    return false;
}

static bool is_identity(struct slice encoding)
{
    return encoding.len == 0 || slice_is_nocase(encoding, "7bit") ||
           slice_is_nocase(encoding, "8bit") || slice_is_nocase(encoding, "binary");
}

/* The fields, with another Content-Transfer-Encoding, and the empty line. */
static void write_header(struct job *job, const struct mime_entity *entity, const char *encoding,
                         bool is_top)
{
    static const char ENCODING[] = "Content-Transfer-Encoding";
    const struct message *message = &entity->message;
    for (size_t i = 0; i < message->count; i++) {
        if (slice_is_nocase(message->fields[i].name, ENCODING))
            continue;
        buf_add_slice(job->out, message->fields[i].raw);
        buf_add_text(job->out, "\r\n");
    }
    if (is_top && message_count(message, "mime-version") == 0)
        buf_add_text(job->out, "MIME-Version: 1.0\r\n");
    /* RFC 1428: nobody knows what the bytes mean, and that is all there is to say of them. */
    if (is_top && !entity->has_type)
        buf_add_text(job->out, "Content-Type: text/plain; charset=unknown-8bit\r\n");
    buf_format(job->out, "%s: %s\r\n\r\n", ENCODING, encoding);
}

static int convert(struct job *job, struct slice bytes, bool in_digest, unsigned depth);

/* What stands outside of the parts is for nobody (RFC 2046 5.1.1), and cannot be encoded. */
static void write_outside(struct job *job, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        buf_add_char(job->out, c == 0 || c >= 0x80 ? '?' : bytes.data[i]);
    }
}

static int convert_multipart(struct job *job, const struct mime_entity *entity, unsigned depth)
{
    struct slice rest = entity->message.body;
    struct mime_delimiter delimiter = {.is_last = false};
    bool in_digest = mime_entity_is(entity, "multipart", "digest");
    if (entity->boundary.len == 0)
        return fail(job, STATUS_NO_CONVERSION, "a multipart names no boundary");
    write_header(job, entity, "7bit", depth == 0);
    bool is_inside = false;
    while (!delimiter.is_last && mime_delimiter_find(rest, entity->boundary, &delimiter)) {
        struct slice content = slice_first(rest, delimiter.start);
        if (is_inside && convert(job, content, in_digest, depth + 1) != 0)
            return -1;
        if (!is_inside)
            write_outside(job, content);
        buf_add_slice(job->out, delimiter.bytes);
        rest = slice_skip(rest, delimiter.start + delimiter.bytes.len);
        is_inside = true;
    }
    /* Without a last boundary the last part ends with the whole. */
    if (is_inside && !delimiter.is_last)
        return convert(job, rest, in_digest, depth + 1);
    write_outside(job, rest);
    return 0;
}

static int convert_leaf(struct job *job, const struct mime_entity *entity, unsigned depth)
{
    struct slice body = entity->message.body;
    if (slice_is_nocase(entity->encoding, "quoted-printable")) {
        write_header(job, entity, "quoted-printable", depth == 0);
        mime_encode_rest(body, job->out);
        return 0;
    }
    if (!is_identity(entity->encoding))
        return fail(job, STATUS_NO_CONVERSION,
                    "a part has other bytes than its Content-Transfer-Encoding allows");
    size_t strange = 0;
    for (size_t i = 0; i < body.len; i++)
        strange += (unsigned char)body.data[i] >= 0x80 || body.data[i] == '\0';
    bool is_text = mime_entity_is(entity, "text", NULL) && strange <= body.len / BASE64_SHARE;
    write_header(job, entity, is_text ? "quoted-printable" : "base64", depth == 0);
    if (is_text)
        mime_encode_quoted(body, job->out);
    else
        mime_encode_base64(body, job->out);
    return 0;
}

/* Only what RFC 2046 5.2 lets be encoded is: the others are 7-bit by definition, but for a message
 * in a message, which is converted in its turn. */
static int convert_message(struct job *job, const struct mime_entity *entity, unsigned depth)
{
    if (slice_starts_with_nocase(entity->subtype, SLICE("global")))
        return convert_leaf(job, entity, depth); /* RFC 6532 3.7 */
    if (!mime_entity_is(entity, "message", "rfc822"))
        return fail(job, STATUS_NO_CONVERSION, "a part of type message/* may not be encoded");
    if (!is_identity(entity->encoding))
        return fail(job, STATUS_NO_CONVERSION, "a message/rfc822 is encoded, which it may not be");
    write_header(job, entity, "7bit", depth == 0);
    return convert(job, entity->message.body, false, depth + 1);
}

static int convert(struct job *job, struct slice bytes, bool in_digest, unsigned depth)
{
    struct mime_entity entity;
    if (is_plain(bytes)) {
        buf_add_slice(job->out, bytes);
        return 0;
    }
    if (depth > MIME_DEPTH_MAX)
        return fail(job, STATUS_NO_CONVERSION, "its parts are nested too deeply");
    if (!mime_entity_read(&job->arena, bytes, in_digest, &entity))
        return fail(job, STATUS_NO_CONVERSION, "it has too many header fields");
    if (has_utf8_field(&entity))
        return fail(job, STATUS_UTF8, "a header field is not US-ASCII");
    if (mime_entity_is(&entity, "multipart", "signed") ||
        mime_entity_is(&entity, "multipart", "encrypted"))
        return fail(job, STATUS_NO_CONVERSION,
                    "a signed or encrypted part must stay as it is (RFC 1847 2.1)");
    if (mime_entity_is(&entity, "multipart", NULL))
        return convert_multipart(job, &entity, depth);
    if (mime_entity_is(&entity, "message", NULL))
        return convert_message(job, &entity, depth);
    return convert_leaf(job, &entity, depth);
}

int mime_downgrade(struct slice content, struct buf *out, struct mime_obstacle *obstacle)
{
    struct job job = {.out = out, .obstacle = obstacle};
    int result = convert(&job, content, false, 0);
    arena_deinit(&job.arena);
    struct slice written = buf_slice(out);
    if (result == 0 && (written.len < 2 || written.data[written.len - 1] != '\n'))
        buf_add_text(out, "\r\n");
    if (result == 0 && buf_overflowed(out))
        return fail(&job, "5.3.4", "it becomes too large");
    return result;
}

static bool any_utf8_header(struct arena *arena, struct slice bytes, bool in_digest, unsigned depth)
{
    struct mime_entity entity;
    if (text_is_ascii(bytes))
        return false;
    if (depth > MIME_DEPTH_MAX || !mime_entity_read(arena, bytes, in_digest, &entity) ||
        has_utf8_field(&entity))
        return true;
    if (mime_entity_is(&entity, "message", "rfc822"))
        return any_utf8_header(arena, entity.message.body, false, depth + 1);
    if (!mime_entity_is(&entity, "multipart", NULL) || entity.boundary.len == 0)
        return false;
    struct slice rest = entity.message.body;
    struct mime_delimiter delimiter = {.is_last = false};
    bool is_digest = mime_entity_is(&entity, "multipart", "digest");
    for (bool is_inside = false; !delimiter.is_last; is_inside = true) {
        bool found = mime_delimiter_find(rest, entity.boundary, &delimiter);
        struct slice content = found ? slice_first(rest, delimiter.start) : rest;
        if (is_inside && any_utf8_header(arena, content, is_digest, depth + 1))
            return true;
        if (!found)
            return false;
        rest = slice_skip(rest, delimiter.start + delimiter.bytes.len);
    }
    return false;
}

bool mime_has_utf8_header(struct slice content)
{
    struct arena arena = {0};
    bool has = any_utf8_header(&arena, content, false, 0);
    arena_deinit(&arena);
    return has;
}
