#include "mta-under-test/mailauth/bimi/bimi_record.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

START_TEST(records)
{
    static const struct {
        const char *text;
        bool valid;
    } CASES[] = {{"v=BIMI1; l=https://x.test/l.svg", true},
                 {"v=BIMI1; l=https://x.test/l.svg; a=https://x.test/v.pem; avp=personal", true},
                 {"v=BIMI1; l=; a=;", true},
                 {"v=BIMI1; l=https://x.test/l.svg; a=self", true},
                 {"v=BIMI1", false},
                 {"v=BIMI1; l=http://x.test/l.svg", false},
                 {"v=BIMI2; l=https://x.test/l.svg", false},
                 {"l=https://x.test/l.svg; v=BIMI1", false},
                 {"v=BIMI1; l=https://x.test/a,b", false},
                 {"v=BIMI1; l=https://x.test/; avp=x", false},
                 {"", false}};
    struct arena arena;
    struct bimi_record record;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *wrong = bimi_record_parse(&arena, slice_of(CASES[i].text), &record);
        ck_assert_msg((wrong == NULL) == CASES[i].valid, "%s: %s", CASES[i].text, wrong);
    }
    ck_assert_ptr_null(bimi_record_parse(&arena, SLICE("v=BIMI1; l=; a="), &record));
    ck_assert(record.is_declined);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(records)
