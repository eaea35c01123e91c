#include "mta-under-test/refmta/message/mailbox.h"

#include "tests/unit/unit.h"

START_TEST(mailboxes_are_taken_apart)
{
    static const struct {
        const char *text;
        const char *local;
        const char *domain;
    } GOOD[] = {
        {"a@b.test", "a", "b.test"},
        {"first.last+tag@Sub.Example.test", "first.last+tag", "Sub.Example.test"},
        {"\"a b\"@b.test", "\"a b\"", "b.test"},
        {"\"a\\\"@x\"@b.test", "\"a\\\"@x\"", "b.test"},
        {"a@[192.0.2.1]", "a", "[192.0.2.1]"},
        {"a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]"},
        {"a%b!c@b.test", "a%b!c", "b.test"},
        {"a@under_score.test", "a", "under_score.test"},
    };
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        struct mailbox mailbox;
        ck_assert_msg(mailbox_parse(slice_of(GOOD[i].text), false, &mailbox) == 0, "%s",
                      GOOD[i].text);
        ck_assert(slice_is(mailbox.local, GOOD[i].local));
        ck_assert(slice_is(mailbox.domain, GOOD[i].domain));
        ck_assert_int_eq(mailbox.is_literal, GOOD[i].domain[0] == '[');
    }
}
END_TEST

START_TEST(broken_mailboxes_are_refused)
{
    static const char *const BAD[] = {
        "",
        "a",
        "@b.test",
        "a@",
        "a@b..test",
        "a@.b",
        "a@-b.test",
        "a..b@c.test",
        ".a@c.test",
        "a.@c.test",
        "a b@c.test",
        "\"a@c.test",
        "a@b@c.test",
        "a@[192.0.2]",
        "a@[2001:db8::1]",
        "a@[IPv6:192.0.2.1]",
        "a@b.test ",
        "\xc3\xa9@b.test",
        "a@\xc3\xa9.test",
        "<a@b.test>",
        "\"a\rb\"@c.test",
        "0123456789012345678901234567890123456789012345678901234567890123x@b.test",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct mailbox mailbox;
        ck_assert_msg(mailbox_parse(slice_of(BAD[i]), false, &mailbox) == -1, "%s", BAD[i]);
    }
}
END_TEST

START_TEST(utf8_is_taken_where_it_is_allowed)
{
    struct mailbox mailbox;
    ck_assert_int_eq(mailbox_parse(SLICE("j\xc3\xb6rg@b\xc3\xbc.test"), true, &mailbox), 0);
    ck_assert(mailbox.is_utf8);
    ck_assert_int_eq(mailbox_parse(SLICE("j\xff@b.test"), true, &mailbox), -1);
    ck_assert_int_eq(mailbox_parse(SLICE("j@b\xff.test"), true, &mailbox), -1);
    ck_assert_int_eq(mailbox_parse(SLICE("a@b.test"), true, &mailbox), 0);
    ck_assert(!mailbox.is_utf8);
}
END_TEST

START_TEST(paths_end_where_they_end)
{
    static const struct {
        const char *text;
        const char *whole; /* NULL: broken */
        size_t used;
    } CASES[] = {
        {"<a@b.test> SIZE=1", "a@b.test", 10},
        {"<>", "", 2},
        {"<@x.test,@y.test:a@b.test>", "a@b.test", 26},
        {"<\"a>b\"@c.test>rest", "\"a>b\"@c.test", 14},
        {"<Postmaster>", "Postmaster", 12},
        {"<@x.test:>", NULL, 0},
        {"<@x:y@>", NULL, 0},
        {"a@b.test", NULL, 0},
        {"<a@b.test", NULL, 0},
        {"<a>", NULL, 0},
        {"<", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct mailbox mailbox;
        size_t used = 0;
        int result = mailbox_parse_path(slice_of(CASES[i].text), false, true, &mailbox, &used);
        ck_assert_msg(result == (CASES[i].whole != NULL ? 0 : -1), "%s", CASES[i].text);
        if (result != 0)
            continue;
        ck_assert_msg(slice_is(mailbox.whole, CASES[i].whole), "%s", CASES[i].text);
        ck_assert_uint_eq(used, CASES[i].used);
    }
    struct mailbox mailbox;
    size_t used = 0;
    ck_assert_int_eq(mailbox_parse_path(SLICE("<postmaster>"), false, false, &mailbox, &used), -1);
}
END_TEST

UNIT_MAIN(mailboxes_are_taken_apart, broken_mailboxes_are_refused,
          utf8_is_taken_where_it_is_allowed, paths_end_where_they_end)
