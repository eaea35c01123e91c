#include "sim/clock/clock_descriptor.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

int clock_descriptor_take(pid_t pid, int number)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0)
        return -1;
    int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
    int kept = errno;
    close(process);
    errno = kept;
    return fd;
}
