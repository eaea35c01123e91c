/*
 * A disk with trouble, for all programs of a world in virtual time: what a program flushes to it
 * (fsync, fdatasync, syncfs, sync_file_range) takes a while of virtual time, or fails.
 *
 * That is how a slow or dying disk shows itself to a mail server: a write only reaches the kernel's
 * memory and never waits; the flush is what takes long, and Linux tells a failed write-back as the
 * error of the next flush of the file. It is done in the shim, so it holds for unmodified programs,
 * static ones too, and as an ordinary user. What writes through without a flush (O_DSYNC, io_uring)
 * has no trouble.
 */
#pragma once

#include <stdint.h>

#include "mta-under-test/base/err.h"

/* The disk that `folder` lies on; for the whole world, from now on. `error` is an errno or 0. -1
 * without a virtual clock. */
int clock_disk_trouble(const char *folder, int64_t delay_us, int error, struct err *err) MUST_CHECK;
/* All disks are well again. */
int clock_disk_well(struct err *err) MUST_CHECK;
