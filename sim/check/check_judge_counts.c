#include "sim/check/check_judge.h"
#include "sim/check/check_number.h"

#include "sim/scenario/model/scenario_model.h"

#include "mta-under-test/base/poison.h"

static bool is_during(const struct check_expectation *e, int64_t at_us)
{
    return window_holds(&e->during, 0, at_us);
}

static void at_moment(struct check_result *result, const struct check_moment *moment)
{
    result->at_us = moment->at_us;
    result->seq = moment->seq;
    result->session = moment->session;
}

static void not_met(struct check_result *result, const char *expected, const char *actual)
{
    if (result->count++ > 0)
        return;
    result->verdict = CHECK_FAILED;
    result->expected = expected;
    result->actual = actual;
}

static int compare_moments(const void *a, const void *b)
{
    const struct check_moment *x = a;
    const struct check_moment *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq ? 1 : 0;
}

/* Adds those moments that lie in the expectation's window. */
static void take_moments(const struct check_expectation *e, const struct check_moments *from,
                         struct check_moments *to)
{
    to->items = mem_grow(to->items, to->count + from->count + 1, sizeof *to->items);
    for (size_t i = 0; i < from->count; i++) {
        if (is_during(e, from->items[i].at_us))
            to->items[to->count++] = from->items[i];
    }
}

/* All moments of one kind at the hosts that the expectation names, in order. */
static struct check_moments moments_of(const struct check_report *report,
                                       const struct check_expectation *e, enum check_count what)
{
    const struct check_history *h = report->history;
    struct check_moments all = {0};
    for (size_t i = 0; i < h->host_count; i++) {
        if (pattern_matches(e->host, slice_of(h->hosts[i]->name)))
            take_moments(e, &h->hosts[i]->counts[what], &all);
    }
    if (all.count > 1)
        qsort(all.items, all.count, sizeof *all.items, compare_moments);
    return all;
}

static void judge_count(struct check_report *report, const struct check_expectation *e,
                        enum check_count what, struct check_result *result)
{
    struct arena *arena = &report->arena;
    struct check_moments all = moments_of(report, e, what);
    const char *noun = what == CHECK_ACCEPTED ? "messages accepted" : CHECK_COUNT_WORDS[what];
    int64_t most = e->count[what].max;
    if (!range_holds(e->count[what], (int64_t)all.count)) {
        if (most >= 0 && (int64_t)all.count > most && result->count == 0)
            at_moment(result, &all.items[most]);
        not_met(result, check_range_of(e->count[what], noun, arena),
                check_number_of((int64_t)all.count, noun, arena));
    } else if (result->count == 0) {
        result->actual =
            arena_format(arena, "%s%s%s", result->actual, *result->actual != '\0' ? ", " : "",
                         check_number_of((int64_t)all.count, noun, arena));
    }
    free(all.items);
}

/* More than `count` within any window: the one that is too many, and the one `count` before it. */
static void judge_rate(struct check_report *report, const struct check_expectation *e,
                       struct check_result *result)
{
    struct arena *arena = &report->arena;
    struct check_moments all = moments_of(report, e, e->rate_of);
    size_t count = (size_t)e->rate.count;
    size_t most = 0;
    size_t oldest = 0;
    for (size_t i = 0; i < all.count; i++) {
        while (all.items[i].at_us - all.items[oldest].at_us >= e->rate.window_us)
            oldest++;
        size_t inside = i - oldest + 1;
        if (inside > count && most <= count)
            at_moment(result, &all.items[i]);
        most = inside > most ? inside : most;
    }
    char window[TIME_TEXT_BYTES];
    time_span_to_text(e->rate.window_us, window);
    const char *noun = CHECK_COUNT_WORDS[e->rate_of];
    const char *actual =
        arena_format(arena, "up to %s in %s", check_number_of((int64_t)most, noun, arena), window);
    if (most > count)
        not_met(result,
                arena_format(arena, "at most %s in any %s",
                             check_number_of((int64_t)count, noun, arena), window),
                actual);
    else
        result->actual = actual;
    free(all.items);
}

static void judge_concurrency(struct check_report *report, const struct check_expectation *e,
                              struct check_result *result)
{
    struct arena *arena = &report->arena;
    const struct check_history *h = report->history;
    struct check_moments opened = moments_of(report, e, CHECK_CONNECTIONS);
    struct check_moments closed = {0};
    for (size_t i = 0; i < h->host_count; i++) {
        if (pattern_matches(e->host, slice_of(h->hosts[i]->name)))
            take_moments(e, &h->hosts[i]->closed, &closed);
    }
    if (closed.count > 1)
        qsort(closed.items, closed.count, sizeof *closed.items, compare_moments);
    size_t ended = 0;
    size_t most = 0;
    for (size_t i = 0; i < opened.count; i++) {
        while (ended < closed.count && closed.items[ended].seq < opened.items[i].seq)
            ended++;
        size_t open = i + 1 > ended ? i + 1 - ended : 0;
        if (open > most && (int64_t)open > e->concurrency.max &&
            (int64_t)most <= e->concurrency.max && result->count == 0)
            at_moment(result, &opened.items[i]);
        most = open > most ? open : most;
    }
    const char *actual = arena_format(
        arena, "up to %s", check_number_of((int64_t)most, "connections at the same time", arena));
    if (!range_holds(e->concurrency, (int64_t)most))
        not_met(result,
                arena_format(arena, "%s connections at the same time",
                             range_to_text(e->concurrency, arena)),
                actual);
    else if (result->count == 0)
        result->actual = actual;
    free(opened.items);
    free(closed.items);
}

