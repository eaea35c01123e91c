/*
 * Why this machine does not give a world, and how to get it.
 */
#pragma once

#include <stdbool.h>

#include "mta-under-test/base/err.h"

/* For a root that lacks a part of what root may. */
#define SUPPORT_CONTAINER_ADVICE                                                              \
    "in a container use docker run --privileged, or --cap-add SYS_ADMIN --cap-add NET_ADMIN " \
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined"

/* For clone3() or unshare() of namespaces that failed with `error`; returns -1. */
int support_explain_namespaces(int error, bool privileged, struct err *err);
