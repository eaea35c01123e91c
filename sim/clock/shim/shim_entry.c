#include "sim/clock/shim/shim.h"

#include <elf.h>
#include <errno.h>
#include <sys/mman.h>

enum { STDERR = 2, EXIT_CODE = 127, RANDOM_BYTES = 16 };

void shim_die(const char *message, size_t len)
{
    SHIM_CALL(SYS_write, STDERR, (long)message, (long)len);
    for (;;)
        SHIM_CALL(SYS_exit_group, EXIT_CODE);
}

/* What the filter in clock_filter.c traps; split in two only because it is long. */
static long answer_rest(long nr, const long *args)
{
    switch (nr) {
    case SYS_alarm:
        return shim_sys_alarm(args);
    case SYS_setitimer:
        return shim_sys_setitimer(args);
    case SYS_getitimer:
        return shim_sys_getitimer(args);
    case SYS_timerfd_settime:
        return shim_sys_timerfd_settime(args);
    case SYS_timerfd_gettime:
        return shim_sys_timerfd_gettime(args);
    case SYS_timer_create:
        return shim_sys_timer_create(args);
    case SYS_timer_settime:
        return shim_sys_timer_settime(args);
    case SYS_timer_gettime:
        return shim_sys_timer_gettime(args);
    case SYS_timer_delete:
        return shim_sys_timer_delete(args);
    case SYS_setsockopt:
        return shim_sys_setsockopt(args);
    case SYS_getsockopt:
        return shim_sys_getsockopt(args);
    case SYS_clock_gettime:
        return shim_sys_clock_gettime(args);
    case SYS_gettimeofday:
        return shim_sys_gettimeofday(args);
    case SYS_time:
        return shim_sys_time(args);
    case SYS_times:
        return shim_sys_times(args);
    case SYS_sysinfo:
        return shim_sys_sysinfo(args);
    case SYS_getrandom:
        return shim_sys_getrandom(args);
    default:
        return -ENOSYS;
    }
}

long shim_answer(long nr, const long *args)
{
    switch (nr) {
    case SYS_poll:
        return shim_sys_poll(args);
    case SYS_ppoll:
        return shim_sys_ppoll(args);
    case SYS_epoll_wait:
        return shim_sys_epoll_wait(args);
    case SYS_epoll_pwait:
        return shim_sys_epoll_pwait(args);
    case SYS_epoll_pwait2:
        return shim_sys_epoll_pwait2(args);
    case SYS_select:
        return shim_sys_select(args);
    case SYS_pselect6:
        return shim_sys_pselect6(args);
    case SYS_nanosleep:
        return shim_sys_nanosleep(args);
    case SYS_clock_nanosleep:
        return shim_sys_clock_nanosleep(args);
    case SYS_futex:
        return shim_sys_futex(args);
    case SYS_futex_waitv:
        return shim_sys_futex_waitv(args);
    case SYS_rt_sigtimedwait:
        return shim_sys_rt_sigtimedwait(args);
    case SYS_semtimedop:
        return shim_sys_semtimedop(args);
    case SYS_mq_timedsend:
        return shim_sys_mq_timedsend(args);
    case SYS_mq_timedreceive:
        return shim_sys_mq_timedreceive(args);
    case SYS_rt_sigaction:
        return shim_sys_rt_sigaction(args);
    case SYS_rt_sigsuspend:
        return shim_sys_rt_sigsuspend(args);
    case SYS_stat:
        return shim_sys_stat(args);
    case SYS_lstat:
        return shim_sys_lstat(args);
    case SYS_fstat:
        return shim_sys_fstat(args);
    case SYS_newfstatat:
        return shim_sys_newfstatat(args);
    case SYS_statx:
        return shim_sys_statx(args);
    case SYS_utimensat:
        return shim_sys_utimensat(args);
    case SYS_utimes:
        return shim_sys_utimes(args);
    case SYS_futimesat:
        return shim_sys_futimesat(args);
    case SYS_utime:
        return shim_sys_utime(args);
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_syncfs:
    case SYS_sync_file_range:
        return shim_sys_flush(nr, args);
    case CLOCK_NR_DISK:
        return shim_sys_disk(args);
    default:
        return answer_rest(nr, args);
    }
}

/* movabs target, %rax; jmp *%rax */
static void function_patch(uint8_t *at, uint64_t target)
{
    const uint8_t load[2] = {0x48, 0xb8}, jump[2] = {0xff, 0xe0};
    memcpy(at, load, sizeof load);
    memcpy(at + 2, &target, sizeof target);
    memcpy(at + 10, jump, sizeof jump);
}

static void vdso_patch(uint8_t *vdso)
{
    const uint64_t targets[CLOCK_VDSO_FUNCTIONS] = {
        (uint64_t)shim_clock_gettime, (uint64_t)shim_gettimeofday, (uint64_t)shim_time,
        (uint64_t)shim_vdso_getrandom};
    long bytes = (long)shim_page.vdso_bytes;
    if (SHIM_CALL(SYS_mprotect, (long)vdso, bytes, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        SHIM_DIE("mailrange: the kernel does not let the vDSO be changed\n");
    for (int i = 0; i < CLOCK_VDSO_FUNCTIONS; i++)
        if (shim_page.vdso_offset[i] != 0)
            function_patch(vdso + shim_page.vdso_offset[i], targets[i]);
    SHIM_CALL(SYS_mprotect, (long)vdso, bytes, PROT_READ | PROT_EXEC);
}

/* The kernel's random bytes for a new program: stack guards, seeds of hash tables. */
static void auxiliary_seed(const uint64_t *stack)
{
    const uint64_t *at = stack + 1 + *stack + 1; /* behind argv */
    while (*at != 0)
        at++;
    for (at++; at[0] != AT_NULL; at += 2)
        if (at[0] == AT_RANDOM)
            shim_random(shim_pointer((long)at[1]), RANDOM_BYTES);
}

void shim_init(long fd, uint8_t *base, uint8_t *vdso, uint64_t *stack, const uint8_t *wanted_base)
{
    long page = (long)base + CLOCK_SHIM_BYTES;
    if (SHIM_CALL(SYS_mmap, page, (long)CLOCK_PAGE_BYTES, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_FIXED, fd, CLOCK_SHIM_BYTES) != page)
        SHIM_DIE("mailrange: cannot map the virtual clock\n");
    SHIM_CALL(SYS_close, fd);
    shim_signal_init();
    shim_slot_forget_timers((uint32_t)SHIM_CALL(SYS_getpid, 0));
    if (base != wanted_base)
        vdso_patch(vdso);
    auxiliary_seed(stack);
}
