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

/* Puts the defaults into `target`, those of sections and objects in it too. */
void config_read_defaults(struct config_reader *reader, const struct config_object *object,
                          void *target);

/* Reads an object into `target`, which has its defaults. -1 if there were mistakes. */
int config_read_object(struct config_reader *reader, const cJSON *value, const char *path,
                       const struct config_object *object, void *target) MUST_CHECK;

/* Adds the mistake "NAME: PATH: ..."; returns -1. An empty path is the whole file. */
int config_mistake(struct config_reader *reader, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);
