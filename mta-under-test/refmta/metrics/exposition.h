/*
 * Writes metrics in Prometheus' text format 0.0.4: families with a help line, a type and samples.
 *
 *     exposition_family(out, "refmta_sessions", "gauge", "Clients that are connected.");
 *     exposition_sample(out, "refmta_sessions", NULL, NULL, 3);
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/metrics/histogram.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* `type` is "counter", "gauge" or "histogram". */
void exposition_family(struct buf *out, const char *name, const char *type, const char *help);
/* One sample, with one label (or NULL, NULL for none). */
void exposition_sample(struct buf *out, const char *name, const char *label, const char *value,
                       double number);
/* A family of one sample without labels. */
void exposition_one(struct buf *out, const char *name, const char *type, const char *help,
                    double number);
/* A whole family, in seconds. */
void exposition_histogram(struct buf *out, const char *name, const char *help,
                          const struct histogram *histogram);
/* What Prometheus expects of each process (process_cpu_seconds_total and its kin), from /proc. */
void exposition_process(struct buf *out);

/* Bytes of this process that are in memory; 0 where that cannot be told. */
double exposition_resident_bytes(void);
