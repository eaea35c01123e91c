/*
 * The names that an adapter's templates and commands may use, made from the settings; the README of
 * mta-under-test/adapters lists them.
 */
#pragma once

#include "sim/mta/mta_settings.h"
#include "sim/mta/mta_template.h"

struct mta_values {
    const struct mta_settings *settings;
    const char *programs;     /* folder of the project's programs */
    const char *mta;          /* name of the adapter */
    const char *sender;       /* of the message that `submit` hands in; NULL elsewhere */
    const char *queue_id;     /* of the message that an operator means; NULL elsewhere */
    const char *file;         /* the file that is made, for {{raw}}; "" in commands */
    size_t item;              /* of the list that is gone through */
    const char *const *items; /* that list, where it is one of texts */
};

/* The values as a template wants them; valid as long as `values`. */
struct mta_template_source mta_values_source(struct mta_values *values);
