#include "mta-under-test/refmta/routing/srs.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

/* 2026-03-02, day 34 of the 1024: "BC". */
#define NOW_US (20514 * TIME_DAY)

static const struct srs_scheme OURS = {"ours.test", "a key of ours, long enough\n", 21 * TIME_DAY};
static const struct srs_scheme THEIRS = {"theirs.test", "their key\n", 21 * TIME_DAY};

static struct buf out;

static const char *forward(const struct srs_scheme *scheme, const char *sender)
{
    static char text[512];
    buf_deinit(&out);
    buf_init(&out, sizeof text - 1);
    ck_assert(srs_forward(scheme, sender, NOW_US, &out));
    snprintf(text, sizeof text, "%s", buf_text(&out));
    buf_deinit(&out);
    return text;
}

static enum srs_verdict reverse(const struct srs_scheme *scheme, const char *address,
                                int64_t now_us)
{
    buf_deinit(&out);
    buf_init(&out, 512);
    return srs_reverse(scheme, slice_first(slice_of(address), strcspn(address, "@")), now_us, &out);
}

START_TEST(a_bounce_finds_its_way_back)
{
    const char *address = forward(&OURS, "ann=x@first.test");
    ck_assert_int_eq(strncmp(address, "SRS0=", 5), 0);
    ck_assert_str_eq(address + 11, "=BC=first.test=ann=x@ours.test");
    ck_assert_int_eq(reverse(&OURS, address, NOW_US + 20 * TIME_DAY), SRS_GOOD);
    ck_assert_str_eq(buf_text(&out), "ann=x@first.test");
    ck_assert_int_eq(reverse(&OURS, address, NOW_US + 22 * TIME_DAY), SRS_EXPIRED);
    /* A day that has not come is long ago. */
    ck_assert_int_eq(reverse(&OURS, address, NOW_US - TIME_DAY), SRS_EXPIRED);
}
END_TEST

START_TEST(case_may_change_on_the_way)
{
    char lower[512];
    snprintf(lower, sizeof lower, "%s", forward(&OURS, "Ann@first.test"));
    for (char *at = lower; *at != '\0'; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    ck_assert_int_eq(reverse(&OURS, lower, NOW_US), SRS_GOOD);
    ck_assert_str_eq(buf_text(&out), "ann@first.test");
}
END_TEST

START_TEST(a_chain_of_forwarders_does_not_grow)
{
    char first[512];
    char second[512];
    char third[512];
    snprintf(first, sizeof first, "%s", forward(&OURS, "ann@first.test"));
    snprintf(second, sizeof second, "%s", forward(&THEIRS, first));
    ck_assert_int_eq(strncmp(second, "SRS1=", 5), 0);
    ck_assert_ptr_nonnull(strstr(second, "=ours.test=="));
    static const struct srs_scheme LAST = {"last.test", "the last key\n", TIME_DAY};
    snprintf(third, sizeof third, "%s", forward(&LAST, second));
    ck_assert_uint_eq(strlen(third) - strlen("last.test"), strlen(second) - strlen("theirs.test"));
    /* From the last one at once to the first, and from there to the sender. */
    ck_assert_int_eq(reverse(&LAST, third, NOW_US), SRS_GOOD);
    ck_assert_str_eq(buf_text(&out), first);
    ck_assert_int_eq(reverse(&THEIRS, second, NOW_US), SRS_GOOD);
    ck_assert_str_eq(buf_text(&out), first);
}
END_TEST

START_TEST(what_was_not_made_here_is_refused)
{
    const char *address = forward(&OURS, "ann@first.test");
    char changed[512];
    ck_assert_int_eq(reverse(&THEIRS, address, NOW_US), SRS_FORGED);
    snprintf(changed, sizeof changed, "%s", address);
    strstr(changed, "ann")[0] = 'b';
    ck_assert_int_eq(reverse(&OURS, changed, NOW_US), SRS_FORGED);
    static const char *const FORGED[] = {
        "SRS0=",  "SRS0=AAAAAA",          "SRS0=AAAAAA=BC=x.test=a",
        "SRS1==", "SRS1=AAAAAA=x.test==", "srs0=a=b=c=d"};
    for (size_t i = 0; i < sizeof FORGED / sizeof FORGED[0]; i++)
        ck_assert_int_eq(reverse(&OURS, FORGED[i], NOW_US), SRS_FORGED);
    ck_assert_int_eq(reverse(&OURS, "srsly@ours.test", NOW_US), SRS_OTHER);
}
END_TEST

START_TEST(an_older_key_still_counts)
{
    static const struct srs_scheme NEWER = {
        "ours.test", "a newer key of ours, longer\n\na key of ours, long enough\n", 21 * TIME_DAY};
    char address[512];
    snprintf(address, sizeof address, "%s", forward(&OURS, "ann@first.test"));
    ck_assert_int_eq(reverse(&NEWER, address, NOW_US), SRS_GOOD);
    snprintf(address, sizeof address, "%s", forward(&NEWER, "ann@first.test"));
    ck_assert_int_eq(reverse(&OURS, address, NOW_US), SRS_FORGED);
}
END_TEST

START_TEST(what_the_scheme_cannot_hold_stays)
{
    static const char *const SENDERS[] = {"", "ann", "@x.test", "\"a b\"@x.test", "a@[192.0.2.1]"};
    buf_init(&out, 512);
    for (size_t i = 0; i < sizeof SENDERS / sizeof SENDERS[0]; i++)
        ck_assert_msg(!srs_forward(&OURS, SENDERS[i], NOW_US, &out), "%s", SENDERS[i]);
    char *long_one = mem_alloc(2000);
    memset(long_one, 'x', 1990);
    memcpy(long_one + 1990, "@x.test", 8);
    ck_assert(!srs_forward(&OURS, long_one, NOW_US, &out));
    free(long_one);
}
END_TEST

UNIT_MAIN(a_bounce_finds_its_way_back, case_may_change_on_the_way,
          a_chain_of_forwarders_does_not_grow, what_was_not_made_here_is_refused,
          an_older_key_still_counts, what_the_scheme_cannot_hold_stays)
