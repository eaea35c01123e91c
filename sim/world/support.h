/*
 * Why this machine does not give a world, and how to get it.
 */
#pragma once

#include <stdbool.h>

#include "mta-under-test/base/err.h"

/* For clone3() or unshare() of namespaces that failed with `error`; returns -1. */
int support_explain_namespaces(int error, bool privileged, struct err *err);
