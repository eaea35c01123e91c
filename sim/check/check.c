#include "sim/check/check.h"

#include "sim/check/check_judge.h"
#include "sim/scenario/model/scenario_model.h"

#include "mta-under-test/base/poison.h"

const char *const CHECK_VERDICT_WORDS[] = {"passed", "warned", "failed", "error"};

static void judge_expectation(struct check_report *report, const struct check_targets *targets,
                              const struct check_expectation *e, struct check_result *result)
{
    *result = (struct check_result){
        .name = "",
        .text = e->about != NULL ? e->about : check_expectation_text(e, &report->arena),
        .place = e->place,
        .level = e->level,
        .verdict = CHECK_PASSED,
        .expected = check_wanted_text(e, &report->arena),
        .actual = "",
        .message = "",
        .recipient = "",
        .session = "",
        .rfc = "",
        .at_us = -1,
        .seq = -1,
        .within_us = -1,
    };
    switch (e->subject) {
    case CHECK_OF_DELIVERIES:
        check_judge_deliveries(report, targets, e, result);
        break;
    case CHECK_OF_HOST:
        check_judge_host(report, e, result);
        break;
    case CHECK_OF_QUERIES:
        check_judge_queries(report, e, result);
        break;
    case CHECK_OF_LOG:
        check_judge_log(report, e, result);
        break;
    case CHECK_OF_EVENTS:
        check_judge_events(report, e, result);
        break;
    case CHECK_OF_PROVIDER:
        check_judge_provider(report, e, result);
        break;
    case CHECK_OF_END:
        check_judge_end(report, e, result);
        break;
    }
}

static void judge_expectations(struct check_report *report, const struct check_targets *targets)
{
    const struct check_list *list = report->scenario->checks;
    report->expectation_count = list->count;
    report->expectations =
        arena_alloc_array(&report->arena, list->count + 1, sizeof report->expectations[0]);
    for (size_t i = 0; i < list->count; i++)
        judge_expectation(report, targets, &list->items[i], &report->expectations[i]);
}

/* "" if the run says something about the server, else why it does not. */
static const char *find_problem(const struct check_report *report)
{
    const struct check_history *h = report->history;
    if (h->reason[0] == '\0')
        return "the event log has no end: the run was cut off";
    if (strcmp(h->reason, "stopped") == 0)
        return "the run was stopped before its end";
    /* One that ended by itself while it was at work is judged: it did not stay alive. */
    if (strcmp(h->reason, "mta-failed") == 0 && (!h->ready || h->crashes.count == 0))
        return h->detail[0] != '\0' ? h->detail : "the server under test never got ready";
    /* Otherwise what is expected decides: a program may well tell by its status that it was
     * refused. */
    if (strcmp(h->reason, "command-failed") == 0 && report->scenario->checks->count == 0)
        return h->detail;
    return "";
}

static enum check_verdict worse(enum check_verdict verdict, const struct check_result *result)
{
    if (result->verdict != CHECK_FAILED)
        return verdict;
    if (result->level == CHECK_MUST)
        return CHECK_FAILED;
    return result->level == CHECK_SHOULD && verdict == CHECK_PASSED ? CHECK_WARNED : verdict;
}

static enum check_verdict sum_up(const struct check_report *report)
{
    if (report->problem[0] != '\0')
        return CHECK_ERROR;
    enum check_verdict verdict = CHECK_PASSED;
    for (size_t i = 0; i < report->expectation_count; i++)
        verdict = worse(verdict, &report->expectations[i]);
    for (size_t i = 0; i < report->invariant_count; i++)
        verdict = worse(verdict, &report->invariants[i]);
    return verdict;
}

struct check_reading *check_begin(const struct scenario *scenario, const char *events_path,
                                  struct err *err)
{
    struct check_history_options options = {
        .smart_host = scenario->smart_host,
        .handed_in_unseen = scenario->message_count == 0,
        .checks = scenario->checks,
    };
    return check_reading_open(events_path, &options, err);
}

int check_end(struct check_reading **reading, const struct scenario *scenario,
              struct check_report **report, struct err *err)
{
    *report = NULL;
    struct check_history *history = NULL;
    if (check_reading_finish(reading, &history, err) != 0)
        return -1;
    struct check_report *result = mem_alloc(sizeof *result);
    result->scenario = scenario;
    result->history = history;
    result->problem = find_problem(result);
    struct check_targets targets;
    check_targets_make(scenario, history, &result->arena, &targets);
    judge_expectations(result, &targets);
    check_judge_invariants(result);
    check_judge_findings(result);
    result->verdict = sum_up(result);
    *report = result;
    return 0;
}

int check_run(const struct scenario *scenario, const char *events_path,
              struct check_report **report, struct err *err)
{
    *report = NULL;
    struct check_reading *reading = check_begin(scenario, events_path, err);
    return reading != NULL ? check_end(&reading, scenario, report, err) : -1;
}

void check_report_free(struct check_report **report)
{
    if (*report == NULL)
        return;
    check_history_free(&(*report)->history);
    arena_deinit(&(*report)->arena);
    free(*report);
    *report = NULL;
}
