/*
 * The private root of a world: everything of the host is there to be read, whatever is written
 * stays in memory and goes with the world, and what belongs to one machine (names, resolver, trust
 * store, logs, spools, sockets, temporary files) is the world's own.
 *
 * With CAP_SYS_ADMIN over the host it is one overlay of /. An ordinary user's kernel refuses that;
 * then (or where / cannot be a layer) it is put together from overlays of those top folders that
 * change (/etc, /var, and what a layer touches) and the host's other ones as they are.
 */
#pragma once

#include <limits.h>

#include "sim/world/world.h"

/* The paths of the options, resolved on the host before its root is left. */
struct root_paths {
    char **layers;
    char **shares;
};

int root_paths_resolve(const struct world_options *options, struct root_paths *paths,
                       struct err *err) MUST_CHECK;
void root_paths_free(const struct world_options *options, struct root_paths *paths);

/*
 * To be called as PID 1 of the new PID namespace, in a new mount namespace; afterwards / is the
 * private root, the host's is gone. `mta_fd`: the network namespace to show at WORLD_MTA_NETWORK.
 */
int root_build(const struct world_options *options, const struct root_paths *paths, int mta_fd,
               struct err *err) MUST_CHECK;

/* ---- for the parts of it; all paths are of the time before the last pivot */

#define ROOT_OLD "/old"     /* the host's root */
#define ROOT_UPPER "/upper" /* what the world writes; filled before the overlay is mounted */
#define ROOT_WORK "/work"
#define ROOT_NEW "/new"     /* where the private root is put together */
#define ROOT_LAYER "/layer" /* with a number behind it: the layers */

/* Formats a path; one that is too long becomes "", at which every call then fails. */
void root_path(char path[PATH_MAX], const char *format, ...) PRINTF_LIKE(2, 3);
/* Makes all folders of `path` below `base`; those that the host has get its mode and owner. */
int root_make_folders(const char *base, const char *path, struct err *err) MUST_CHECK;
/* The files of the options and of root_etc.c, into `base`. */
int root_write_file(const char *base, const char *path, struct slice bytes, mode_t mode,
                    struct err *err) MUST_CHECK;
/* root_etc.c: resolv.conf, hosts, nsswitch.conf, hostname, mailname into the upper layer. */
int root_write_etc(const struct world_options *options, struct err *err) MUST_CHECK;
/* root_mounts.c: does the path lie in a folder that starts empty in each world? */
bool root_is_fresh(const char *path);
/* root_mounts.c: /proc, /dev, fresh folders, shares and the network namespace into ROOT_NEW. */
int root_mount_all(const struct world_options *options, const struct root_paths *paths, int mta_fd,
                   struct err *err) MUST_CHECK;
