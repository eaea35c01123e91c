#include "sim/policy/http_request.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum http_phase {
    HTTP_PHASE_HEAD,
    HTTP_PHASE_BODY,
    HTTP_PHASE_CHUNK_SIZE,
    HTTP_PHASE_CHUNK_DATA,
    HTTP_PHASE_CHUNK_END,
    HTTP_PHASE_TRAILER,
    HTTP_PHASE_DONE,
    HTTP_PHASE_BAD,
};

enum { HTTP_LINE_BYTES_MAX = 1024, HTTP_CHUNK_DIGITS_MAX = 8 };

void http_reader_init(struct http_reader *reader)
{
    *reader = (struct http_reader){.phase = HTTP_PHASE_HEAD};
    buf_init(&reader->head, HTTP_HEAD_BYTES_MAX);
    buf_init(&reader->body, HTTP_BODY_BYTES_MAX);
    buf_init(&reader->line, HTTP_LINE_BYTES_MAX);
}

void http_reader_deinit(struct http_reader *reader)
{
    buf_deinit(&reader->head);
    buf_deinit(&reader->body);
    buf_deinit(&reader->line);
}

bool http_reader_has_head(const struct http_reader *reader)
{
    return reader->phase != HTTP_PHASE_HEAD && reader->phase != HTTP_PHASE_BAD;
}

static void http_refuse(struct http_reader *reader, int status)
{
    reader->status = status;
    reader->phase = HTTP_PHASE_BAD;
}

/* ---- the head */

static bool http_is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!text_is_alnum(text.data[i]) && strchr("!#$%&'*+-.^_`|~", text.data[i]) == NULL)
            return false;
    }
    return text.len > 0;
}

/* "GET /path HTTP/1.1" */
static void http_read_request_line(struct http_reader *reader, struct slice line)
{
    struct http_request *request = &reader->request;
    struct slice version;
    if (!slice_split(&line, ' ', &request->method) || !http_is_token(request->method) ||
        !slice_split(&line, ' ', &request->target) || request->target.len == 0 ||
        request->target.data[0] != '/') {
        http_refuse(reader, 400);
        return;
    }
    version = line;
    if (!slice_starts_with(version, SLICE("HTTP/1.")) || version.len != sizeof "HTTP/1.1" - 1)
        http_refuse(reader, 505);
    size_t query = slice_find(request->target, '?');
    request->path = query == SIZE_MAX ? request->target : slice_first(request->target, query);
}

static void http_read_length(struct http_reader *reader, struct slice value)
{
    if (text_to_u64(value, &reader->missing) != 0)
        http_refuse(reader, 400);
    else if (reader->missing > HTTP_BODY_BYTES_MAX)
        http_refuse(reader, 413);
}

/* One field; *chunked is set by Transfer-Encoding, which excludes Content-Length (RFC 9112 6.3). */
static void http_read_field(struct http_reader *reader, struct slice name, struct slice value,
                            bool *chunked)
{
    struct http_request *request = &reader->request;
    const struct {
        const char *name;
        struct slice *value;
    } KEPT[] = {
        {"host", &request->host},
        {"content-type", &request->content_type},
        {"content-encoding", &request->content_encoding},
        {"user-agent", &request->user_agent},
    };
    for (size_t i = 0; i < sizeof KEPT / sizeof KEPT[0]; i++) {
        if (slice_is_nocase(name, KEPT[i].name))
            *KEPT[i].value = value;
    }
    if (slice_is_nocase(name, "content-length"))
        http_read_length(reader, value);
    else if (slice_is_nocase(name, "expect") && slice_is_nocase(value, "100-continue"))
        request->expects_continue = true;
    else if (slice_is_nocase(name, "transfer-encoding") && slice_is_nocase(value, "chunked"))
        *chunked = true;
    else if (slice_is_nocase(name, "transfer-encoding"))
        http_refuse(reader, 501);
}

static void http_read_fields(struct http_reader *reader, struct slice rest, bool *chunked)
{
    struct slice line;
    while (reader->phase != HTTP_PHASE_BAD && rest.len > 0 && slice_split(&rest, '\n', &line)) {
        size_t colon = slice_find(line, ':');
        struct slice name = slice_first(line, colon == SIZE_MAX ? 0 : colon);
        if (slice_trim(line).len == 0)
            continue;
        if (!http_is_token(name))
            http_refuse(reader, 400);
        else
            http_read_field(reader, name, slice_trim(slice_skip(line, colon + 1)), chunked);
    }
}

struct slice http_request_field(const struct http_request *request, const char *name)
{
    struct slice rest = request->fields;
    struct slice line;
    while (rest.len > 0 && slice_split(&rest, '\n', &line)) {
        size_t colon = slice_find(line, ':');
        if (colon != SIZE_MAX && slice_is_nocase(slice_first(line, colon), name))
            return slice_trim(slice_skip(line, colon + 1));
    }
    return SLICE("");
}

