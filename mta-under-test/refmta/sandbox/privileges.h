/*
 * Who the server is, once its ports are bound.
 */
#pragma once

#include "mta-under-test/base/err.h"

/*
 * Becomes `user` with its groups (NULL: stays who it is), gives up every capability unless it stays
 * root, and the right to ever gain one (no_new_privs). Before threads are started: capabilities are
 * each thread's own. -1 with a text that says what to do.
 */
int privileges_drop(const char *user, struct err *err) MUST_CHECK;

/* Makes a folder with its parents and gives it to `user` (NULL: ourselves), if it is not there. */
int privileges_make_folder(const char *path, const char *user, struct err *err) MUST_CHECK;
