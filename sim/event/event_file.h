/*
 * Reads an event log back, one event at a time, for checks and reports.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "mta-under-test/base/err.h"

struct event_file;

/* NULL with `err` set if the file cannot be opened. */
struct event_file *event_file_open(const char *path, struct err *err) MUST_CHECK;
void event_file_close(struct event_file **file);

/* 1 with the next event (valid until the next call; never given to cJSON_Delete), 0 at the end, -1
 * with file and line in `err` if a line is no event. */
int event_file_next(struct event_file *file, const cJSON **event, struct err *err) MUST_CHECK;

/* While the log `grows`, a line counts only once its newline is written, and after an end there may
 * be more. */
void event_file_follow(struct event_file *file, bool grows);

/* Where the event that was read last stands in the file, and going on with the one that stands
 * there: -1 if it cannot be read again. */
int64_t event_file_at(const struct event_file *file);
int event_file_go(struct event_file *file, int64_t at, struct err *err) MUST_CHECK;

/* Facts of an event; what is absent or of another type gives "" or the `otherwise`. */
const char *event_text(const cJSON *event, const char *key);
int64_t event_int(const cJSON *event, const char *key, int64_t otherwise);
bool event_bool(const cJSON *event, const char *key);
const cJSON *event_member(const cJSON *event, const char *key); /* NULL where it is absent */
bool event_is(const cJSON *event, const char *source, const char *kind);
