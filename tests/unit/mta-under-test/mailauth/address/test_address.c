#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/address/address_list.h"
#include "mta-under-test/mailauth/address/date_time.h"
#include "mta-under-test/mailauth/address/smtp_mailbox.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

START_TEST(address_lists)
{
    static const struct {
        const char *value;
        size_t count; /* SIZE_MAX: wrong */
        const char *local_part;
        const char *domain;
        const char *name;
    } CASES[] = {{" a@b.test", 1, "a", "b.test", ""},
                 {" Joe <a@b.test>", 1, "a", "b.test", "Joe"},
                 {" \"Joe, Q\" <a@b.test>, c@d.test", 2, "a", "b.test", "Joe, Q"},
                 {" Joe Q. Public <a@b.test>", 1, "a", "b.test", "Joe Q. Public"},
                 {" a.b.c@d.test", 1, "a.b.c", "d.test", ""},
                 {" \"a b\"@d.test", 1, "a b", "d.test", ""},
                 {" a@[192.0.2.1]", 1, "a", "[192.0.2.1]", ""},
                 {" a (c) @ (c) b . test (c)", 1, "a", "b.test", ""},
                 {" <@x.test,@y.test:a@b.test>", 1, "a", "b.test", ""},
                 {" g: a@b.test, c@d.test;, e@f.test", 3, "a", "b.test", ""},
                 {" ,, a@b.test,,", 1, "a", "b.test", ""},
                 {" =?utf-8?q?J?= <a@b.test>", 1, "a", "b.test", "=?utf-8?q?J?="},
                 {" J\xc3\xb6 <a@b.test>", 1, "a", "b.test", "J\xc3\xb6"},
                 {"", SIZE_MAX, "", "", ""},
                 {" a", SIZE_MAX, "", "", ""},
                 {" a@", SIZE_MAX, "", "", ""},
                 {" <a@b.test", SIZE_MAX, "", "", ""},
                 {" a@b.test c@d.test", SIZE_MAX, "", "", ""},
                 {" g: a@b.test", SIZE_MAX, "", "", ""},
                 {" a@b..test", SIZE_MAX, "", "", ""},
                 {" (open a@b.test", SIZE_MAX, "", "", ""}};
    struct arena arena;
    struct address_list list;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *wrong = address_list_parse(&arena, slice_of(CASES[i].value), &list);
        if (CASES[i].count == SIZE_MAX) {
            ck_assert_msg(wrong != NULL, "taken: %s", CASES[i].value);
            continue;
        }
        ck_assert_msg(wrong == NULL && list.count == CASES[i].count, "%s: %s", CASES[i].value,
                      wrong);
        ck_assert(slice_is(list.mailboxes[0].local_part, CASES[i].local_part));
        ck_assert(slice_is(list.mailboxes[0].domain, CASES[i].domain));
        ck_assert(slice_is(list.mailboxes[0].display_name, CASES[i].name));
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(dates)
{
    static const struct {
        const char *value;
        const char *utc; /* NULL: wrong */
    } CASES[] = {{" Mon, 02 Mar 2026 09:00:00 +0000", "2026-03-02T09:00:00Z"},
                 {" 2 Mar 2026 09:00 -0130 (c)", "2026-03-02T10:30:00Z"},
                 {" Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z"},
                 {" 21 Nov 97 09(c):55:06 GMT", "1997-11-21T09:55:06Z"},
                 {" 21 Nov 97 09:55:06 EDT", "1997-11-21T13:55:06Z"},
                 {" 29 Feb 2024 00:00:00 +0000", "2024-02-29T00:00:00Z"},
                 {" 29 Feb 2026 00:00:00 +0000", NULL},
                 {" Tue, 02 Mar 2026 09:00:00 +0000", NULL},
                 {" 32 Jan 2026 00:00:00 +0000", NULL},
                 {" 2 Mar 2026 24:00:00 +0000", NULL},
                 {" 2 Mar 2026 09:00:00", NULL},
                 {" 2 Mar 2026 9:00:00 +0000", NULL},
                 {" 2 Mar 2026 09:00:00 +0060", NULL},
                 {" 2 Foo 2026 09:00:00 +0000", NULL},
                 {"", NULL},
                 {" 2 Mar 2026 09:00:00 +0000 x", NULL}};
    char text[TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int64_t at_us = 0;
        const char *wrong = date_time_parse(slice_of(CASES[i].value), &at_us);
        ck_assert_msg((wrong == NULL) == (CASES[i].utc != NULL), "%s: %s", CASES[i].value, wrong);
        if (wrong == NULL)
            ck_assert_str_eq(time_to_rfc3339(at_us, text), CASES[i].utc);
    }
}
END_TEST

START_TEST(mailboxes_say_why)
{
    struct smtp_mailbox mailbox;
    ck_assert_int_eq(smtp_mailbox_parse(SLICE("\"a@b\"@x.test"), false, &mailbox),
                     SMTP_MAILBOX_VALID);
    ck_assert(mailbox.is_quoted);
    ck_assert(slice_is(mailbox.domain, "x.test"));
    ck_assert_int_eq(smtp_mailbox_parse(SLICE("a@[x]"), false, &mailbox), SMTP_MAILBOX_BAD_LITERAL);
    ck_assert_int_eq(smtp_mailbox_parse(SLICE("a@x_y.test"), false, &mailbox),
                     SMTP_MAILBOX_BAD_DOMAIN);
    ck_assert_int_eq(smtp_mailbox_parse(SLICE("a"), false, &mailbox), SMTP_MAILBOX_NO_AT);
}
END_TEST

UNIT_MAIN(address_lists, dates, mailboxes_say_why)
