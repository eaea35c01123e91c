/*
 * Which address of List-Unsubscribe is asked, and that a request that goes wrong is told.
 */
#include "sim/readers/one_click.h"

#include "tests/unit/unit.h"

START_TEST(test_the_first_https_address_counts)
{
    static const struct {
        const char *field;
        const char *host; /* NULL = there is none */
        const char *target;
        unsigned port;
    } CASES[] = {
        {"<https://a.test/u?r=1>", "a.test", "/u?r=1", 443},
        {"<mailto:x@a.test>, <https://a.test/u>", "a.test", "/u", 443},
        {"<http://a.test/u>, <HTTPS://b.test:8443>", "b.test", "/", 8443},
        {" <https://a.test?r=1>", "a.test", "/?r=1", 443},
        {"<https://a.test/u v>, <https://b.test/w>", "b.test", "/w", 443},
        {"<https://a.test:0/u>", NULL, NULL, 0},
        {"<https://a.test:99999/u>", NULL, NULL, 0},
        {"<https:///u>", NULL, NULL, 0},
        {"<https://", NULL, NULL, 0},
        {"https://a.test/u", NULL, NULL, 0},
        {"<mailto:x@a.test>", NULL, NULL, 0},
        {"", NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct one_click_url url;
        bool found = one_click_find_url(slice_of(CASES[i].field), &url);
        ck_assert_msg(found == (CASES[i].host != NULL), "%s", CASES[i].field);
        if (!found)
            continue;
        ck_assert_str_eq(url.host, CASES[i].host);
        ck_assert_str_eq(url.target, CASES[i].target);
        ck_assert_uint_eq(url.port, CASES[i].port);
    }
}
END_TEST

struct answer {
    struct event_base *base;
    int status;
    char error[200];
};

static void on_done(void *context, int status, const char *error)
{
    struct answer *answer = context;
    answer->status = status;
    snprintf(answer->error, sizeof answer->error, "%s", error);
    event_base_loopbreak(answer->base);
}

START_TEST(test_a_host_that_refuses_is_told)
{
    struct answer answer = {.base = event_base_new(), .status = -1};
    const struct one_click_url url = {.host = "a.test", .target = "/", .port = 1};
    struct one_click_options options = {
        .base = answer.base,
        .tls = SSL_CTX_new(TLS_client_method()),
        .url = &url,
        .done = on_done,
        .context = &answer,
    };
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &options.target), 0);
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &options.source), 0);
    ck_assert_ptr_nonnull(one_click_start(&options));
    event_base_dispatch(answer.base);
    ck_assert_int_eq(answer.status, 0);
    ck_assert_ptr_nonnull(strstr(answer.error, "the connection failed"));
    SSL_CTX_free(options.tls);
    event_base_free(answer.base);
}
END_TEST

UNIT_MAIN(test_the_first_https_address_counts, test_a_host_that_refuses_is_told)
