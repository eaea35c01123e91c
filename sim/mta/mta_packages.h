/*
 * The Debian packages of a mail server, fetched and unpacked on first use into a cache of the
 * project, never installed: the unpacked trees are laid over / of a world. For the runner, outside
 * of any world. The cache has one folder for each package:
 *
 *     CACHE/NAME/root/      its files, with /bin, /lib and /sbin merged into /usr as on Debian 12
 *     CACHE/NAME/version    the version, once it is whole
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"

/* What is to be laid over a world: names of Debian packages. */
struct mta_package_list {
    const char *const *packages;
    size_t package_count;
    const char *const *libraries; /* packages that are used where they are installed */
    size_t library_count;
};

/*
 * Fills *layers with the folders to lay over /, the first on top, in `arena`; none where there are
 * no packages. Fetches with apt-get what it lacks (no root needed, and a line on stderr says so);
 * of the libraries only those that are not installed here. Calls side by side wait for each other.
 * -1 with the package and what to do: this machine then cannot run that server (exit code 3).
 */
int mta_packages_prepare(const struct mta_package_list *wanted, const char *cache,
                         struct arena *arena, const char *const **layers, size_t *layer_count,
                         struct err *err) MUST_CHECK;

/* The version of a package in the cache, for reports; NULL if it is not there. In `arena`. */
const char *mta_packages_version(const char *cache, const char *package, struct arena *arena);
