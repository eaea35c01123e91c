/*
 * As much MIME (RFC 2045, 2046) as reading a delivery status notification takes: the parts of a
 * multipart body, and parameters of Content-Type.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

enum { MIME_BOUNDARY_BYTES_MAX = 70, MIME_PARTS_MAX = 100 };

/* A message or part: header and body; both borrowed. */
struct mime_part {
    struct slice header;
    struct slice body;
};

struct mime_part mime_part_of(struct slice message);

/* Is its Content-Type TYPE ("multipart/report")? Parameters are not looked at. */
bool mime_part_is(const struct mime_part *part, const char *type);
/* The value of a parameter of Content-Type, without quotes; empty if there is none. */
struct slice mime_part_parameter(const struct mime_part *part, const char *name);

/* The parts of a multipart body, one after the other: start with *rest = part->body. False at the
 * end. `boundary` as in the parameter. */
bool mime_next(struct slice *rest, struct slice boundary, struct mime_part *part);
