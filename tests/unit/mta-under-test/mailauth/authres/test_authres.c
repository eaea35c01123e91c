#include "mta-under-test/mailauth/authres/authres.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

/* The value, and how it is written again; NULL: wrong. Most are examples of the kinds in RFC 8601
 * appendix B. */
static const struct {
    const char *value;
    const char *written;
} CASES[] = {
    {" x.test; none", "x.test; none"},
    {" x.test 1; none", "x.test; none"},
    {" x.test; spf=pass smtp.mailfrom=y.test", "x.test; spf=pass smtp.mailfrom=y.test"},
    {" x.test; auth=pass (cram-md5) smtp.auth=a@y.test;\r\n spf=pass smtp.mailfrom=y.test",
     "x.test; auth=pass smtp.auth=a@y.test; spf=pass smtp.mailfrom=y.test"},
    {" x.test / 1; none", NULL},
    {" (c) x.test (c) 1 (c); (c) dkim (c) / (c) 1 (c) = (c) fail (c) reason=\"bad signature\" "
     "header.d=y.test",
     "x.test; dkim=fail reason=\"bad signature\" header.d=y.test"},
    {" x.test; dkim=pass header.i=@y.test", "x.test; dkim=pass header.i=@y.test"},
    {" x.test; dkim=pass header.b=\"a/b+c=\"", "x.test; dkim=pass header.b=\"a/b+c=\""},
    {" x.test; dkim=pass header.b=a/b+c=", "x.test; dkim=pass header.b=\"a/b+c=\""},
    {" \"a;b\"; spf=none", "\"a;b\"; spf=none"},
    {" x.test; dmarc=pass header.from=y.test;", "x.test; dmarc=pass header.from=y.test"},
    {" x.test", NULL},
    {"", NULL},
    {" ; none", NULL},
    {" x.test;", NULL},
    {" x.test; spf", NULL},
    {" x.test; spf=", NULL},
    {" x.test; spf=pass smtp=x", NULL},
    {" x.test; spf=pass smtp.=x", NULL},
    {" x.test; spf=pass smtp.mailfrom=", NULL},
    {" x.test; none; spf=pass", NULL},
    {" x.test; spf=pass (open", NULL}};

START_TEST(fields_are_read_and_written)
{
    struct arena arena;
    struct buf out;
    arena_init(&arena);
    buf_init(&out, 65536);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct authres authres;
        const char *wrong = authres_parse(&arena, slice_of(CASES[i].value), &authres);
        ck_assert_msg((wrong == NULL) == (CASES[i].written != NULL), "%s: %s", CASES[i].value,
                      wrong);
        if (wrong != NULL)
            continue;
        buf_reset(&out);
        authres_write(&out, &authres, false);
        ck_assert_str_eq(buf_text(&out), CASES[i].written);
    }
    buf_deinit(&out);
    arena_deinit(&arena);
}
END_TEST

START_TEST(forged_fields_go)
{
    struct arena arena;
    struct message message;
    struct buf out;
    arena_init(&arena);
    buf_init(&out, 65536);
    ck_assert(message_parse(&arena,
                            SLICE("Authentication-Results: MX.Test; spf=pass\r\n"
                                  "Authentication-Results: other.test; spf=pass\r\n"
                                  "authentication-results: mx.test\r\n"
                                  "Authentication-Results: (open\r\n"
                                  "Authentication-Results: \"mx.test\"; none\r\nA: 1\r\n\r\nbody"),
                            &message));
    ck_assert_uint_eq(authres_remove_forged(&message, SLICE("mx.test"), NULL, &out), 4);
    ck_assert_str_eq(buf_text(&out),
                     "Authentication-Results: other.test; spf=pass\r\nA: 1\r\n\r\nbody");
    buf_deinit(&out);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(fields_are_read_and_written, forged_fields_go)
