#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/mem.h"
#include "tests/unit/unit.h"

static const struct {
    const char *pattern;
    const char *text;
    bool matches;
} ROWS[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"abc", "ABC", true},
    {"abc", "abcd", false},
    {"a*c", "abbc", true},
    {"a*c", "abcd", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"*b*d*", "abcde", true},
    {"*.x.test", "x.test", false},
    {"*ab*ab", "abxab", true},
    {"*ab*ab", "abxaba", false},
};

START_TEST(patterns_fit_as_they_should)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
        ck_assert_msg(glob_matches(ROWS[i].pattern, slice_of(ROWS[i].text)) == ROWS[i].matches,
                      "\"%s\" and \"%s\"", ROWS[i].pattern, ROWS[i].text);
}
END_TEST

/* What makes a backtracking matcher take for ever. */
START_TEST(no_pattern_takes_for_ever)
{
    enum { LEN = 30000 };
    char *text = mem_alloc(LEN + 1);
    memset(text, 'a', LEN);
    ck_assert(!glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", slice_from(text, LEN)));
    free(text);
}
END_TEST

UNIT_MAIN(patterns_fit_as_they_should, no_pattern_takes_for_ever)
