/*
 * What DMARC found in the mail of strangers, counted until it is reported (RFC 7489 7.2): by day
 * (UTC), domain, and all that makes a row of a report. Kept in a file to which each message adds a
 * line, so that neither a restart nor a crash forgets a day; a power cut may take the last seconds.
 *
 * A line is "DAY COUNT ROW": the day as a number since 1970, and the row as JSON; the same row may
 * stand in many lines. "DAY 0 DOMAIN": that report is done. The file is written anew, short, when
 * it is opened, when a day is done, and when it has grown long.
 */
#pragma once

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

struct dmarc_tally;

/* NULL with a text. Lines that are none are left out. */
struct dmarc_tally *dmarc_tally_open(const char *path, struct err *err) MUST_CHECK;
void dmarc_tally_close(struct dmarc_tally **tally);

/* Counts one message: `one` has the published policy and a single row. -1: it is not counted, or
 * counted in memory only. */
int dmarc_tally_add(struct dmarc_tally *tally, const struct dmarc_report *one, int64_t now_us,
                    struct err *err);

/* When the oldest day began that is not done; INT64_MAX if there is none. */
int64_t dmarc_tally_first_day_us(const struct dmarc_tally *tally);

/* Calls `visit` for each domain of the day that is not done. */
void dmarc_tally_each(const struct dmarc_tally *tally, int64_t day_us,
                      void (*visit)(void *arg, const char *domain), void *arg);

/* The policy, the rows and the dates of the domain's report; all in the arena. Where the policy
 * was changed during the day, the last one is told. */
void dmarc_tally_report(const struct dmarc_tally *tally, int64_t day_us, const char *domain,
                        struct arena *arena, struct dmarc_report *report);

/* The domain's report has left, or is given up. -1: that is not in the file. */
int dmarc_tally_done(struct dmarc_tally *tally, int64_t day_us, const char *domain,
                     struct err *err);
