#include "sim/submit/submit_reply.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { SUBMIT_TEXT_LOGGED = 1000 };

void submit_reply_init(struct submit_reply *reply)
{
    *reply = (struct submit_reply){0};
    buf_init(&reply->text, SUBMIT_REPLY_BYTES_MAX);
}

void submit_reply_deinit(struct submit_reply *reply)
{
    buf_deinit(&reply->text);
}

/* "4.2.0 " in front of a text (RFC 3463 section 2); its length with the space, 0 if none. */
static size_t submit_reply_enhanced_len(struct slice text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == ' ')
            return dots == 2 && i >= 5 && i < 12 ? i + 1 : 0;
        if (c == '.')
            dots++;
        else if (!text_is_digit(c))
            return 0;
    }
    return 0;
}

/* One line: code, separator, text. True if it is well-formed. */
static bool submit_reply_line(struct submit_reply *reply, struct slice line, bool *last)
{
    uint64_t code = 0;
    if (line.len < 3 || text_to_u64(slice_first(line, 3), &code) != 0 || code < 200 || code > 599)
        return false;
    char separator = line.len > 3 ? line.data[3] : ' ';
    if (separator != ' ' && separator != '-')
        return false;
    bool first = reply->code == 0;
    if (!first && reply->code != (int)code)
        return false;
    reply->code = (int)code;
    *last = separator == ' ';
    struct slice text = slice_skip(line, 4);
    size_t enhanced = submit_reply_enhanced_len(text);
    if (enhanced > 0 && first)
        snprintf(reply->enhanced, sizeof reply->enhanced, "%.*s", (int)enhanced - 1, text.data);
    if (!first)
        buf_add_char(&reply->text, '\n');
    buf_add_slice(&reply->text, slice_skip(text, enhanced));
    return true;
}

int submit_reply_parse(struct submit_reply *reply, struct slice input, size_t *used)
{
    reply->code = 0;
    reply->enhanced[0] = '\0';
    buf_reset(&reply->text);
    struct slice rest = input;
    bool last = false;
    while (!last) {
        size_t end = slice_find(rest, '\n');
        if (end == SIZE_MAX)
            return input.len > SUBMIT_REPLY_BYTES_MAX ? -1 : 0;
        struct slice line = slice_first(rest, end);
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (!submit_reply_line(reply, line, &last))
            return -1;
        rest = slice_skip(rest, end + 1);
    }
    *used = input.len - rest.len;
    return 1;
}

void submit_reply_tell(const struct submit_reply *reply, struct json_out *event)
{
    json_out_int(event, "code", reply->code);
    json_out_text(event, "enhanced", reply->enhanced);
    json_out_slice(event, "text", slice_first(buf_slice(&reply->text), SUBMIT_TEXT_LOGGED));
}
