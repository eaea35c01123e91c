#include "mta-under-test/mailauth/spf/spf_syntax.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* More parts than any name has; larger numbers mean the same. */
enum { SPF_PARTS_MAX = 1000 };

static bool spf_macro_letter(char c, enum spf_macro_place place, struct spf_macro *macro)
{
    macro->letter = text_lower(c);
    macro->is_escaped = macro->letter != c;
    if (macro->letter == '\0')
        return false;
    return strchr("slodiphv", macro->letter) != NULL ||
           (place == SPF_PLACE_EXPLANATION && strchr("crt", macro->letter) != NULL);
}

/* "%{" macro-letter *DIGIT ["r"] *delimiter "}" */
static size_t spf_macro_parse_braces(struct slice text, enum spf_macro_place place,
                                     struct spf_macro *macro)
{
    size_t at = 2;
    if (text.len < 4 || !spf_macro_letter(text.data[at], place, macro))
        return 0;
    at++;
    size_t digits = at;
    while (at < text.len && text_is_digit(text.data[at])) {
        macro->parts = macro->parts * 10 + (unsigned)(text.data[at] - '0');
        if (macro->parts > SPF_PARTS_MAX)
            macro->parts = SPF_PARTS_MAX;
        at++;
    }
    if (at > digits && macro->parts == 0)
        return 0;
    if (at < text.len && text_lower(text.data[at]) == 'r') {
        macro->is_reversed = true;
        at++;
    }
    size_t delimiters = at;
    while (at < text.len && text.data[at] != '\0' && strchr(".-+,/_=", text.data[at]) != NULL)
        at++;
    macro->delimiters = slice_from(text.data + delimiters, at - delimiters);
    return at < text.len && text.data[at] == '}' ? at + 1 : 0;
}

size_t spf_macro_parse(struct slice text, enum spf_macro_place place, struct spf_macro *macro)
{
    memset(macro, 0, sizeof *macro);
    if (text.len < 2 || text.data[0] != '%')
        return 0;
    if (text.data[1] == '{')
        return spf_macro_parse_braces(text, place, macro);
    macro->letter = text.data[1];
    return macro->letter == '%' || macro->letter == '_' || macro->letter == '-' ? 2 : 0;
}

bool spf_syntax_is_macro_string(struct slice text, enum spf_macro_place place)
{
    struct spf_macro macro;
    size_t at = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '%') {
            size_t len = spf_macro_parse(slice_skip(text, at), place, &macro);
            if (len == 0)
                return false;
            at += len;
        } else if ((c >= 0x21 && c <= 0x7e) || (c == ' ' && place == SPF_PLACE_EXPLANATION)) {
            at++;
        } else {
            return false;
        }
    }
    return true;
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static bool spf_syntax_is_toplabel(struct slice label)
{
    bool only_digits = true;
    if (label.len == 0 || label.data[0] == '-' || label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!text_is_alnum(label.data[i]) && label.data[i] != '-')
            return false;
        only_digits = only_digits && text_is_digit(label.data[i]);
    }
    return !only_digits;
}

/* The place behind the last macro of a valid macro-string. */
static size_t spf_syntax_last_macro_end(struct slice text)
{
    struct spf_macro macro;
    size_t end = 0;
    for (size_t at = 0; at < text.len;) {
        size_t len = spf_macro_parse(slice_skip(text, at), SPF_PLACE_DOMAIN, &macro);
        at += len > 0 ? len : 1;
        if (len > 0)
            end = at;
    }
    return end;
}

bool spf_syntax_is_domain_spec(struct slice text)
{
    if (text.len == 0 || !spf_syntax_is_macro_string(text, SPF_PLACE_DOMAIN))
        return false;
    size_t macro_end = spf_syntax_last_macro_end(text);
    if (macro_end == text.len)
        return true;
    struct slice tail = slice_skip(text, macro_end);
    if (tail.data[tail.len - 1] == '.')
        tail.len--;
    size_t dot = slice_find_last(tail, '.');
    return dot != SIZE_MAX && spf_syntax_is_toplabel(slice_skip(tail, dot + 1));
}
