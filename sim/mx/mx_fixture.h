/*
 * What lies in fixtures/ under a name that was meant: for "did you mean" where a profile or a model
 * is named that is not there.
 */
#pragma once

#include "mta-under-test/base/arena.h"

/* The first file in one of the folders (patterns below `root`, ending in a null) whose name begins
 * with the last part of `name`: what stands behind `root`/fixtures/ without its ending, without the
 * first `drop` that it begins with. NULL if there is none. */
const char *mx_fixture_like(const char *root, const char *const *folders, const char *drop,
                            const char *name, struct arena *arena);
