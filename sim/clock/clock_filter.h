/*
 * The seccomp filter of the world: which system calls the shim answers (SIGSYS), which the injector
 * hears of (execve), and which are refused because they would break the clock.
 */
#pragma once

#include "mta-under-test/base/mem.h"

/* Installs it in the calling thread, for good, and for all that descends from it. Returns the
 * listener for the injector, or -1 with errno. */
int clock_filter_install(void) MUST_CHECK;
