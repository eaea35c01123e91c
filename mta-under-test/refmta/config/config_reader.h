/*
 * Reads a JSON value by its table (config_key.h), strictly: unknown and doubled keys are mistakes,
 * and all mistakes are gathered, each with the JSON path, what was expected and what was found.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/config/config_key.h"

struct config_reader {
    struct arena *arena;  /* for what the values become */
    const char *name;     /* of the file */
    struct buf *mistakes; /* a line each; those past its limit are left out */
};

struct config_document {
    const char *name; /* of the file, for messages */
    struct slice json;
};

/* Reads a whole document by its table into `target`, which is all zero; what the values become
 * belongs to `arena`. -1 with all mistakes, a line each. */
int config_read_document(const struct config_document *document, const struct config_object *object,
                         void *target, struct arena *arena, struct err *err) MUST_CHECK;

/* For checks of objects. */
/* Adds the mistake "NAME: PATH: ..."; returns -1. An empty path is the whole file. */
int config_mistake(struct config_reader *reader, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);
