#include "sim/check/check_number.h"

#include <inttypes.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* "tries" gives "try", "messages accepted" gives "message accepted". */
static const char *singular_of(const char *nouns, struct arena *arena)
{
    size_t len = strcspn(nouns, " ");
    const char *rest = nouns + len;
    if (slice_ends_with_nocase(slice_from(nouns, len), SLICE("ies")))
        return arena_format(arena, "%.*sy%s", (int)len - 3, nouns, rest);
    return arena_format(arena, "%.*s%s", (int)len - 1, nouns, rest);
}

const char *check_number_of(int64_t number, const char *nouns, struct arena *arena)
{
    return arena_format(arena, "%" PRId64 " %s", number,
                        number == 1 ? singular_of(nouns, arena) : nouns);
}

const char *check_range_of(struct range range, const char *nouns, struct arena *arena)
{
    /* The number that stands last decides. */
    bool is_one = range.max == 1 || (range.max == INT64_MAX && range.min == 1);
    return arena_format(arena, "%s %s", range_to_text(range, arena),
                        is_one ? singular_of(nouns, arena) : nouns);
}
