#include "sim/client/client_answer.h"

#include <stdlib.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    HEAD_BYTES_MAX = 16 * 1024,
    BODY_BYTES_MAX = SUBMIT_REPLY_BYTES_MAX - 1,
    CHUNK_DIGITS_MAX = 8,
    STATUS_NO_CONTENT = 204,
    STATUS_NOT_MODIFIED = 304,
};

struct answer_head {
    int status;
    bool has_length;
    uint64_t length;
    bool is_chunked;
};

/* "HTTP/1.1 202 Accepted" */
static bool read_status(struct slice line, int *status)
{
    struct slice version;
    struct slice digits;
    uint64_t code = 0;
    if (!slice_starts_with(line, SLICE("HTTP/1.")) || !slice_split(&line, ' ', &version) ||
        !slice_split(&line, ' ', &digits) || digits.len != 3 || text_to_u64(digits, &code) != 0 ||
        code < 100 || code > 599)
        return false;
    *status = (int)code;
    return true;
}

static bool read_field(struct slice line, struct answer_head *head)
{
    size_t colon = slice_find(line, ':');
    if (colon == SIZE_MAX)
        return false;
    struct slice name = slice_first(line, colon);
    struct slice value = slice_trim(slice_skip(line, colon + 1));
    if (slice_is_nocase(name, "content-length")) {
        head->has_length = true;
        return text_to_u64(value, &head->length) == 0 && head->length <= BODY_BYTES_MAX;
    }
    if (slice_is_nocase(name, "transfer-encoding"))
        head->is_chunked = slice_is_nocase(value, "chunked");
    return true;
}

/* 1 with the length of the head, 0 if more is needed, -1 if it is none. */
static int read_head(struct slice input, struct answer_head *head, size_t *len)
{
    struct slice rest = input;
    bool is_first = true;
    for (;;) {
        size_t end = slice_find(rest, '\n');
        if (end == SIZE_MAX)
            return input.len > HEAD_BYTES_MAX ? -1 : 0;
        struct slice line = slice_trim(slice_first(rest, end));
        rest = slice_skip(rest, end + 1);
        if (line.len == 0 && !is_first)
            break;
        if (is_first ? !read_status(line, &head->status) : !read_field(line, head))
            return -1;
        is_first = false;
    }
    *len = input.len - rest.len;
    return 1;
}

/* The size of a chunk, in hex; -1 if it is none. */
static int read_size(struct slice line, size_t *size)
{
    line = slice_trim(slice_first(line, slice_find(line, ';')));
    *size = 0;
    for (size_t i = 0; i < line.len; i++) {
        const char digit[] = {text_lower(line.data[i]), '\0'};
        size_t value = strcspn("0123456789abcdef", digit);
        if (value == 16)
            return -1;
        *size = *size * 16 + value;
    }
    return line.len == 0 || line.len > CHUNK_DIGITS_MAX ? -1 : 0;
}

/* As the head is: chunks, then lines up to an empty one. */
static int read_chunks(struct slice input, struct buf *body, size_t *len)
{
    struct slice rest = input;
    bool is_over = false;
    for (;;) {
        size_t size = 0;
        size_t end = slice_find(rest, '\n');
        if (end == SIZE_MAX)
            return 0;
        struct slice line = slice_trim(slice_first(rest, end));
        rest = slice_skip(rest, end + 1);
        if (is_over && line.len == 0)
            break;
        if (is_over)
            continue;
        if (read_size(line, &size) != 0)
            return -1;
        is_over = size == 0;
        if (is_over)
            continue;
        if (rest.len < size + 2)
            return size > BODY_BYTES_MAX ? -1 : 0;
        if (!buf_add_slice(body, slice_first(rest, size)))
            return -1;
        rest = slice_skip(rest, size + 2);
    }
    *len = input.len - rest.len;
    return 1;
}

static int read_body(const struct answer_head *head, struct slice input, bool is_ended,
                     struct buf *body, size_t *len)
{
    bool has_none = head->status == STATUS_NO_CONTENT || head->status == STATUS_NOT_MODIFIED;
    if (head->is_chunked && !has_none)
        return read_chunks(input, body, len);
    size_t wanted = has_none ? 0 : head->has_length ? (size_t)head->length : input.len;
    bool is_whole = has_none || head->has_length ? input.len >= wanted : is_ended;
    if (!is_whole)
        return input.len > BODY_BYTES_MAX ? -1 : 0;
    *len = wanted;
    return buf_add_slice(body, slice_first(input, wanted)) ? 1 : -1;
}

static void trim_end(struct buf *text)
{
    while (text->len > 0 && strchr("\r\n \t", text->data[text->len - 1]) != NULL)
        buf_truncate(text, text->len - 1);
}

int client_answer_parse(struct submit_reply *reply, struct slice input, bool is_ended, size_t *used)
{
    struct answer_head head;
    size_t before = 0;
    size_t len = 0;
    do {
        head = (struct answer_head){0};
        before += len;
        int found = read_head(slice_skip(input, before), &head, &len);
        if (found != 1)
            return found;
    } while (head.status < 200);
    before += len;
    reply->code = head.status;
    reply->enhanced[0] = '\0';
    buf_reset(&reply->text);
    int found = read_body(&head, slice_skip(input, before), is_ended, &reply->text, &len);
    if (found != 1)
        return found;
    trim_end(&reply->text);
    *used = before + len;
    return 1;
}
