#include "mta-under-test/refmta/log/trace.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct trace read(const char *text)
{
    struct trace trace;
    struct err err;
    ck_assert_msg(trace_from_text(slice_of(text), &trace, &err) == 0, "%s", err.text);
    return trace;
}

START_TEST(only_what_was_asked_for_is_traced)
{
    struct trace trace = read("client=192.0.2.1 for=5m");
    ck_assert(trace_wants_client(&trace, "192.0.2.1"));
    ck_assert(!trace_wants_client(&trace, "192.0.2.2"));
    ck_assert(!trace_wants_destination(&trace, "x.test"));
    ck_assert_int_le(trace.until_us, time_now_us() + 5 * TIME_MINUTE);
    trace = read("destination=X.Test");
    ck_assert(trace_wants_destination(&trace, "x.test"));
    trace = read("client=all destination=all");
    ck_assert(trace_wants_client(&trace, "192.0.2.2") && trace_wants_destination(&trace, "y"));
    trace.until_us = time_now_us() - 1;
    ck_assert(!trace_wants_client(&trace, "192.0.2.2"));
    trace = read("off");
    ck_assert(!trace_wants_client(&trace, "all"));
    ck_assert(!trace_wants_client(NULL, "x"));
}
END_TEST

START_TEST(what_makes_no_sense_is_told)
{
    static const char *const WRONG[] = {"", "for=5m", "client=", "clint=x", "client=x for=long"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct trace trace;
        struct err err = {.text = ""};
        ck_assert_int_eq(trace_from_text(slice_of(WRONG[i]), &trace, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "client=ADDRESS"));
    }
}
END_TEST

UNIT_MAIN(only_what_was_asked_for_is_traced, what_makes_no_sense_is_told)
