#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <sys/socket.h>

/*
 * A socket's time limit stays in the kernel, where dup(), fork() and accept() take it along, but is
 * put so far away that it never ends in real time. The controller reads it back from there when a
 * task waits on such a socket, and ends the wait when the virtual time has come (clock_socket.c).
 */
enum { NS_PER_US = 1000, US_PER_S = 1000000 };

long shim_sys_setsockopt(const long *args)
{
    struct timeval time;
    if ((uint32_t)args[4] < sizeof time || (int32_t)args[4] < 0)
        return -EINVAL;
    if (!shim_get(&time, args[3], sizeof time))
        return -EFAULT;
    if (time.tv_sec >= 0 && time.tv_usec >= 0 && time.tv_usec < US_PER_S &&
        (time.tv_sec != 0 || time.tv_usec != 0)) {
        if (time.tv_sec > CLOCK_SOCKET_FAR_S)
            time.tv_sec = CLOCK_SOCKET_FAR_S;
        time.tv_sec += CLOCK_SOCKET_FAR_S;
        atomic_store(&shim_page.socket_limits, 1);
    }
    return SHIM_CALL(SYS_setsockopt, args[0], args[1], args[2], (long)&time, sizeof time,
                     CLOCK_PASS);
}

long shim_sys_getsockopt(const long *args)
{
    long result =
        SHIM_CALL(SYS_getsockopt, args[0], args[1], args[2], args[3], args[4], CLOCK_PASS);
    if (result < 0 || *(const uint32_t *)shim_pointer(args[4]) < sizeof(struct timeval))
        return result;
    struct timeval *time = shim_pointer(args[3]);
    if (time->tv_sec >= CLOCK_SOCKET_FAR_S)
        time->tv_sec -= CLOCK_SOCKET_FAR_S;
    return result;
}
