/*
 * The network of the server under test goes away and comes back, in one of two ways.
 *
 * Silent: what it sends and what is sent to it vanishes, as when a router in between has died. It
 * is done by giving the fixed neighbours on both sides an address that nobody has, so the packets
 * are on the wire (and in the capture), but nobody takes them.
 *
 * Unreachable: it has no route, and is told so at once (EHOSTUNREACH), as when its own uplink is
 * unplugged. From the outside that is silence too.
 *
 * The kernel's timers for sending again run in real time. So whoever was in the middle of something
 * when the network went must be told when it is back (a reset), or it would go on at a moment that
 * nobody can foretell.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "sim/value/address.h"

enum outage_kind { OUTAGE_SILENT, OUTAGE_UNREACHABLE };

struct outage {
    enum outage_kind kind;
    int mta_fd;                /* network namespace of the server under test */
    const struct address *mta; /* its addresses */
    size_t mta_count;
};

/* To be called in the network namespace "internet". */
int outage_begin(const struct outage *outage, struct err *err) MUST_CHECK;
int outage_end(const struct outage *outage, struct err *err) MUST_CHECK;
