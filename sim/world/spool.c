#include "sim/world/spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "sim/clock/clock_disk.h"

#include "mta-under-test/base/poison.h"

static int spool_set_size(uint64_t bytes, struct err *err)
{
    char option[64];
    snprintf(option, sizeof option, "size=%" PRIu64, bytes);
    if (mount(NULL, SPOOL_FOLDER, NULL, MS_REMOUNT | MS_NODEV, option) != 0)
        return err_set_errno(err, "%s: its size cannot be changed", SPOOL_FOLDER);
    return 0;
}

int spool_fill(struct spool_room *room, int64_t leaves_bytes, struct err *err)
{
    struct statvfs now;
    if (statvfs(SPOOL_FOLDER, &now) != 0)
        return err_set_errno(err, "%s: its size cannot be read", SPOOL_FOLDER);
    uint64_t used = (uint64_t)(now.f_blocks - now.f_bfree) * now.f_frsize;
    if (room->bytes == 0)
        room->bytes = (uint64_t)now.f_blocks * now.f_frsize;
    /* The size 0 would mean "as large as you like". */
    uint64_t bytes = used + (uint64_t)leaves_bytes;
    return spool_set_size(bytes > 0 ? bytes : now.f_frsize, err);
}

int spool_restore(const struct spool_room *room, struct err *err)
{
    return spool_set_size(room->bytes, err);
}

int spool_trouble(int64_t delay_us, int error, struct err *err)
{
    return clock_disk_trouble(SPOOL_FOLDER, delay_us, error, err);
}

int spool_well(struct err *err)
{
    return clock_disk_well(err);
}
