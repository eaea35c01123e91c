#include "mta-under-test/base/slice.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (text_lower(a.data[i]) != text_lower(b.data[i]))
            return false;
    }
    return true;
}

bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_of(text));
}

bool slice_is_nocase(struct slice a, const char *text)
{
    return slice_equal_nocase(a, slice_of(text));
}

bool slice_starts_with(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && slice_equal(slice_first(a, prefix.len), prefix);
}

bool slice_starts_with_nocase(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && slice_equal_nocase(slice_first(a, prefix.len), prefix);
}

bool slice_ends_with_nocase(struct slice a, struct slice suffix)
{
    return a.len >= suffix.len && slice_equal_nocase(slice_skip(a, a.len - suffix.len), suffix);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

struct slice slice_skip(struct slice a, size_t from)
{
    if (from > a.len)
        from = a.len;
    return (struct slice){a.data != NULL ? a.data + from : NULL, a.len - from};
}

struct slice slice_first(struct slice a, size_t len)
{
    return (struct slice){a.data, len < a.len ? len : a.len};
}

size_t slice_find(struct slice a, char c)
{
    const char *found = a.len > 0 ? memchr(a.data, c, a.len) : NULL;
    return found != NULL ? (size_t)(found - a.data) : SIZE_MAX;
}

size_t slice_find_last(struct slice a, char c)
{
    const char *found = a.len > 0 ? memrchr(a.data, c, a.len) : NULL;
    return found != NULL ? (size_t)(found - a.data) : SIZE_MAX;
}

size_t slice_find_slice(struct slice a, struct slice part)
{
    if (part.len == 0)
        return 0;
    const char *found = a.len > 0 ? memmem(a.data, a.len, part.data, part.len) : NULL;
    return found != NULL ? (size_t)(found - a.data) : SIZE_MAX;
}

static bool slice_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice a)
{
    while (a.len > 0 && slice_is_blank(a.data[0]))
        a = slice_skip(a, 1);
    while (a.len > 0 && slice_is_blank(a.data[a.len - 1]))
        a.len--;
    return a;
}

bool slice_split(struct slice *rest, char separator, struct slice *part)
{
    if (rest->data == NULL)
        return false;
    size_t at = slice_find(*rest, separator);
    if (at == SIZE_MAX) {
        *part = *rest;
        *rest = (struct slice){NULL, 0};
    } else {
        *part = slice_first(*rest, at);
        *rest = slice_skip(*rest, at + 1);
    }
    return true;
}

struct slice slice_first_sentence(struct slice text)
{
    size_t end = slice_find_slice(text, SLICE(". "));
    return end == SIZE_MAX ? text : slice_first(text, end + 1);
}
