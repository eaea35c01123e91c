/*
 * date-time of RFC 5322 section 3.3, with the obsolete forms of section 4.3.
 */
#pragma once

#include "mta-under-test/base/slice.h"

/* Reads the value of a Date field. Checks all ranges: the day of the month and, where it is given,
 * the day of the week. Returns NULL and the time in microseconds since 1970, or in few words what
 * is wrong. */
const char *date_time_parse(struct slice value, int64_t *at_us);
