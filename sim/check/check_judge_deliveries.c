#include "sim/check/check_judge.h"

#include "mta-under-test/base/poison.h"

/* The first that did not fit gives the words; the others are only counted. */
static void take_fault(struct check_result *result, const struct check_target *target,
                       const struct check_fault *fault)
{
    result->expected = fault->expected;
    result->actual = fault->actual;
    result->session = fault->session;
    result->at_us = fault->at_us;
    result->seq = fault->seq;
    result->message = target->message;
    result->recipient = target->to;
}

static void judge_share(struct check_report *report, const struct check_expectation *e,
                        struct check_result *result)
{
    int64_t fitting = (int64_t)(result->judged - result->count);
    int64_t share = fitting * 1000000 / (int64_t)result->judged;
    struct arena *arena = &report->arena;
    if (range_holds(e->share, share)) {
        result->verdict = CHECK_PASSED;
        return;
    }
    result->verdict = CHECK_FAILED;
    if (!e->share_given)
        return;
    const char *actual = result->actual;
    result->expected = check_wanted_text(e, arena);
    result->actual = arena_format(arena, "%s of %zu recipients (%lld)%s%s%s",
                                  share_to_text(share, arena), result->judged, (long long)fitting,
                                  result->count > 0 ? "; the first other: " : "",
                                  result->count > 0 ? result->recipient : "",
                                  result->count > 0 ? arena_format(arena, " %s", actual) : "");
}

void check_judge_deliveries(struct check_report *report, const struct check_targets *targets,
                            const struct check_expectation *e, struct check_result *result)
{
    struct check_target first = {0};
    for (size_t i = 0; i < targets->count; i++) {
        const struct check_target *target = &targets->items[i];
        if (!check_target_is_of(target, e))
            continue;
        struct check_fault fault;
        bool fits =
            check_judge_delivery(&e->wanted, target, report->history, &report->arena, &fault);
        if ((!fits && result->count == 0) || result->judged == 0)
            take_fault(result, target, &fault);
        if (result->judged == 0)
            first = *target;
        result->judged++;
        result->count += fits ? 0 : 1;
    }
    if (e->wanted.within_us != INT64_MAX)
        result->within_us = e->wanted.within_us;
    if (result->judged == 0) {
        result->verdict = CHECK_FAILED;
        result->actual = "no such message was sent";
        return;
    }
    judge_share(report, e, result);
    if (result->verdict != CHECK_PASSED)
        return;
    result->expected = check_wanted_text(e, &report->arena);
    if (result->judged == 1)
        return;
    result->message = first.entry;
    result->recipient = "";
    result->session = "";
    result->at_us = -1;
    result->seq = -1;
    result->actual = arena_format(&report->arena, "so for %zu of %zu recipients",
                                  result->judged - result->count, result->judged);
}
