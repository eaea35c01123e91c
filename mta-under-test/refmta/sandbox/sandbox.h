/*
 * What the running server may still do: write to a few folders (Landlock), and make the system
 * calls that a mail server makes (seccomp). A mistake in a parser then is not a way into the
 * machine. Both stay until the process ends, and both are left out where the kernel has them not.
 */
#pragma once

#include <stdbool.h>

#include "mta-under-test/base/err.h"

/*
 * From now on this thread, and those it starts, can change files below `writable` only (NULL-
 * terminated; what is missing is passed over), and start no programs. Reading is not restricted:
 * the user's rights do that. Gives the version of Landlock, 0 if the kernel has none.
 */
int sandbox_restrict_files(const char *const *writable, int *version, struct err *err) MUST_CHECK;

/*
 * From now on all threads can only make the calls on a list: files, sockets of the internet and of
 * UNIX, memory, time, threads. Others fail with EPERM: no programs, no tracing, no mounting, no
 * namespaces, no change of identity. Needs no_new_privs. `is_on` is false if the kernel has none.
 */
int sandbox_restrict_calls(bool *is_on, struct err *err) MUST_CHECK;
