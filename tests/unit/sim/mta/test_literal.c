/* What a text must have in it to match a regular expression. */
#include "sim/mta/mta_literal.h"

#include <regex.h>

#include "tests/unit/unit.h"

static const struct {
    const char *regex;
    const char *literal;
    const char *match; /* a text that matches */
} CASES[] = {
    {"\"event\":\"sent\",\"id\":\"([^\"]*)\"", "\"event\":\"sent\",\"id\":\"",
     "\"event\":\"sent\",\"id\":\"7\""},
    {"qmgr\\[[0-9]+\\]: ([0-9A-Z]+): from", ": from", "qmgr[12]: A1: from"},
    {"abcd*", "abc", "abc"},
    {"abcd?ef", "abc", "abcef"},
    {"abcd{0,2}ef", "abc", "abcef"},
    {"abcd+ef", "abcd", "abcddef"},
    {"ab.cde$", "cde", "abxcde"},
    {"(abcdef)?gh", "gh", "gh"},
    {"(a(b|\\))c)xy(long enough)*", "xy", "abcxy"},
    {"[]abc]xy[^]]z", "xy", "axybz"},
    {"[[:alpha:]]de[[:digit:]]fgh", "fgh", "xde1fgh"},
    {"a{2}bc", "bc", "aabc"},
    {"[ab]{2}bc", "bc", "abbc"},
    {"abc|de", "", "de"},
    {"(abc|de)f", "f", "def"},
    {"end\\.", "end.", "end."},
    {"[a-z]*", "", ""},
};

START_TEST(test_the_longest_row_that_every_match_has)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        regex_t regex;
        ck_assert_str_eq(mta_literal_of(CASES[i].regex, &arena), CASES[i].literal);
        /* The table is right about what matches. */
        ck_assert_int_eq(regcomp(&regex, CASES[i].regex, REG_EXTENDED | REG_NOSUB), 0);
        ck_assert_int_eq(regexec(&regex, CASES[i].match, 0, NULL, 0), 0);
        ck_assert_ptr_nonnull(strstr(CASES[i].match, CASES[i].literal));
        regfree(&regex);
    }
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(test_the_longest_row_that_every_match_has)
