#include "sim/mx/mx_reply.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* The length of "CLASS.SUBJECT.DETAIL" at the front (RFC 3463 section 2), 0 if there is none. */
static size_t mx_enhanced_len(struct slice text)
{
    size_t at = 0;
    for (int part = 0; part < 3; part++) {
        size_t digits = 0;
        while (at + digits < text.len && text_is_digit(text.data[at + digits]))
            digits++;
        if (digits == 0 || digits > (part == 0 ? 1 : 3))
            return 0;
        at += digits;
        if (part < 2) {
            if (at >= text.len || text.data[at] != '.')
                return 0;
            at++;
        }
    }
    if (at < text.len && text.data[at] != ' ' && text.data[at] != '\n')
        return 0;
    return at;
}

static const char *mx_reply_parse_code(struct slice text, int *code)
{
    if (text.len < 3 || !text_is_digit(text.data[0]) || !text_is_digit(text.data[1]) ||
        !text_is_digit(text.data[2]) || (text.len > 3 && text.data[3] != ' '))
        return "a reply starts with a code of three digits, as in \"451 4.7.1 Try again later\"";
    if (text.data[0] < '2' || text.data[0] > '5' || text.data[1] > '5')
        return "no reply code: the first digit is 2 to 5, the second 0 to 5 (RFC 5321 4.2.1)";
    *code = (text.data[0] - '0') * 100 + (text.data[1] - '0') * 10 + (text.data[2] - '0');
    return NULL;
}

const char *mx_reply_parse(const char *text, struct mx_reply *reply)
{
    *reply = (struct mx_reply){.text = ""};
    struct slice rest = slice_of(text);
    const char *wrong = mx_reply_parse_code(rest, &reply->code);
    if (wrong != NULL)
        return wrong;
    rest = slice_skip(rest, 4);
    size_t len = mx_enhanced_len(rest);
    if (len > 0) {
        char class = rest.data[0];
        if (class != '2' && class != '4' && class != '5')
            return "the class of an enhanced status code is 2, 4 or 5 (RFC 3463)";
        memcpy(reply->enhanced, rest.data, len);
        rest = slice_skip(rest, len + 1);
    }
    if (rest.len > 0)
        reply->text = rest.data;
    if (memchr(reply->text, '\r', strlen(reply->text)) != NULL)
        return "a reply must not hold a carriage return; lines are separated by \\n";
    return NULL;
}

void mx_reply_write(const struct mx_reply *reply, bool with_enhanced, struct buf *out)
{
    struct slice rest = slice_of(reply->text);
    bool more = true;
    while (more) {
        size_t end = slice_find(rest, '\n');
        more = end != SIZE_MAX;
        struct slice line = more ? slice_first(rest, end) : rest;
        char code[5] = {(char)('0' + reply->code / 100 % 10), (char)('0' + reply->code / 10 % 10),
                        (char)('0' + reply->code % 10), more ? '-' : ' ', '\0'};
        buf_add(out, code, 4);
        if (with_enhanced && reply->enhanced[0] != '\0') {
            buf_add_text(out, reply->enhanced);
            buf_add_char(out, ' ');
        }
        buf_add_slice(out, line);
        buf_add(out, "\r\n", 2);
        if (more)
            rest = slice_skip(rest, end + 1);
    }
}
