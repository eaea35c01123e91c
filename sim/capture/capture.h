/*
 * The packet capture of a world: everything that passes one interface (the internet's end of the
 * pair between internet and server under test) goes into a pcapng file, stamped with virtual time,
 * with the TLS secrets inside, so that Wireshark and tshark show the SMTP inside TLS with no
 * further option.
 *
 * Time: the kernel's own stamps are real time and are not used. A packet gets the time that holds
 * when it is taken out of the kernel's ring (time_now_us(), virtual inside a world). Virtual time
 * stands still while anything runs, and the ring being readable makes the event loop run; so a
 * packet is taken before time can jump, and its stamp is exact.
 *
 * Order: secrets stand before the packets that need them. With TLS 1.2 the secret is known only
 * after the client's last flight came in, so the newest packets are held in memory
 * (capture_options.hold_bytes) and secrets go out ahead of them.
 *
 * Room: the ring has a slot for the largest possible packet each, some 8,000 slots for an interface
 * with an MTU of 1,500, but only 256 where segmentation is offloaded; so both ends of the pair
 * should be set up with capture_interface_prepare() first. What the ring loses is counted and said.
 *
 * Belongs to the thread of the event loop. Needs CAP_NET_RAW in the namespace of the interface.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"
#include "sim/capture/pcapng.h"

struct capture;
struct capture_ring;

/* All zero means the defaults. */
struct capture_options {
    uint32_t
        snap_bytes; /* of a packet that are kept; default 65,400: with the kernel's header 64 KiB */
    uint64_t
        file_bytes_max; /* default 1 GiB; the last packet then carries a comment that says so */
    size_t ring_bytes;  /* the kernel's ring; default 16 MiB */
    size_t hold_bytes;  /* newest packets that wait in memory; default 1 MiB */
    const struct pcapng_name *names; /* shown instead of addresses; borrowed during the call */
    size_t name_count;
    const char *comment;       /* of the whole file; NULL = none */
    struct capture_ring *ring; /* of capture_begin(), taken over; NULL = it is made at once */
};

struct capture_stats {
    uint64_t packets;    /* in the file */
    uint64_t file_bytes; /* those still held included */
    uint64_t dropped;    /* lost by the kernel because the ring was full */
    uint64_t cut;        /* packets that were longer than snap_bytes */
    bool full;           /* file_bytes_max was reached: later packets are missing */
};

/* Begins what takes the kernel a while, to be handed to capture_open() with the same options, or to
 * capture_ring_drop(). `interface` must live until then. */
struct capture_ring *capture_begin(const char *interface,
                                   const struct capture_options *options) MUST_CHECK;

/*
 * Starts to capture into `fd`, which it owns from then on (closed also on failure). NULL with a
 * text in `err` (no such interface, not allowed). With a `base` the ring is drained whenever it is
 * readable; without one only by capture_drain().
 */
struct capture *capture_open(struct event_base *base, const char *interface, int fd,
                             const struct capture_options *options, struct err *err) MUST_CHECK;

/* One line of a key log as OpenSSL's SSL_CTX_set_keylog_callback() gives it, without newline. */
void capture_add_secret(struct capture *capture, const char *line);

/* Takes all packets that the kernel has. Call it before time may jump and before an event's packet
 * number is asked for. */
void capture_drain(struct capture *capture);

/* The number of the last packet taken so far; the first is 1. */
uint64_t capture_packets(const struct capture *capture);

/* Writes out what is held, so that the file can be read now (a session that people watch). */
void capture_flush(struct capture *capture);

void capture_stats(struct capture *capture, struct capture_stats *stats);

/* Drains and completes the file; nothing is captured from then on. -1 if a write had failed: the
 * file is then not whole. */
int capture_end(struct capture *capture, struct err *err) MUST_CHECK;
/* Ends it first. The kernel lets go of a ring some 10 ms later and makes the caller wait for it.
 * Sets NULL; accepts NULL. */
int capture_close(struct capture **capture, struct err *err) MUST_CHECK;
