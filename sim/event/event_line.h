/*
 * One line of an event log as a tree of cJSON (RFC 8259), to be looked at with its functions and
 * those of event_file.h. Unlike the trees that cJSON makes, it costs no allocation: values and
 * texts lie in memory of the reader, which the next line takes over. A log of a large campaign has
 * many millions of lines, and most of the time of a judgement went into malloc() and free().
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct event_line;

struct event_line *event_line_new(void) MUST_CHECK;
void event_line_free(struct event_line **line);

/* The object that `text` is; NULL if it is none, or not only one. It is valid until the next call,
 * and never given to cJSON_Delete(). */
const cJSON *event_line_read(struct event_line *line, struct slice text) MUST_CHECK;
