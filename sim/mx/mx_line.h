/*
 * The line between a client and a host, for one connection: how long bytes are under way, when they
 * stall, and when the line breaks. Drawn from the seed, for each connection apart, so that a run
 * repeats. Only what the client sends is slowed; a host's replies wait with it.
 */
#pragma once

#include "mta-under-test/base/rng.h"
#include "sim/mx/mx_host.h"

struct mx_line {
    const struct mx_host *host;
    struct address address; /* of the host, that was dialled */
    int64_t start_us;       /* of the run */
    struct rng rng;
    int64_t received_bytes;
    int64_t stalled_at_bytes; /* of the last stall */
};

enum mx_line_fate {
    MX_LINE_CARRIES,
    MX_LINE_RESETS,
    MX_LINE_VANISHES,
};

/* A connection has been taken; a black hole gets its filter on `fd`. */
void mx_line_open(struct mx_line *line, const struct mx_host *host, const struct address *address,
                  int64_t start_us, int fd);

/* How long the line takes to begin with; drawn anew by each call. */
int64_t mx_line_latency_us(struct mx_line *line);

/* Whether bytes take any time on it. */
bool mx_line_is_slow(const struct mx_line *line);

/* `len` bytes have come: whether they get there, and after what time. */
enum mx_line_fate mx_line_carry(struct mx_line *line, size_t len, int64_t now_us, int64_t *wait_us);

/* From now on nothing of the client comes through to `fd`. */
void mx_line_cut(int fd);
