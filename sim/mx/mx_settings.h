/*
 * Reads the settings that a host and a profile have in common into a host: what is not given stays
 * as it was, so that a profile is read first and the host's own settings go over it.
 */
#pragma once

#include "sim/mx/mx_host.h"

/* The host as it is when nothing is said. */
void mx_settings_set_defaults(struct mx_host *host);
int mx_settings_read(struct spec spec, struct arena *arena, struct mx_host *host,
                     struct err *err) MUST_CHECK;
/* -1 if the object has a key that is none of the settings and none of `more` (NULL-terminated). */
int mx_settings_check_keys(struct spec spec, const char *const *more, struct err *err) MUST_CHECK;