static void judge_rule(struct check_report *report, const struct check_expectation *e,
                       struct check_result *result)
{
    const struct check_history *h = report->history;
    struct arena *arena = &report->arena;
    struct check_moments fired = {0};
    for (size_t i = 0; i < h->rule_count; i++) {
        if (pattern_matches(e->host, slice_of(h->rules[i]->host)) &&
            pattern_matches(e->rule, slice_of(h->rules[i]->name)))
            take_moments(e, &h->rules[i]->fired, &fired);
    }
    const char *actual =
        arena_format(arena, "it fired %s", check_number_of((int64_t)fired.count, "times", arena));
    if (!range_holds(e->fired, (int64_t)fired.count)) {
        if (fired.count > 0 && e->fired.max >= 0 && (int64_t)fired.count > e->fired.max)
            at_moment(result, &fired.items[e->fired.max]);
        not_met(result,
                arena_format(arena, "rule \"%s\" fires %s", pattern_text(e->rule),
                             check_range_of(e->fired, "times", arena)),
                actual);
    } else if (result->count == 0) {
        result->actual = actual;
    }
    free(fired.items);
}

void check_judge_host(struct check_report *report, const struct check_expectation *e,
                      struct check_result *result)
{
    if (e->rule != NULL)
        judge_rule(report, e, result);
    if (e->rate_given)
        judge_rate(report, e, result);
    if (e->concurrency.min != INT64_MIN || e->concurrency.max != INT64_MAX)
        judge_concurrency(report, e, result);
    for (size_t i = 0; i < CHECK_COUNT_COUNT; i++) {
        if (e->count_given[i])
            judge_count(report, e, (enum check_count)i, result);
    }
    result->judged = 1;
}

static void judge_times(struct check_report *report, const struct check_expectation *e,
                        size_t found, struct check_result *result)
{
    struct arena *arena = &report->arena;
    const char *actual = check_number_of((int64_t)found, "times", arena);
    result->judged = 1;
    if (!range_holds(e->times, (int64_t)found))
        not_met(result, check_range_of(e->times, "times", arena), actual);
    else
        result->actual = actual;
}

void check_judge_queries(struct check_report *report, const struct check_expectation *e,
                         struct check_result *result)
{
    const struct check_history *h = report->history;
    size_t found = 0;
    for (size_t i = 0; i < h->query_count; i++) {
        const struct check_query *query = &h->queries[i];
        if (!pattern_matches(e->query, slice_of(query->name)) ||
            !pattern_matches(e->type, slice_of(query->type)) || !is_during(e, query->moment.at_us))
            continue;
        found++;
        at_moment(result, &query->moment);
    }
    judge_times(report, e, found, result);
}

void check_judge_events(struct check_report *report, const struct check_expectation *e,
                        struct check_result *result)
{
    size_t index = (size_t)(e - report->scenario->checks->items);
    const struct check_moments *fits = &report->history->fits[index];
    size_t found = 0;
    for (size_t i = 0; i < fits->count; i++) {
        if (!is_during(e, fits->items[i].at_us))
            continue;
        found++;
        at_moment(result, &fits->items[i]);
    }
    judge_times(report, e, found, result);
}

void check_judge_log(struct check_report *report, const struct check_expectation *e,
                     struct check_result *result)
{
    const struct check_history *h = report->history;
    size_t found = 0;
    for (size_t i = 0; i < h->log_count; i++) {
        const struct check_log_line *line = &h->log[i];
        if (!pattern_matches(e->log, slice_of(line->text)) ||
            !pattern_matches(e->status, slice_of(line->status)) ||
            !pattern_matches(e->to, slice_of(line->recipient)) || !is_during(e, line->moment.at_us))
            continue;
        found++;
        at_moment(result, &line->moment);
    }
    judge_times(report, e, found, result);
}

void check_judge_end(struct check_report *report, const struct check_expectation *e,
                     struct check_result *result)
{
    const struct check_history *h = report->history;
    struct arena *arena = &report->arena;
    char text[TIME_TEXT_BYTES];
    const char *actual =
        arena_format(arena, "%s after %s%s%s", h->reason, time_span_to_text(h->end_us, text),
                     *h->detail != '\0' ? ": " : "", h->detail);
    result->judged = 1;
    result->at_us = h->end_us;
    result->seq = h->end_seq;
    result->actual = actual;
    if (!pattern_matches(e->ends, slice_of(h->reason)) || h->end_us > e->wanted.within_us)
        not_met(result, check_wanted_text(e, arena), actual);
}
