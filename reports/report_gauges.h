/*
 * How near clients came to the limits of rules that count (docs/events.md, source mx, kind gauge),
 * gathered for the charts of the report.
 */
#pragma once

#include "reports/report_book.h"

/* Takes an event of the kind "gauge". */
void report_gauges_event(struct report_book *book, const cJSON *event);
