/*
 * What lies in fixtures/ under a name that was meant: for "did you mean" where a profile or a model
 * is named that is not there.
 */
#pragma once

#include "mta-under-test/base/arena.h"

/* The ready file in one of the folders (patterns below `root`/fixtures, ending in a null) that is
 * most like `name`: one whose last part begins with that of `name`, or else the one spelled most
 * like it. It is told as what stands behind fixtures/ without its ending, without `drop` where it
 * begins with that. NULL if nothing is near. */
const char *mx_fixture_like(const char *root, const char *const *folders, const char *drop,
                            const char *name, struct arena *arena);
