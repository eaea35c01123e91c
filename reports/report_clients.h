/*
 * The scenario's clients (docs/events.md, source client): each dialogue with the server under test
 * as a session with its steps.
 */
#pragma once

#include "reports/report_book.h"

/* Takes an event of the source "client". */
void report_clients_event(struct report_book *book, const cJSON *event);
