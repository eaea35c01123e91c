#include "mta-under-test/refmta/delivery/client_reply.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

void client_reply_init(struct client_reply *reply)
{
    *reply = (struct client_reply){.code = 0};
    buf_init(&reply->lines, CLIENT_REPLY_BYTES_MAX);
}

void client_reply_deinit(struct client_reply *reply)
{
    buf_deinit(&reply->lines);
}

/* Digits at the front, at most three; 0 if there are none. */
static size_t number_len(struct slice text)
{
    size_t len = 0;
    while (len < text.len && len < 3 && text_is_digit(text.data[len]))
        len++;
    return len;
}

/* "c.sss.ddd" at the front, of the class of the code. */
static void take_status(struct client_reply *reply, struct slice text)
{
    size_t subject = 0;
    size_t detail = 0;
    if (text.len < 5 || text.data[0] - '0' != reply->code / 100 || text.data[1] != '.')
        return;
    subject = number_len(slice_skip(text, 2));
    if (subject == 0 || 2 + subject >= text.len || text.data[2 + subject] != '.')
        return;
    detail = number_len(slice_skip(text, 3 + subject));
    size_t len = 3 + subject + detail;
    if (detail == 0 || (len < text.len && text.data[len] != ' '))
        return;
    memcpy(reply->status, text.data, len);
    reply->status[len] = '\0';
}

/* 1: it was the last line; 0: not; -1: it is no line of this reply. */
static int take_line(struct client_reply *reply, struct slice line)
{
    if (line.len < 3 || number_len(line) != 3 || line.data[0] < '2' || line.data[0] > '5')
        return -1;
    int code = (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + (line.data[2] - '0');
    char separator = line.len > 3 ? line.data[3] : ' ';
    struct slice text = slice_skip(line, 4);
    if (separator != ' ' && separator != '-')
        return -1;
    if (reply->line_count > 0 && code != reply->code)
        return -1;
    if (++reply->line_count > CLIENT_REPLY_LINES_MAX)
        return -1;
    reply->code = code;
    if (reply->line_count == 1)
        take_status(reply, text);
    if (!buf_add_slice(&reply->lines, text) || !buf_add_char(&reply->lines, '\n'))
        return -1;
    return separator == ' ' ? 1 : 0;
}

int client_reply_feed(struct client_reply *reply, struct buf *in)
{
    if (reply->whole) {
        buf_reset(&reply->lines);
        reply->whole = false;
        reply->code = 0;
        reply->line_count = 0;
        reply->status[0] = '\0';
    }
    while (in->len > 0) {
        const char *newline = memchr(in->data, '\n', in->len);
        if (newline == NULL)
            return in->len > CLIENT_REPLY_LINE_BYTES_MAX ? -1 : 0;
        size_t len = (size_t)(newline - in->data);
        struct slice line = slice_from(in->data, len);
        if (len > 0 && line.data[len - 1] == '\r')
            line.len--;
        int result = len > CLIENT_REPLY_LINE_BYTES_MAX ? -1 : take_line(reply, line);
        buf_consume(in, len + 1);
        reply->whole = result == 1;
        if (result != 0)
            return result;
    }
    return 0;
}

void client_reply_text(const struct client_reply *reply, struct buf *out)
{
    struct slice rest = buf_slice(&reply->lines);
    struct slice line;
    buf_format(out, "%d", reply->code);
    while (rest.len > 0 && slice_split(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        buf_add_char(out, ' ');
        buf_add_slice(out, line);
    }
}
