/*
 * Reads the event log of a run while its world goes on, so that after a long run only the rest is
 * to be read: a world keeps one processor busy, and whoever waits for it has another. The process
 * of a case follows its log to judge it, that of the suite to report it. Neither the judgement nor
 * the report depends on it. In virtual time only a large campaign has its log in the folder while
 * it runs (sim/inside/evidence.h), and only there it is worth it.
 *
 * A short log is left for the end, which costs its run nothing. So is one that cannot be read: what
 * is wrong with it is then told as ever.
 */
#pragma once

#include <stdbool.h>

#include "reports/report_run.h"
#include "sim/check/check.h"

struct run_follow_purpose;

/* The caller's storage; all zero follows nothing. */
struct run_follow {
    const struct run_follow_purpose *purpose;
    const struct scenario *scenario; /* borrowed, to judge by */
    char *folder;                    /* of the case, to report */
    char *events_path;
    void *reading; /* NULL: it has not begun */
    bool given_up;
};

void run_follow_to_judge(struct run_follow *follow, const struct scenario *scenario,
                         const char *events_path);
/* A log that stands in the folder is of an earlier run: it goes. */
void run_follow_to_report(struct run_follow *follow, const char *folder);
void run_follow_deinit(struct run_follow *follow);

/* Takes some of what has been written. Returns how many milliseconds the next step can wait. */
int run_follow_step(struct run_follow *follow) MUST_CHECK;

/* After the end of the world: as check_run(), with what was read already. */
int run_follow_judge(struct run_follow *follow, struct check_report **report,
                     struct err *err) MUST_CHECK;
/* When the case is judged: as report_run_load(), with what was read already. */
struct report_run *run_follow_report(struct run_follow *follow, struct err *err) MUST_CHECK;
