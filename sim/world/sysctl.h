/*
 * Kernel settings of a network namespace (/proc/sys/net): what makes the network of a world quick,
 * quiet and the same in each run.
 */
#pragma once

#include "mta-under-test/base/err.h"

enum sysctl_side { SYSCTL_MTA, SYSCTL_INTERNET };

/* Sets them in the network namespace of the calling process. Settings that this kernel does not
 * have are left out, but for those without which the world would not work. */
int sysctl_set_network(enum sysctl_side side, struct err *err) MUST_CHECK;
