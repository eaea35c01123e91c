/*
 * The kernel's ring of packets of one interface. To make one takes the kernel 10 ms and more, in
 * which it waits for itself; so a thread begins it while its caller has other things to do.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mta-under-test/base/err.h"

struct capture_ring;
struct pcap; /* of libpcap */

/* Begins to make it; prepares the interface, too (capture_interface.h). `interface` must live until
 * the ring is taken or dropped. */
struct capture_ring *capture_ring_begin(const char *interface, uint32_t snap_bytes,
                                        size_t ring_bytes) MUST_CHECK
    __attribute__((returns_nonnull));

/* Waits until it is there and gives it away, to be closed by pcap_close(); from the call of
 * capture_ring_begin() on it holds what passed the interface once it was there. NULL with the
 * interface and the reason in `err`. Sets NULL. */
struct pcap *capture_ring_take(struct capture_ring **ring, struct err *err) MUST_CHECK;

/* Of one that was not taken. Sets NULL; accepts NULL. */
void capture_ring_drop(struct capture_ring **ring);
