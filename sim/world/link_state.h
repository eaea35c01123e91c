/*
 * Whether an interface can carry packets, asked by rtnetlink(7). The flag IFF_RUNNING does not
 * tell: it is set as well while the kernel does not know the state yet (RFC 2863 "unknown").
 */
#pragma once

#include <stdbool.h>

#include "mta-under-test/base/err.h"

/* Asks through a netlink socket of the interface's network that has nothing else under way.
 * *up: its operational state is "up". -1 if the kernel does not answer. */
int link_state_is_up(int netlink_fd, int index, bool *up, struct err *err) MUST_CHECK;
