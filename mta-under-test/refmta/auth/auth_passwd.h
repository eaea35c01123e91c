/*
 * `refmta passwd`: makes, changes or removes one user in a file of users (auth_users.h). The
 * password comes from standard input, its first line; at a terminal it is asked for and not shown.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

/* The file is made, for its owner alone, if it is missing; -1 if it cannot be written. */
int auth_passwd(const char *path, const char *name, bool is_removal, struct err *err) MUST_CHECK;
/* The same with the password at hand. */
int auth_passwd_set(const char *path, const char *name, struct slice password,
                    struct err *err) MUST_CHECK;
