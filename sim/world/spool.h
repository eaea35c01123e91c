/*
 * The disk of the queue: /var/spool is a file system in memory of its own in each world, where all
 * servers keep their queues. It can be made full: what is there stays and may shrink, nothing can
 * grow or be added (ENOSPC), as on a real disk; small files without content still can be made,
 * since a disk runs out of blocks long before it runs out of inodes.
 *
 * It can be slow or failing as well: see sim/clock/clock_disk.h.
 */
#pragma once

#include <stdint.h>

#include "mta-under-test/base/err.h"

#define SPOOL_FOLDER "/var/spool"

/* The size that it had; the caller's storage, zero at first. */
struct spool_room {
    uint64_t bytes;
};

/* Only `leaves_bytes` more fit from now on. */
int spool_fill(struct spool_room *room, int64_t leaves_bytes, struct err *err) MUST_CHECK;
/* As large again as it was. */
int spool_restore(const struct spool_room *room, struct err *err) MUST_CHECK;

/* Each flush takes so long, and fails with `error` (an errno, 0 = it does not). -1 without the
 * virtual clock. */
int spool_trouble(int64_t delay_us, int error, struct err *err) MUST_CHECK;
int spool_well(struct err *err) MUST_CHECK;
