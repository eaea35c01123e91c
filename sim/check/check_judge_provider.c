#include "sim/check/check_judge.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_MILLION = 1000000 };

/* What was counted in the expectation's window. */
struct provider_sums {
    int64_t verdicts;
    int64_t placed[CHECK_PLACEMENT_COUNT];
    int64_t complaints;
    int64_t listed;
    int64_t reasons;
    const struct check_provider_event *last; /* verdict */
};

static struct provider_sums sums_of(const struct check_history *h,
                                    const struct check_expectation *e)
{
    struct provider_sums sums = {0};
    for (size_t i = 0; i < h->provider_event_count; i++) {
        const struct check_provider_event *event = &h->provider_events[i];
        if (!pattern_matches(e->provider.name, slice_of(event->provider)) ||
            !window_holds(&e->during, 0, event->at_us))
            continue;
        sums.complaints += event->kind == CHECK_COMPLAINT;
        sums.listed += event->kind == CHECK_LISTED;
        if (event->kind != CHECK_VERDICT)
            continue;
        sums.verdicts++;
        sums.placed[event->placement]++;
        sums.reasons += e->provider.reason != NULL &&
                        pattern_matches(e->provider.reason, slice_of(event->reason));
        sums.last = event;
    }
    return sums;
}

static bool holds(struct check_result *result, struct range range, int64_t value,
                  const char *expected, const char *actual)
{
    if (range_holds(range, value))
        return true;
    result->count++;
    result->verdict = CHECK_FAILED;
    result->expected = expected;
    result->actual = actual;
    return false;
}

static const char *placement_text(const struct provider_sums *sums, struct arena *arena)
{
    const char *text = arena_format(arena, "of %lld verdicts", (long long)sums->verdicts);
    for (size_t i = 0; i < CHECK_PLACEMENT_COUNT; i++)
        text = arena_format(arena, "%s%s %s %s", text, i > 0 ? "," : "",
                            share_to_text(sums->placed[i] * CHECK_MILLION / sums->verdicts, arena),
                            CHECK_PLACEMENT_WORDS[i]);
    return text;
}

static bool judge_placement(const struct check_expectation *e, const struct provider_sums *sums,
                            struct check_result *result, struct arena *arena)
{
    for (size_t i = 0; i < CHECK_PLACEMENT_COUNT; i++) {
        int64_t share = sums->placed[i] * CHECK_MILLION / sums->verdicts;
        if (!holds(result, e->provider.placement[i], share,
                   arena_format(arena, "%s %s", CHECK_PLACEMENT_WORDS[i],
                                range_share_to_text(e->provider.placement[i], arena)),
                   placement_text(sums, arena)))
            return false;
    }
    return true;
}

void check_judge_provider(struct check_report *report, const struct check_expectation *e,
                          struct check_result *result)
{
    struct arena *arena = &report->arena;
    const struct check_provider_wanted *wanted = &e->provider;
    struct provider_sums sums = sums_of(report->history, e);
    result->judged = 1;
    if (sums.verdicts == 0) {
        holds(result, (struct range){1, INT64_MAX}, 0, "a verdict of the provider",
              "it judged no message");
        return;
    }
    result->at_us = sums.last->at_us;
    result->seq = sums.last->seq;
    result->session = sums.last->session;
    int64_t inboxed = sums.placed[CHECK_PLACED_INBOX];
    int64_t rate = inboxed > 0 ? sums.complaints * CHECK_MILLION / inboxed : 0;
    if (judge_placement(e, &sums, result, arena) &&
        holds(result, wanted->reasons, sums.reasons,
              arena_format(arena, "%s verdicts for the reason %s",
                           range_to_text(wanted->reasons, arena),
                           wanted->reason != NULL ? pattern_text(wanted->reason) : "asked for"),
              arena_format(arena, "%lld", (long long)sums.reasons)) &&
        holds(result, wanted->score, sums.last->score,
              arena_format(arena, "a score of %s in the end", range_to_text(wanted->score, arena)),
              arena_format(arena, "%lld", (long long)sums.last->score)) &&
        holds(
            result, wanted->complaints, rate,
            arena_format(arena, "complaints of %s", range_share_to_text(wanted->complaints, arena)),
            arena_format(arena, "%lld of %lld in inboxes", (long long)sums.complaints,
                         (long long)inboxed)) &&
        holds(result, wanted->listed, sums.listed,
              arena_format(arena, "%s listings", range_to_text(wanted->listed, arena)),
              arena_format(arena, "%lld", (long long)sums.listed)))
        result->actual = placement_text(&sums, arena);
}
