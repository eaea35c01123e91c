#include "sim/clock/clock_disk.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sim/clock/clock_page.h"

#include "mta-under-test/base/poison.h"

static int clock_disk_set(uint64_t device, int64_t delay_us, int error, struct err *err)
{
    long result = syscall(CLOCK_NR_DISK, (long)CLOCK_PASS, (long)device, (long)(delay_us * 1000),
                          (long)error);
    if (result != 0)
        return err_set(err, "trouble with a disk needs the virtual clock");
    return 0;
}

int clock_disk_trouble(const char *folder, int64_t delay_us, int error, struct err *err)
{
    struct stat status;
    if (stat(folder, &status) != 0)
        return err_set_errno(err, "%s: cannot be looked at", folder);
    return clock_disk_set(status.st_dev, delay_us, error, err);
}

int clock_disk_well(struct err *err)
{
    return clock_disk_set(0, 0, 0, err);
}
