#include "sim/mx/mx_path.h"

#include "tests/unit/unit.h"

static const struct {
    const char *args;
    const char *mailbox; /* NULL: no path */
    const char *rest;
} PATHS[] = {
    {"FROM:<a@b.test>", "a@b.test", ""},
    {"from:<a@b.test> SIZE=1", "a@b.test", " SIZE=1"},
    {"FROM: <a@b.test>", "a@b.test", ""},
    {"FROM:<>", "", ""},
    {"FROM:<@relay.test,@two.test:a@b.test>", "a@b.test", ""},
    {"FROM:<\"a b\"@c.test>", "\"a b\"@c.test", ""},
    {"FROM:<\"a>b\"@c.test> X=1", "\"a>b\"@c.test", " X=1"},
    {"FROM:<\"a\\\"b\"@c.test>", "\"a\\\"b\"@c.test", ""},
    {"FROM:<postmaster>", "postmaster", ""},
    {"FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", ""},
    {"FROM:<a.b+c@d.test>", "a.b+c@d.test", ""},
    {"FROM:<m\xc3\xbc@b.test>", "m\xc3\xbc@b.test", ""},
    {"FROM:<m\xff@b.test>", NULL, ""},
    {"FROM:a@b.test", NULL, ""},
    {"FROM:<a@b.test", NULL, ""},
    {"FROM:<a@b.test>SIZE=1", NULL, ""},
    {"FROM:<a@>", NULL, ""},
    {"FROM:<@b.test>", NULL, ""},
    {"FROM:<a..b@c.test>", NULL, ""},
    {"FROM:<.a@c.test>", NULL, ""},
    {"FROM:<a.@c.test>", NULL, ""},
    {"FROM:<a b@c.test>", NULL, ""},
    {"FROM:<nobody>", NULL, ""},
    {"FROM:<\"a@c.test>", NULL, ""},
    {"TO:<a@b.test>", NULL, ""},
    {"FROM", NULL, ""},
    {"", NULL, ""},
};

START_TEST(test_paths)
{
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        struct slice args = slice_of(PATHS[i].args);
        struct mx_path path;
        int result = mx_path_read(&args, "FROM:", &path);
        ck_assert_msg((result == 0) == (PATHS[i].mailbox != NULL), "%s", PATHS[i].args);
        if (result != 0)
            continue;
        ck_assert_msg(slice_is(path.mailbox, PATHS[i].mailbox), "%s", PATHS[i].args);
        ck_assert_msg(slice_is(args, PATHS[i].rest), "%s", PATHS[i].args);
    }
}
END_TEST

START_TEST(test_notes)
{
    struct mx_path path;
    struct slice args = SLICE("TO: <@r.test:m\xc3\xbc@b.test>");
    ck_assert_int_eq(mx_path_read(&args, "TO:", &path), 0);
    ck_assert(path.space && path.source_route && path.utf8 && !path.too_long);
    args = SLICE("TO:<aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg@b.test>");
    ck_assert_int_eq(mx_path_read(&args, "TO:", &path), 0);
    ck_assert(path.too_long);
}
END_TEST

UNIT_MAIN(test_paths, test_notes)
