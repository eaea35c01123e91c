/*
 * The names that an adapter's templates and commands may use, made from the settings; the README of
 * mta-under-test/adapters lists them.
 */
#pragma once

#include "sim/mta/mta_settings.h"

struct mta_values {
    const struct mta_settings *settings;
    const char *programs; /* folder of the project's programs */
    const char *mta;      /* name of the adapter */
    const char *file;     /* the file that is made, for {{raw}}; "" in commands */
};

/* A mta_template_value; `context` is the struct mta_values. */
bool mta_values_fill(void *context, struct slice name, struct buf *value);

/* All names, NULL-terminated. */
const char *const *mta_values_names(void);
