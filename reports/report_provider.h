/*
 * What mailbox providers decided (docs/events.md, source provider), gathered for the curves of the
 * report: placements in slices of ten minutes, and the reputation of each key day by day.
 */
#pragma once

#include "reports/report_book.h"

/* Takes an event of the source "provider". */
void report_provider_event(struct report_book *book, const cJSON *event);
