/*
 * Inside of a document, for the files of this folder only: where values stand in which text.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/value/spec.h"

/* A file that the document was made from: its own, and those it extends. */
struct spec_source {
    char *name;
    struct buf text;
};

/* Where a value begins. */
struct spec_mark {
    const cJSON *json;
    uint32_t offset;
    uint32_t source;
};

/* cJSON's containers are linked lists: a cursor makes walking one by index cheap. */
struct spec_cursor {
    const cJSON *container; /* NULL = not in use */
    size_t count;
    size_t index;
    const cJSON *child; /* the index-th */
};

enum { SPEC_CURSORS = 64 };

struct spec_document {
    cJSON *root;
    struct spec_source *sources;
    size_t source_count;
    struct spec_mark *marks;
    size_t mark_count;
    cJSON *replaced; /* an array: values taken out, kept since specs may still point to them */
    struct spec_cursor cursors[SPEC_CURSORS]; /* emptied when the tree is changed */
    struct arena arena;                       /* paths */
};

/* The mark of a value, or NULL if it was not in any file. */
const struct spec_mark *spec_document_mark(const struct spec_document *document, const cJSON *json);

/* The line on which it begins; 0 if it was not in any file. */
size_t spec_document_line(const struct spec_document *document, const cJSON *json);

/* The spec of `child`, the i-th in its container. */
struct spec spec_of_child(struct spec container, const cJSON *child, size_t i);
