/*
 * Judges a run: what the scenario expected, and what holds for every mail server unasked. Reads the
 * event log and the scenario, nothing else, so that a run can be judged again later.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/check/check_history.h"

struct scenario;

enum check_verdict {
    CHECK_PASSED,
    CHECK_WARNED, /* something of level "should" did not hold */
    CHECK_FAILED,
    CHECK_ERROR, /* the run says nothing: it was stopped, or the server never got ready */
};

extern const char *const CHECK_VERDICT_WORDS[]; /* in the order of the enum */

/* One expectation or invariant, judged. Texts are never NULL. */
struct check_result {
    const char *name; /* of an invariant; "" for an expectation */
    const char *text; /* what it is about and what it asks, in words */
    const char *place;
    enum check_level level;
    enum check_verdict verdict; /* CHECK_FAILED whatever the level */
    const char *expected;
    const char *actual;
    const char *message; /* of the first thing that did not fit */
    const char *recipient;
    const char *session;
    const char *rfc;
    int64_t at_us;     /* since the start; -1 = no single moment */
    int64_t seq;       /* of the event that decided; -1 = none */
    int64_t within_us; /* -1 = none */
    size_t count;      /* how many did not fit */
    size_t judged;     /* of how many */
};

struct check_finding {
    const char *level;
    const char *what;
    const char *text;
    const char *rfc;
    const char *session;
    int64_t at_us;
    int64_t seq;
    size_t count;
};

struct check_report {
    const struct scenario *scenario;
    struct check_history *history;
    enum check_verdict verdict;
    const char *problem; /* of CHECK_ERROR; else "" */
    struct check_result *expectations;
    size_t expectation_count;
    struct check_result *invariants;
    size_t invariant_count;
    struct check_finding *findings;
    size_t finding_count;
    struct arena arena;
};

/* -1 if the log cannot be read. The report borrows the scenario. */
int check_run(const struct scenario *scenario, const char *events_path,
              struct check_report **report, struct err *err) MUST_CHECK;
/* The same in steps, for a log that is read while its run goes on: in between the caller takes what
 * is written with check_reading_follow(). NULL if the log cannot be opened. */
struct check_reading *check_begin(const struct scenario *scenario, const char *events_path,
                                  struct err *err) MUST_CHECK;
/* Reads the rest, closes the reading, and judges. */
int check_end(struct check_reading **reading, const struct scenario *scenario,
              struct check_report **report, struct err *err) MUST_CHECK;
void check_report_free(struct check_report **report);

/* results.json, as docs/results.md describes it. */
int check_results_write(const struct check_report *report, const char *path,
                        struct err *err) MUST_CHECK;

/* Which packet of the capture was the last one when an event was logged, by the event's number;
 * none where there is no capture. */
struct check_packets {
    const uint64_t *numbers;
    size_t count;
};

/* For the terminal: every expectation and invariant that did not hold, with expected, actual, when
 * and where; findings; one line for what held. `all` shows each that held as well. */
void check_report_print(const struct check_report *report, bool all,
                        const struct check_packets *packets, struct buf *out);
