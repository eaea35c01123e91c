#include "mta-under-test/refmta/server/server_content.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* A line that is not whole is waited for up to this length, then taken in parts. */
enum { PART_BYTES = 8192 };

void server_content_init(struct server_content *content, struct buf *out)
{
    *content = (struct server_content){.out = out, .at_line_start = true, .is_text = true};
}

static void note_fault(struct server_content *content, enum server_content_fault fault)
{
    if (content->fault == SERVER_CONTENT_GOOD)
        content->fault = fault;
}

static void put(struct server_content *content, struct slice bytes)
{
    if (content->fault != SERVER_CONTENT_GOOD)
        return;
    bool is_too_large =
        content->out_bytes_max > 0 && content->out->len + bytes.len > content->out_bytes_max;
    if (is_too_large || !buf_add_slice(content->out, bytes))
        note_fault(content, SERVER_CONTENT_TOO_LARGE);
}

/* The line without its end, each CR in it as a line end of its own. */
static void put_normalised(struct server_content *content, struct slice inner)
{
    struct slice part;
    struct slice rest = inner;
    bool first = true;
    while (slice_split(&rest, '\r', &part)) {
        if (!first)
            put(content, SLICE("\r\n"));
        first = false;
        put(content, part);
    }
}

/* A line with its line end, or a part of a long one without. True at the end of the message. */
static bool take_line(struct server_content *content, struct slice line)
{
    bool whole = line.data[line.len - 1] == '\n';
    bool crlf = whole && line.len >= 2 && line.data[line.len - 2] == '\r';
    bool was_start = content->at_line_start;
    /* Behind a bare LF no line begins: the dot in LF "." CR LF must not end the message. */
    content->at_line_start = crlf;
    if (was_start && line.data[0] == '.') {
        if (crlf && line.len == 3)
            return true;
        line = slice_skip(line, 1);
    }
    struct slice inner = slice_first(line, line.len - (crlf ? 2 : whole ? 1 : 0));
    content->line_bytes += inner.len;
    if (content->line_bytes_max > 0 && content->line_bytes > content->line_bytes_max)
        note_fault(content, SERVER_CONTENT_LONG_LINE);
    if (whole)
        content->line_bytes = 0;
    if (!content->has_8bit && !text_is_ascii(line))
        content->has_8bit = true;
    if (content->normalises) {
        put_normalised(content, inner);
        put(content, whole ? SLICE("\r\n") : SLICE(""));
        return false;
    }
    if (whole && !crlf)
        note_fault(content, SERVER_CONTENT_BARE_LF);
    if (inner.len > 0 && memchr(inner.data, '\r', inner.len) != NULL)
        note_fault(content, SERVER_CONTENT_BARE_CR);
    put(content, line);
    return false;
}

/* What is no text: binary content may have it, other content may not. */
static void note_no_text(struct server_content *content, enum server_content_fault fault)
{
    content->is_text = false;
    if (!content->is_binary)
        note_fault(content, fault);
}

void server_content_add_chunk(struct server_content *content, struct slice bytes)
{
    enum { TEXT_LINE_BYTES_MAX = 998 }; /* RFC 5322 2.1.1 */
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.data[i];
        if (c == '\n' && !content->after_cr)
            note_no_text(content, SERVER_CONTENT_BARE_LF);
        if (content->after_cr && c != '\n')
            note_no_text(content, SERVER_CONTENT_BARE_CR);
        content->line_bytes = c == '\n' ? 0 : content->line_bytes + 1;
        if (c == '\0' || content->line_bytes > TEXT_LINE_BYTES_MAX + 1)
            content->is_text = false;
        if (!content->is_binary && content->line_bytes_max > 0 &&
            content->line_bytes > content->line_bytes_max + 1)
            note_fault(content, SERVER_CONTENT_LONG_LINE);
        content->after_cr = c == '\r';
    }
    if (!content->has_8bit && !text_is_ascii(bytes))
        content->has_8bit = true;
    put(content, bytes);
}

static void note_header(struct server_content *content, struct slice line)
{
    static const char TLS_REQUIRED[] = "TLS-Required:";
    if (slice_starts_with_nocase(line, SLICE("Received:")))
        content->received_count++;
    else if (slice_starts_with_nocase(line, slice_of(TLS_REQUIRED)) &&
             slice_is_nocase(slice_trim(slice_skip(line, sizeof TLS_REQUIRED - 1)), "No"))
        content->tls_optional = true;
}

void server_content_end(struct server_content *content, size_t from)
{
    struct slice rest = slice_skip(buf_slice(content->out), from);
    struct slice line;
    if (content->after_cr)
        note_no_text(content, SERVER_CONTENT_BARE_CR);
    if (content->line_bytes > 0)
        content->is_text = false;
    while (rest.len > 0 && slice_split(&rest, '\n', &line) && slice_trim(line).len > 0)
        note_header(content, line);
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
