/*
 * The JSON files below a folder of fixtures/, in the order of their names.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"

struct scenario_fixture {
    const char *name; /* from the folder on, without ".json": "greylisting/postgrey" */
    const char *path;
};

/* Looks into sub-folders too. The list is to be freed, also after -1; its texts are in `arena`. -1
 * if a folder cannot be read. */
int scenario_fixtures_find(const char *folder, struct arena *arena, struct scenario_fixture **list,
                           size_t *count, struct err *err) MUST_CHECK;
