/*
 * A row of a DMARC report as a line of JSON, with the policy that it was judged by: the form in
 * which rows wait in a file for their report. Equal rows have equal lines.
 */
#pragma once

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

/* Writes the published policy and the first row, without its count. */
void dmarc_row_write(const struct dmarc_report *report, struct buf *out);

/* Reads them back: the published policy into `report`, the rest into `row`. -1 if it is no such
 * line. Everything lives in the arena. */
int dmarc_row_read(struct slice line, struct arena *arena, struct dmarc_report *report,
                   struct dmarc_report_row *row) MUST_CHECK;
