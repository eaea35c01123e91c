#include "mta-under-test/mailauth/core/domain.h"

#include <idn2.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

struct slice domain_without_dot(struct slice name)
{
    if (name.len > 0 && name.data[name.len - 1] == '.')
        name.len--;
    return name;
}

bool domain_is_queryable(struct slice name)
{
    size_t label = 0;
    if (name.len == 0 || name.len > DOMAIN_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] != '.') {
            label++;
            continue;
        }
        if (label == 0 || label > DOMAIN_LABEL_BYTES_MAX)
            return false;
        label = 0;
    }
    return label > 0 && label <= DOMAIN_LABEL_BYTES_MAX;
}

static bool domain_has_only(struct slice name, bool underscores)
{
    if (!domain_is_queryable(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool edge =
            i == 0 || i + 1 == name.len || name.data[i - 1] == '.' || name.data[i + 1] == '.';
        if (!text_is_alnum(c) && c != '.' && !(c == '-' && !edge) && !(c == '_' && underscores))
            return false;
    }
    return true;
}

bool domain_is_ldh(struct slice name)
{
    return domain_has_only(name, true);
}

bool domain_is_hostname(struct slice name)
{
    return domain_has_only(name, false);
}

size_t domain_label_count(struct slice name)
{
    size_t count = name.len > 0;
    for (size_t i = 0; i < name.len; i++)
        count += name.data[i] == '.';
    return count;
}

struct slice domain_last_labels(struct slice name, size_t count)
{
    if (count == 0)
        return slice_skip(name, name.len);
    for (size_t i = name.len; i > 0; i--) {
        if (name.data[i - 1] == '.' && --count == 0)
            return slice_skip(name, i);
    }
    return name;
}

struct slice domain_parent(struct slice name)
{
    size_t dot = slice_find(name, '.');
    return dot == SIZE_MAX ? slice_skip(name, name.len) : slice_skip(name, dot + 1);
}

bool domain_is_within(struct slice name, struct slice parent)
{
    if (!slice_ends_with_nocase(name, parent))
        return false;
    return name.len == parent.len || name.data[name.len - parent.len - 1] == '.';
}

bool domain_to_ascii(struct arena *arena, struct slice name, struct slice *ascii)
{
    char *text = arena_text_of(arena, name);
    uint8_t *converted = NULL;
    if (text_is_ascii(name)) {
        text_to_lower(text);
        *ascii = slice_from(text, name.len);
        return true;
    }
    if (!text_is_utf8(name) || memchr(text, '\0', name.len) != NULL)
        return false;
    if (idn2_lookup_u8((const uint8_t *)text, &converted, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return false;
    char *result = arena_text(arena, (const char *)converted);
    idn2_free(converted);
    text_to_lower(result);
    *ascii = slice_of(result);
    return true;
}
