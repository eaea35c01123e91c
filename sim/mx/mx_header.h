/*
 * Header fields of a message (RFC 5322 2.2), read where they stand, forgiving: bare LF ends a line
 * too, and what is no field is passed over.
 */
#pragma once

#include "mta-under-test/base/buf.h"

/* The length of the header at the front of a message, with the empty line that ends it; the whole
 * length if there is no empty line. */
size_t mx_header_len(struct slice message);

/* The raw value of the first field of that name, folded lines and all, trimmed; data is NULL if
 * there is none. */
struct slice mx_header_find(struct slice header, const char *name);
/* The next field off the front of *rest; false at the end. */
bool mx_header_next(struct slice *rest, struct slice *name, struct slice *value);

/* Appends the value with folding taken out: each line break with the white space around it becomes
 * one space. */
void mx_header_unfold(struct slice value, struct buf *out);
