#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/*
 * Flushes to a disk that has trouble. A real one cannot be interrupted: handlers of the program run
 * meanwhile, and the wait goes on.
 */
static void disk_wait(uint64_t ns)
{
    uint64_t deadline = shim_deadline_after(ns);
    while (shim_left(deadline) > 0) {
        struct shim_call call = {SYS_ppoll, {0, 0, 0, 0, 8, CLOCK_PASS}};
        long result;
        shim_wait(deadline, &call, &result);
    }
}

long shim_sys_flush(long nr, const long *args)
{
    uint64_t device = atomic_load(&shim_page.disk_device);
    struct stat status;
    if (device != 0 &&
        SHIM_CALL(SYS_newfstatat, args[0], (long)"", (long)&status, AT_EMPTY_PATH, CLOCK_PASS) ==
            0 &&
        status.st_dev == device) {
        uint32_t error = atomic_load(&shim_page.disk_errno);
        disk_wait(atomic_load(&shim_page.disk_delay_ns));
        if (error != 0)
            return -(long)error;
    }
    return SHIM_CALL(nr, args[0], args[1], args[2], args[3], 0, CLOCK_PASS);
}

long shim_sys_disk(const long *args)
{
    atomic_store(&shim_page.disk_delay_ns, (uint64_t)args[2]);
    atomic_store(&shim_page.disk_errno, (uint32_t)args[3]);
    atomic_store(&shim_page.disk_device, (uint64_t)args[1]);
    return 0;
}
