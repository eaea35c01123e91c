/*
 * What the receivers found out about who sent the messages: the object "auth" of accepted and
 * declined messages (docs/events.md), kept for the table of the report.
 */
#pragma once

#include "reports/report_book.h"

/* Adds a row of the run's authentication table for an event "accepted" or "declined" in the session
 * with this index; nothing where the host did not look. A message that came again to the same host
 * with the same results and the same end is counted in the row it has. */
void report_auth_event(struct report_book *book, const cJSON *event, size_t session);
