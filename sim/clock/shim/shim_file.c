#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

/*
 * The kernel stamps files with real time. What it says is mapped back through the log of jumps: a
 * file changed at real time r was changed at the virtual time that held at r. A time that a program
 * sets is virtual already, and may lie in the future (Postfix keeps in it when a message is due):
 * it is kept some centuries ahead, where no real time is, and so comes back as it was.
 */
static const int64_t SET_AHEAD_S = INT64_C(1) << 33;

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
    if (time->tv_sec >= SET_AHEAD_S) {
        time->tv_sec -= SET_AHEAD_S;
        return;
    }
    uint64_t real = shim_timespec_ns(time), start = shim_page.real_start_ns;
    /* Older than the world: as old at its start as it really was. */
    if (time->tv_sec >= 0)
        *time =
            shim_ns_timespec(real < start ? shim_page.start_ns - (start - real) : log_lookup(real));
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

static void time_set_ahead(struct timespec *time)
{
    if (time->tv_nsec != UTIME_NOW && time->tv_nsec != UTIME_OMIT && time->tv_sec >= 0)
        time->tv_sec += SET_AHEAD_S;
}

static long times_set(long folder, long path, struct timespec times[2], long flags)
{
    time_set_ahead(&times[0]);
    time_set_ahead(&times[1]);
    return SHIM_CALL(SYS_utimensat, folder, path, (long)times, flags, CLOCK_PASS);
}

long shim_sys_utimensat(const long *args)
{
    struct timespec times[2];
    if (!shim_get(times, args[2], sizeof times))
        return -EFAULT;
    return times_set(args[0], args[1], times, args[3]);
}

static long timeval_set(long folder, long path, long at)
{
    struct timeval values[2];
    if (!shim_get(values, at, sizeof values))
        return -EFAULT;
    struct timespec times[2];
    for (int i = 0; i < 2; i++) {
        if (values[i].tv_usec < 0 || values[i].tv_usec >= 1000000)
            return -EINVAL;
        times[i] = (struct timespec){values[i].tv_sec, values[i].tv_usec * 1000};
    }
    return times_set(folder, path, times, 0);
}

long shim_sys_utimes(const long *args)
{
    return timeval_set(AT_FDCWD, args[0], args[1]);
}

long shim_sys_futimesat(const long *args)
{
    return timeval_set(args[0], args[1], args[2]);
}

long shim_sys_utime(const long *args)
{
    struct utimbuf given;
    if (!shim_get(&given, args[1], sizeof given))
        return -EFAULT;
    struct timespec times[2] = {{given.actime, 0}, {given.modtime, 0}};
    return times_set(AT_FDCWD, args[0], times, 0);
}
