/*
 * Virtual time as people read it in a report.
 */
#pragma once

#include "mta-under-test/base/time_text.h"

/* The two largest units: "5m 12s", "2d 3h", "1.25 s", "35 ms"; "0" at the start. */
const char *report_time_text(int64_t span_us, char text[TIME_TEXT_BYTES]);
/* The same with a plus in front, for a point since the start of the run. */
const char *report_time_point(int64_t at_us, char text[TIME_TEXT_BYTES]);
