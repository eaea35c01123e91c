/*
 * Ranges, limits, rates and windows of the scenario language.
 */
#pragma once

#include "sim/value/spec.h"

/* "2..6", "..3", "1..", "5", ">=5m", "<=10": both ends are included. */
struct range {
    int64_t min;
    int64_t max;
};

#define RANGE_ALL ((struct range){INT64_MIN, INT64_MAX})

int range_read(struct spec spec, struct range *range, struct err *err) MUST_CHECK;
/* The same of spans ("5m..2h", ">=10m"), in microseconds. */
int range_read_span(struct spec spec, struct range *range, struct err *err) MUST_CHECK;
/* ">=99.5%", in millionths. */
int range_read_share(struct spec spec, struct range *range, struct err *err) MUST_CHECK;
/* "<=25MB", in bytes. */
int range_read_size(struct spec spec, struct range *range, struct err *err) MUST_CHECK;
bool range_holds(struct range range, int64_t value);
/* For people: "2 to 6", "at least 5", "exactly 1". */
const char *range_to_text(struct range range, struct arena *arena);
const char *range_span_to_text(struct range range, struct arena *arena);
/* Millionths as "99.5%". */
const char *share_to_text(int64_t millionths, struct arena *arena);
const char *range_share_to_text(struct range range, struct arena *arena);

/* "100/1m": so many in a sliding window of that length. */
struct rate {
    int64_t count;
    int64_t window_us;
};

/* Errors say which of the two numbers is impossible, and why. */
int rate_read(struct spec spec, struct rate *rate, struct err *err) MUST_CHECK;
/* The same from a part of the text at `spec`. */
int rate_read_text(struct spec spec, struct slice text, struct rate *rate,
                   struct err *err) MUST_CHECK;

/* "10m..2h" since the start of the run, or "18:00..20:00" by the time of day (UTC; may cross
 * midnight). */
struct window {
    bool by_day;
    int64_t from_us;
    int64_t to_us; /* not included */
};

int window_read(struct spec spec, struct window *window, struct err *err) MUST_CHECK;
/* `now_us` since 1970, `since_start_us` since the start of the run. */
bool window_holds(const struct window *window, int64_t now_us, int64_t since_start_us);
