/*
 * The whole table of the configuration: what `refmta --config` reads, and what the schema and the
 * README say about it.
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

/* Becomes a struct config. */
extern const struct config_object CONFIG_ROOT;
