/*
 * The parts of compare.html that more than one of its files writes.
 */
#pragma once

#include "reports/compare.h"

/* The class that colours a verdict. */
const char *compare_html_class(enum compare_verdict verdict);
/* The row of the servers' names over a table whose first column is `first`; the body is open. */
void compare_html_columns(const struct compare *compare, const char *first, struct buf *out);
void compare_html_badge(const struct compare_cell *cell, struct buf *out);

/* What the servers did not do alike, aspect by aspect. */
void compare_html_differences(const struct compare *compare, struct buf *out);
/* One scenario with all that each server did; `id` is that of its anchor. */
void compare_html_scenario(const struct compare *compare, const struct compare_row *row, size_t id,
                           struct buf *out);
