/*
 * Time is int64_t microseconds everywhere in the project: since 1970 (UTC, no leap seconds) for
 * points, plain for spans. Names carry the unit: `_us`.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

#define TIME_MS INT64_C(1000)
#define TIME_SECOND INT64_C(1000000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR (60 * TIME_MINUTE)
#define TIME_DAY (24 * TIME_HOUR)

/* The wall clock, and the clock that never goes back. Inside a world both are virtual. */
int64_t time_now_us(void);
int64_t time_monotonic_us(void);

enum { TIME_TEXT_BYTES = 64 };

/* "2026-03-02T09:00:00Z", with ".123456" only where it is not zero (RFC 3339). Returns `text`. */
const char *time_to_rfc3339(int64_t at_us, char text[TIME_TEXT_BYTES]);
/* "Mon, 02 Mar 2026 09:00:00 +0000" (RFC 5322 section 3.3). */
const char *time_to_rfc5322(int64_t at_us, char text[TIME_TEXT_BYTES]);
/* A span for people: "250ms", "30s", "5m", "1h30m", "5d". */
const char *time_span_to_text(int64_t span_us, char text[TIME_TEXT_BYTES]);

/* Reads RFC 3339 with any offset; -1 if it is not such a date. */
int time_from_rfc3339(struct slice text, int64_t *at_us) MUST_CHECK;
/* Reads a span: "250ms 30s 5m 2h 5d", parts may be joined ("1h30m"); "0" alone is allowed;
 * -1 if it is none. Exact: no fractions but "1.5s"-like decimals on one part. */
int time_span_from_text(struct slice text, int64_t *span_us) MUST_CHECK;
