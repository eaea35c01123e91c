/*
 * Whether the server under test has kept its addresses: it is root of its own network, and could
 * take or drop some. Its mail would then come from, or its answers go to, nobody that the scenario
 * knows.
 */
#pragma once

#include "sim/mta/mta_settings.h"

/* Compares the addresses of that network (-1 = nothing to compare) with the scenario's "sources".
 * -1 with the address that is new or gone in `err`. */
int mta_sources_check(int network_fd, const struct mta_settings *settings,
                      struct err *err) MUST_CHECK;
