/*
 * Reports about reports: reading those of others, and writing the one that a receiver would send
 * for a message that was checked.
 */
#pragma once

#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/tool/tool.h"

/* Writes the aggregate report (gzip when the path ends in ".gz") with this one message in it; -1
 * when no policy was found, or the file cannot be written. */
int tool_report_write(struct tool *tool, const struct auth_request *request,
                      const struct auth_outcome *outcome, const char *path,
                      struct err *err) MUST_CHECK;

/* Where aggregate reports would go, and whether they may (RFC 7489 7.1), as an array. */
void tool_report_addresses(struct tool *tool, const struct auth_request *request,
                           const struct dmarc_discovery *found);
