#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

bool glob_matches(const char *pattern, struct slice text)
{
    const char *star = NULL; /* behind the last "*" */
    size_t resume = 0;       /* where that star's run ends at the earliest */
    size_t at = 0;
    while (at < text.len) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = at;
        } else if (*pattern == '?' ||
                   (*pattern != '\0' && text_lower(*pattern) == text_lower(text.data[at]))) {
            pattern++;
            at++;
        } else if (star != NULL) {
            pattern = star;
            at = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool glob_matches_any(const char *const *patterns, size_t count, const char *text)
{
    for (size_t i = 0; text != NULL && i < count; i++)
        if (glob_matches(patterns[i], slice_of(text)))
            return true;
    return false;
}