static void http_read_head(struct http_reader *reader)
{
    struct slice rest = buf_slice(&reader->head);
    struct slice line;
    bool chunked = false;
    if (!slice_split(&rest, '\n', &line)) {
        http_refuse(reader, 400);
        return;
    }
    http_read_request_line(reader, slice_trim(line));
    reader->request.fields = rest;
    http_read_fields(reader, rest, &chunked);
    if (reader->phase == HTTP_PHASE_BAD)
        return;
    if (chunked)
        reader->phase = HTTP_PHASE_CHUNK_SIZE;
    else
        reader->phase = reader->missing > 0 ? HTTP_PHASE_BODY : HTTP_PHASE_DONE;
}

/* Takes bytes up to the empty line; returns how many. */
static size_t http_take_head(struct http_reader *reader, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (!buf_add_char(&reader->head, bytes.data[i])) {
            http_refuse(reader, 431);
            return i;
        }
        struct slice head = buf_slice(&reader->head);
        if (bytes.data[i] != '\n' || !(slice_ends_with_nocase(head, SLICE("\r\n\r\n")) ||
                                       slice_ends_with_nocase(head, SLICE("\n\n"))))
            continue;
        http_read_head(reader);
        return i + 1;
    }
    return bytes.len;
}

/* ---- the body */

/* Takes what is missing of the body or of a chunk; returns how much. */
static size_t http_take_data(struct http_reader *reader, struct slice bytes, int then)
{
    if (bytes.len > reader->missing)
        bytes = slice_first(bytes, (size_t)reader->missing);
    if (!buf_add_slice(&reader->body, bytes))
        http_refuse(reader, 413);
    reader->missing -= bytes.len;
    if (reader->missing == 0 && reader->phase != HTTP_PHASE_BAD)
        reader->phase = then;
    return bytes.len;
}

/* "1a3;extension" */
static void http_read_chunk_size(struct http_reader *reader, struct slice line)
{
    size_t end = slice_find(line, ';');
    struct slice digits = slice_trim(end == SIZE_MAX ? line : slice_first(line, end));
    if (digits.len == 0 || digits.len > HTTP_CHUNK_DIGITS_MAX) {
        http_refuse(reader, digits.len == 0 ? 400 : 413);
        return;
    }
    reader->missing = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const char *found = strchr("0123456789abcdef", text_lower(digits.data[i]));
        if (found == NULL || *found == '\0') {
            http_refuse(reader, 400);
            return;
        }
        reader->missing =
            reader->missing * 16 + (uint64_t)(found - (const char *)"0123456789abcdef");
    }
    reader->phase = reader->missing > 0 ? HTTP_PHASE_CHUNK_DATA : HTTP_PHASE_TRAILER;
}

static void http_read_chunk_line(struct http_reader *reader, struct slice line)
{
    if (reader->phase == HTTP_PHASE_CHUNK_SIZE)
        http_read_chunk_size(reader, line);
    else if (reader->phase == HTTP_PHASE_CHUNK_END && line.len > 0)
        http_refuse(reader, 400);
    else if (reader->phase == HTTP_PHASE_CHUNK_END)
        reader->phase = HTTP_PHASE_CHUNK_SIZE;
    else if (line.len == 0)
        reader->phase = HTTP_PHASE_DONE;
}

/* Takes up to the end of a line between the chunks; returns how much. */
static size_t http_take_line(struct http_reader *reader, struct slice bytes)
{
    size_t end = slice_find(bytes, '\n');
    size_t len = end == SIZE_MAX ? bytes.len : end + 1;
    if (!buf_add_slice(&reader->line, slice_first(bytes, len))) {
        http_refuse(reader, 431);
        return len;
    }
    if (end != SIZE_MAX) {
        http_read_chunk_line(reader, slice_trim(buf_slice(&reader->line)));
        buf_reset(&reader->line);
    }
    return len;
}

static size_t http_take(struct http_reader *reader, struct slice bytes)
{
    switch ((enum http_phase)reader->phase) {
    case HTTP_PHASE_HEAD:
        return http_take_head(reader, bytes);
    case HTTP_PHASE_BODY:
        return http_take_data(reader, bytes, HTTP_PHASE_DONE);
    case HTTP_PHASE_CHUNK_DATA:
        return http_take_data(reader, bytes, HTTP_PHASE_CHUNK_END);
    case HTTP_PHASE_CHUNK_SIZE:
    case HTTP_PHASE_CHUNK_END:
    case HTTP_PHASE_TRAILER:
        return http_take_line(reader, bytes);
    case HTTP_PHASE_DONE:
    case HTTP_PHASE_BAD:
        break;
    }
    return bytes.len;
}

enum http_step http_reader_feed(struct http_reader *reader, struct slice bytes)
{
    while (bytes.len > 0 && reader->phase < HTTP_PHASE_DONE)
        bytes = slice_skip(bytes, http_take(reader, bytes));
    if (reader->phase == HTTP_PHASE_BAD)
        return HTTP_STEP_BAD;
    if (reader->phase != HTTP_PHASE_DONE)
        return HTTP_STEP_MORE;
    reader->request.body = buf_slice(&reader->body);
    return HTTP_STEP_DONE;
}
