/*
 * The judges: one file for each kind of thing that is judged. Only for this folder.
 */
#pragma once

#include "sim/check/check.h"
#include "sim/check/check_target.h"

/* What did not fit, first of all. */
struct check_fault {
    const char *expected;
    const char *actual;
    const char *session;
    int64_t at_us;
    int64_t seq;
};

/* Judges a delivery; false if it does not fit, with the first condition that is not met. */
bool check_judge_delivery(const struct check_wanted *wanted, const struct check_target *target,
                          const struct check_history *history, struct arena *arena,
                          struct check_fault *fault) MUST_CHECK;

/* Judge an expectation of their subject, into `result` (prepared with words and place). */
void check_judge_deliveries(struct check_report *report, const struct check_targets *targets,
                            const struct check_expectation *expectation,
                            struct check_result *result);
void check_judge_host(struct check_report *report, const struct check_expectation *expectation,
                      struct check_result *result);
void check_judge_queries(struct check_report *report, const struct check_expectation *expectation,
                         struct check_result *result);
void check_judge_events(struct check_report *report, const struct check_expectation *expectation,
                        struct check_result *result);
void check_judge_log(struct check_report *report, const struct check_expectation *expectation,
                     struct check_result *result);
void check_judge_end(struct check_report *report, const struct check_expectation *expectation,
                     struct check_result *result);
void check_judge_provider(struct check_report *report, const struct check_expectation *expectation,
                          struct check_result *result);

/* All invariants, and all findings, into the report. */
void check_judge_invariants(struct check_report *report);
void check_judge_findings(struct check_report *report);

/* Why a right server may have sent copy number `copy` (0 is the first; their count stands for one
 * more) although a host took one before: a final reply was lost, on purpose or with the network,
 * the server was killed before it could note it, or it got the message twice. NULL if nothing does.
 */
const char *check_copy_explanation(const struct check_history *history,
                                   const struct check_delivery *delivery, size_t copy);

void check_report_add_finding(struct check_report *report, const struct check_finding *finding);
