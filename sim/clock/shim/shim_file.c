#include "sim/clock/shim/shim.h"

#include <fcntl.h>
#include <sys/stat.h>

/*
 * The kernel stamps files with real time. What it says is mapped back through the log of jumps: a
 * file changed at real time r was changed at the virtual time that held at r. Times that lie far
 * from the world's real life are not the kernel's (utimensat() set them): they stay.
 */
enum { BEFORE_S = 400 * 86400, AFTER_S = 2 * 86400 };

static uint64_t log_lookup(uint64_t real_ns)
{
    uint32_t used = atomic_load(&shim_page.log_used);
    if (used == 0 || real_ns < shim_page.log[0].real_ns)
        return shim_page.start_ns;
    uint32_t low = 0, high = used;
    while (low + 1 < high) {
        uint32_t middle = (low + high) / 2;
        if (shim_page.log[middle].real_ns <= real_ns)
            low = middle;
        else
            high = middle;
    }
    return shim_page.log[low].virtual_ns;
}

static void time_map(struct timespec *time)
{
    uint64_t real = shim_timespec_ns(time), start = shim_page.real_start_ns;
    if (time->tv_sec < 0 || real + BEFORE_S * CLOCK_NS_PER_S < start ||
        real > start + AFTER_S * CLOCK_NS_PER_S)
        return;
    /* Older than the world: as old at its start as it really was. */
    *time = shim_ns_timespec(real < start ? shim_page.start_ns - (start - real) : log_lookup(real));
}

static long stat_map(long result, long at)
{
    if (result == 0) {
        struct stat *status = shim_pointer(at);
        time_map(&status->st_atim);
        time_map(&status->st_mtim);
        time_map(&status->st_ctim);
    }
    return result;
}

static long stat_at(long folder, long path, long out, long flags)
{
    return stat_map(SHIM_CALL(SYS_newfstatat, folder, path, out, flags, CLOCK_PASS), out);
}

long shim_sys_stat(const long *args)
{
    return stat_at(AT_FDCWD, args[0], args[1], 0);
}

long shim_sys_lstat(const long *args)
{
    return stat_at(AT_FDCWD, args[0], args[1], AT_SYMLINK_NOFOLLOW);
}

long shim_sys_fstat(const long *args)
{
    return stat_at(args[0], (long)"", args[1], AT_EMPTY_PATH);
}

long shim_sys_newfstatat(const long *args)
{
    return stat_at(args[0], args[1], args[2], args[3]);
}

static void statx_time_map(struct statx_timestamp *time)
{
    struct timespec mapped = {time->tv_sec, (long)time->tv_nsec};
    time_map(&mapped);
    time->tv_sec = mapped.tv_sec;
    time->tv_nsec = (uint32_t)mapped.tv_nsec;
}

long shim_sys_statx(const long *args)
{
    long result = SHIM_CALL(SYS_statx, args[0], args[1], args[2], args[3], args[4], CLOCK_PASS);
    if (result == 0) {
        struct statx *status = shim_pointer(args[4]);
        statx_time_map(&status->stx_atime);
        statx_time_map(&status->stx_mtime);
        statx_time_map(&status->stx_ctime);
        statx_time_map(&status->stx_btime);
    }
    return result;
}
