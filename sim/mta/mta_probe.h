/*
 * Waits until a port of the server under test greets: connects, reads the first line, tries again a
 * little later if that fails. In virtual time the waiting costs nothing: time passes only when the
 * server itself has nothing left to do.
 */
#pragma once

#include <event2/event.h>

#include "sim/value/address.h"

struct mta_probe;

/* True if somebody listens there already, before the server is started. */
bool mta_probe_is_taken(int network_fd, const struct address *address, uint16_t port);

/* `greeted`: false when it gave up after MTA_PROBE_US. */
typedef void mta_probe_done(void *context, bool greeted);

/* Starts at once. A server with port 0 greets nobody: it counts as greeting. The call back comes
 * once, from the loop. */
struct mta_probe *mta_probe_new(struct event_base *base, int network_fd,
                                const struct address *address, uint16_t port, mta_probe_done *done,
                                void *context);
void mta_probe_free(struct mta_probe **probe);
