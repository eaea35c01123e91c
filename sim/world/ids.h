/*
 * Whether a world needs a user namespace, and which user ids there are in it.
 *
 * Who has CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW needs none: all ids are there. Another user
 * becomes root of a user namespace, with its own id as 0; further ids (foreign mail servers run as
 * several users) come from newuidmap and newgidmap where the machine lends some in /etc/subuid and
 * /etc/subgid.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mta-under-test/base/err.h"

/* True if the caller may make namespaces without a user namespace. */
bool ids_is_privileged(void);

/* Maps the ids of `pid`, a child in a fresh user namespace that waits for it. */
int ids_map(pid_t pid, bool many_users, struct err *err) MUST_CHECK;

/* Takes from the calling process, for good, the capabilities that reach beyond its namespaces:
 * loading modules, setting the machine's clock, making devices and the like. */
int ids_drop_capabilities(struct err *err) MUST_CHECK;
