#include "mta-under-test/refmta/server/server_content.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* A line that is not whole is waited for up to this length, then taken in parts. */
enum { PART_BYTES = 8192 };

void server_content_init(struct server_content *content, struct buf *out)
{
    *content = (struct server_content){.out = out, .at_line_start = true, .in_headers = true};
}

static void note_fault(struct server_content *content, enum server_content_fault fault)
{
    if (content->fault == SERVER_CONTENT_GOOD)
        content->fault = fault;
}

static void note_header(struct server_content *content, struct slice line)
{
    if (line.len <= 2)
        content->in_headers = false;
    else if (slice_starts_with_nocase(line, SLICE("Received:")))
        content->received_count++;
    else if (slice_starts_with_nocase(line, SLICE("Date:")))
        content->has_date = true;
    else if (slice_starts_with_nocase(line, SLICE("Message-ID:")))
        content->has_message_id = true;
}

/* A line with its line end, or a part of a long one without. True at the end of the message. */
static bool take_line(struct server_content *content, struct slice line)
{
    bool whole = line.data[line.len - 1] == '\n';
    bool crlf = whole && line.len >= 2 && line.data[line.len - 2] == '\r';
    struct slice inner = slice_first(line, line.len - (crlf ? 2 : whole ? 1 : 0));
    bool was_start = content->at_line_start;
    /* Behind a bare LF no line begins: the dot in LF "." CR LF must not end the message. */
    content->at_line_start = crlf;
    if (whole && !crlf)
        note_fault(content, SERVER_CONTENT_BARE_LF);
    if (memchr(inner.data, '\r', inner.len) != NULL)
        note_fault(content, SERVER_CONTENT_BARE_CR);
    if (was_start && line.data[0] == '.') {
        if (crlf && line.len == 3)
            return true;
        line = slice_skip(line, 1);
    }
    if (was_start && content->in_headers)
        note_header(content, line);
    if (!content->has_8bit && !text_is_ascii(line))
        content->has_8bit = true;
    if (content->fault == SERVER_CONTENT_GOOD && !buf_add_slice(content->out, line))
        note_fault(content, SERVER_CONTENT_TOO_LARGE);
    return false;
}

bool server_content_feed(struct server_content *content, struct buf *in)
{
    struct slice rest = buf_slice(in);
    bool done = false;
    while (rest.len > 0 && !done) {
        const char *newline = memchr(rest.data, '\n', rest.len);
        size_t len;
        if (newline != NULL)
            len = (size_t)(newline - rest.data) + 1;
        else if (rest.len > PART_BYTES)
            len = rest.data[rest.len - 1] == '\r' ? rest.len - 1 : rest.len;
        else
            break;
        done = take_line(content, slice_first(rest, len));
        rest = slice_skip(rest, len);
    }
    buf_consume(in, in->len - rest.len);
    return done;
}
