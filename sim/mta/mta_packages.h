/*
 * The Debian packages of an adapter: fetched and unpacked once into a cache of the project, never
 * installed, so that no server conflicts with another or with what the host runs.
 */
#pragma once

#include "sim/mta/mta_adapter.h"

/*
 * *layers (in `arena`) are the folders to lay over / of the world: none for an adapter without
 * packages. -1 if a package cannot be had, with its name and what to do. Calls side by side wait
 * for each other.
 */
int mta_packages_unpack(const struct mta_adapter *adapter, const char *root, struct arena *arena,
                        const char *const **layers, size_t *layer_count,
                        struct err *err) MUST_CHECK;
