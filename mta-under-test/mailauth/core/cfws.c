#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/taglist.h"

#include "mta-under-test/base/poison.h"

static bool cfws_is_atext(char c)
{
    return text_is_alnum(c) || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

struct slice cfws_trim(struct slice text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_skip(text, 1);
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* quoted-pair: a backslash and a printable character or white space. */
static size_t cfws_pair_len(struct slice text)
{
    if (text.len < 2 || text.data[0] != '\\')
        return 0;
    unsigned char c = (unsigned char)text.data[1];
    return c == '\t' || (c >= ' ' && c != 0x7f) ? 2 : 0;
}

static size_t cfws_comment_len(struct slice text)
{
    size_t depth = 0;
    size_t at = 0;
    if (text.len == 0 || text.data[0] != '(')
        return 0;
    while (at < text.len) {
        struct slice rest = slice_skip(text, at);
        unsigned char c = (unsigned char)rest.data[0];
        size_t step = 1;
        if (c == '(') {
            if (++depth > CFWS_NESTING_MAX)
                return 0;
        } else if (c == ')') {
            if (--depth == 0)
                return at + 1;
        } else if (c == '\\') {
            step = cfws_pair_len(rest);
        } else if (c < '!' || c == 0x7f) {
            step = taglist_fws_len(rest);
        }
        if (step == 0)
            return 0;
        at += step;
    }
    return 0;
}

size_t cfws_len(struct slice text)
{
    size_t at = 0;
    for (;;) {
        size_t step = taglist_fws_len(slice_skip(text, at));
        if (step == 0)
            step = cfws_comment_len(slice_skip(text, at));
        if (step == 0)
            return at;
        at += step;
    }
}

size_t cfws_quoted_len(struct slice text)
{
    size_t at = 1;
    if (text.len < 2 || text.data[0] != '"')
        return 0;
    while (at < text.len) {
        struct slice rest = slice_skip(text, at);
        unsigned char c = (unsigned char)rest.data[0];
        size_t step = 1;
        if (c == '"')
            return at + 1;
        if (c == '\\')
            step = cfws_pair_len(rest);
        else if (c < '!' || c == 0x7f)
            step = taglist_fws_len(rest);
        if (step == 0)
            return 0;
        at += step;
    }
    return 0;
}

size_t cfws_atom_len(struct slice text)
{
    size_t len = 0;
    while (len < text.len && cfws_is_atext(text.data[len]))
        len++;
    return len;
}

size_t cfws_token_len(struct slice text)
{
    size_t len = 0;
    while (len < text.len) {
        char c = text.data[len];
        if ((unsigned char)c <= ' ' || c == 0x7f || strchr("()<>@,;:\\\"/[]?=", c) != NULL)
            break;
        len++;
    }
    return len;
}

struct slice cfws_unquote(struct arena *arena, struct slice quoted)
{
    char *text = arena_alloc(arena, quoted.len + 1);
    size_t len = 0;
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        if (quoted.data[i] == '\r' || quoted.data[i] == '\n')
            continue;
        if (quoted.data[i] == '\\' && i + 2 < quoted.len)
            i++;
        text[len++] = quoted.data[i];
    }
    return slice_from(text, len);
}

void cfws_add_quoted(struct buf *out, struct slice text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '"' || c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
    }
    buf_add_char(out, '"');
}
