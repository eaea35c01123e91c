#include "sim/clock/clock_filter.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/clock/clock_blob.h"
#include "sim/clock/clock_page.h"

#include "mta-under-test/base/poison.h"

enum { FILTER_MAX = 1024, NO_MARK = -1, FUTEX_COMMAND = 0x7f, PAGE_MASK = 0xfff };

/* 64-bit programs may also name these options as the kernel's newer headers do. */
enum { RCVTIMEO_NEW = 66, SNDTIMEO_NEW = 67 };

struct filter {
    struct sock_filter code[FILTER_MAX];
    unsigned short len;
    unsigned short block; /* where the current block begins */
};

static void emit(struct filter *f, unsigned code, unsigned yes, unsigned no, uint32_t value)
{
    assert(f->len < FILTER_MAX);
    f->code[f->len++] = (struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, value};
}

static void load(struct filter *f, size_t offset)
{
    emit(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void load_low(struct filter *f, int arg)
{
    load(f, offsetof(struct seccomp_data, args) + (size_t)arg * sizeof(uint64_t));
}

static void load_high(struct filter *f, int arg)
{
    load(f, offsetof(struct seccomp_data, args) + (size_t)arg * sizeof(uint64_t) + 4);
}

static void give(struct filter *f, uint32_t action)
{
    emit(f, BPF_RET | BPF_K, 0, 0, action);
}

/* If what is loaded equals `value`: the action. */
static void give_if(struct filter *f, uint32_t value, uint32_t action)
{
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    give(f, action);
}

/* If it has one of these bits. */
static void give_if_bits(struct filter *f, uint32_t bits, uint32_t action)
{
    emit(f, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
    give(f, action);
}

/* A block holds for one system call and must end in an action on every path: so the call's number
 * stays loaded from block to block. */
static void block_begin(struct filter *f, uint32_t nr)
{
    f->block = f->len;
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, nr);
}

static void block_end(struct filter *f, uint32_t action)
{
    give(f, action);
    f->code[f->block].jf = (uint8_t)(f->len - f->block - 1);
}

/*
 * The shim's own calls carry a mark in an argument that the kernel ignores. The mark alone would
 * not do: a handler of the program that interrupts such a call starts with the mark in a register,
 * and its calls do not set the arguments that they have no use for. So the place counts too.
 */
static void allow_if_mark(struct filter *f)
{
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, CLOCK_PASS);
    load(f, offsetof(struct seccomp_data, instruction_pointer));
    emit(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, PAGE_MASK);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, clock_blob_call_site(0));
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, clock_blob_call_site(1));
    give(f, SECCOMP_RET_ALLOW);
}

static void allow_marked(struct filter *f, int arg)
{
    if (arg == NO_MARK)
        return;
    load_low(f, arg);
    allow_if_mark(f);
}

static void allow_marked_high(struct filter *f, int arg)
{
    load_high(f, arg);
    allow_if_mark(f);
}

static void trap_if_pointer(struct filter *f, int arg)
{
    load_low(f, arg);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0);
    give(f, SECCOMP_RET_TRAP);
    load_high(f, arg);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0);
    give(f, SECCOMP_RET_TRAP);
}

/* Milliseconds: 0 does not wait, a negative number waits without end. */
static void allow_untimed_ms(struct filter *f, int arg)
{
    load_low(f, arg);
    give_if(f, 0, SECCOMP_RET_ALLOW);
    give_if_bits(f, 0x80000000u, SECCOMP_RET_ALLOW);
}

static void trap_always(struct filter *f, uint32_t nr, int mark)
{
    block_begin(f, nr);
    allow_marked(f, mark);
    block_end(f, SECCOMP_RET_TRAP);
}

static void trap_timed(struct filter *f, uint32_t nr, int time, int mark)
{
    block_begin(f, nr);
    allow_marked(f, mark);
    trap_if_pointer(f, time);
    block_end(f, SECCOMP_RET_ALLOW);
}

static void trap_timed_ms(struct filter *f, uint32_t nr, int time)
{
    block_begin(f, nr);
    allow_untimed_ms(f, time);
    block_end(f, SECCOMP_RET_TRAP);
}

static void answer(struct filter *f, uint32_t nr, uint32_t action)
{
    block_begin(f, nr);
    block_end(f, action);
}

/* Calls that take a set of signals are trapped with or without a time: the set must not hold the
 * clock's two signals, since handlers run under it. */
static void add_polls(struct filter *f)
{
    trap_timed_ms(f, SYS_poll, 2);
    trap_timed_ms(f, SYS_epoll_wait, 3);
    trap_timed(f, SYS_select, 4, NO_MARK);

    block_begin(f, SYS_epoll_pwait);
    allow_marked_high(f, 3);
    trap_if_pointer(f, 4);
    allow_untimed_ms(f, 3);
    block_end(f, SECCOMP_RET_TRAP);

    block_begin(f, SYS_ppoll);
    allow_marked(f, 5);
    trap_if_pointer(f, 3);
    trap_if_pointer(f, 2);
    block_end(f, SECCOMP_RET_ALLOW);

    block_begin(f, SYS_epoll_pwait2);
    trap_if_pointer(f, 4);
    trap_if_pointer(f, 3);
    block_end(f, SECCOMP_RET_ALLOW);

    block_begin(f, SYS_pselect6);
    allow_marked_high(f, 0);
    trap_if_pointer(f, 5);
    trap_if_pointer(f, 4);
    block_end(f, SECCOMP_RET_ALLOW);
}

/* A traced task stops at each of the clock's signals, and cannot be given the shim: the injector is
 * asked before one begins to trace another, and refuses. */
static void add_tracing(struct filter *f)
{
    block_begin(f, SYS_ptrace);
    load_low(f, 0);
    give_if(f, PTRACE_TRACEME, SECCOMP_RET_USER_NOTIF);
    give_if(f, PTRACE_ATTACH, SECCOMP_RET_USER_NOTIF);
    give_if(f, PTRACE_SEIZE, SECCOMP_RET_USER_NOTIF);
    block_end(f, SECCOMP_RET_ALLOW);
}

static void add_waits(struct filter *f)
{
    trap_always(f, SYS_nanosleep, NO_MARK);
    trap_always(f, SYS_clock_nanosleep, 5);
    trap_always(f, SYS_rt_sigtimedwait, 5);
    trap_timed(f, SYS_semtimedop, 3, 4);
    trap_timed(f, SYS_mq_timedsend, 4, 5);
    trap_timed(f, SYS_mq_timedreceive, 4, 5);
    trap_timed(f, SYS_futex_waitv, 3, 5);

    block_begin(f, SYS_futex);
    load_low(f, 1);
    emit(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, FUTEX_COMMAND);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 4, 0, FUTEX_WAIT);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 3, 0, FUTEX_WAIT_BITSET);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, FUTEX_LOCK_PI);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, FUTEX_LOCK_PI2);
    give(f, SECCOMP_RET_ALLOW);
    allow_marked(f, 4);
    trap_if_pointer(f, 3);
    block_end(f, SECCOMP_RET_ALLOW);
}

static void add_itimer(struct filter *f, uint32_t nr)
{
    block_begin(f, nr);
    load_low(f, 0);
    give_if(f, 0, SECCOMP_RET_TRAP); /* ITIMER_REAL */
    block_end(f, SECCOMP_RET_ALLOW);
}

static void add_timers(struct filter *f)
{
    trap_always(f, SYS_alarm, NO_MARK);
    add_itimer(f, SYS_setitimer);
    add_itimer(f, SYS_getitimer);
    trap_always(f, SYS_timerfd_settime, 4);
    trap_always(f, SYS_timerfd_gettime, 4);
    trap_always(f, SYS_timer_create, 5);
    trap_always(f, SYS_timer_settime, 5);
    trap_always(f, SYS_timer_gettime, 5);
    trap_always(f, SYS_timer_delete, 5);
}

static void add_clocks(struct filter *f)
{
    block_begin(f, SYS_clock_gettime);
    allow_marked(f, 5);
    load_low(f, 0);
    give_if(f, 2, SECCOMP_RET_ALLOW); /* CLOCK_PROCESS_CPUTIME_ID */
    give_if(f, 3, SECCOMP_RET_ALLOW); /* CLOCK_THREAD_CPUTIME_ID */
    give_if_bits(f, 0x80000000u, SECCOMP_RET_ALLOW);
    block_end(f, SECCOMP_RET_TRAP);

    trap_always(f, SYS_gettimeofday, NO_MARK);
    trap_always(f, SYS_time, NO_MARK);
    trap_always(f, SYS_times, 5);
    trap_always(f, SYS_sysinfo, 5);
    trap_always(f, SYS_getrandom, 5);
    answer(f, SYS_clock_settime, SECCOMP_RET_ERRNO | EPERM);
    answer(f, SYS_settimeofday, SECCOMP_RET_ERRNO | EPERM);
}

static void add_socket_option(struct filter *f, uint32_t nr)
{
    block_begin(f, nr);
    allow_marked(f, 5);
    load_low(f, 1);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SOL_SOCKET);
    give(f, SECCOMP_RET_ALLOW);
    load_low(f, 2);
    give_if(f, SO_RCVTIMEO, SECCOMP_RET_TRAP);
    give_if(f, SO_SNDTIMEO, SECCOMP_RET_TRAP);
    give_if(f, RCVTIMEO_NEW, SECCOMP_RET_TRAP);
    give_if(f, SNDTIMEO_NEW, SECCOMP_RET_TRAP);
    block_end(f, SECCOMP_RET_ALLOW);
}

static void add_signals(struct filter *f)
{
    block_begin(f, SYS_rt_sigaction);
    allow_marked(f, 4);
    load_low(f, 0);
    give_if(f, SIGSYS, SECCOMP_RET_TRAP);
    give_if(f, CLOCK_SIGNAL, SECCOMP_RET_TRAP);
    trap_if_pointer(f, 1);
    block_end(f, SECCOMP_RET_ALLOW);

    block_begin(f, SYS_rt_sigprocmask);
    allow_marked(f, 4);
    load_low(f, 0);
    give_if(f, SIG_UNBLOCK, SECCOMP_RET_ALLOW);
    trap_if_pointer(f, 1);
    block_end(f, SECCOMP_RET_ALLOW);

    trap_always(f, SYS_rt_sigsuspend, 5);
}

/* Setting a file's times; without a pointer to them it means now, which is the kernel's. */
static void trap_times(struct filter *f, uint32_t nr, int pointer, int mark)
{
    block_begin(f, nr);
    allow_marked(f, mark);
    trap_if_pointer(f, pointer);
    block_end(f, SECCOMP_RET_ALLOW);
}

static void add_files(struct filter *f)
{
    trap_always(f, SYS_newfstatat, 4);
    trap_always(f, SYS_statx, 5);
    trap_always(f, SYS_stat, NO_MARK);
    trap_always(f, SYS_lstat, NO_MARK);
    trap_always(f, SYS_fstat, NO_MARK);
    trap_times(f, SYS_utimensat, 2, 4);
    trap_times(f, SYS_utimes, 1, NO_MARK);
    trap_times(f, SYS_futimesat, 2, NO_MARK);
    trap_times(f, SYS_utime, 1, NO_MARK);
    trap_always(f, SYS_fsync, 5);
    trap_always(f, SYS_fdatasync, 5);
    trap_always(f, SYS_syncfs, 5);
    trap_always(f, SYS_sync_file_range, 5);
    block_begin(f, CLOCK_NR_DISK);
    load_low(f, 0);
    give_if(f, CLOCK_PASS, SECCOMP_RET_TRAP);
    block_end(f, SECCOMP_RET_ALLOW);
}

static void add_processes(struct filter *f)
{
    answer(f, SYS_execve, SECCOMP_RET_USER_NOTIF);
    answer(f, SYS_execveat, SECCOMP_RET_USER_NOTIF);
    block_begin(f, CLOCK_NR_BOOT);
    load_low(f, 0);
    give_if(f, CLOCK_PASS, SECCOMP_RET_USER_NOTIF);
    block_end(f, SECCOMP_RET_ALLOW);
    /* It can clear the handlers of a child (CLONE_CLEAR_SIGHAND); libraries go back to clone(). */
    answer(f, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    /* The world stays on its CPU and in its scheduling class: clock_idle.c says why. The program
     * hears that it was done. */
    answer(f, SYS_sched_setaffinity, SECCOMP_RET_ERRNO | 0);
    answer(f, SYS_sched_setscheduler, SECCOMP_RET_ERRNO | 0);
    answer(f, SYS_sched_setparam, SECCOMP_RET_ERRNO | 0);
    answer(f, SYS_sched_setattr, SECCOMP_RET_ERRNO | 0);
}

static void filter_build(struct filter *f)
{
    load(f, offsetof(struct seccomp_data, arch));
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
    give(f, SECCOMP_RET_ALLOW);
    load(f, offsetof(struct seccomp_data, nr));
    add_polls(f);
    add_waits(f);
    add_tracing(f);
    add_timers(f);
    add_clocks(f);
    add_socket_option(f, SYS_setsockopt);
    add_socket_option(f, SYS_getsockopt);
    add_signals(f);
    add_files(f);
    add_processes(f);
    give(f, SECCOMP_RET_ALLOW);
}

int clock_filter_install(void)
{
    struct filter f = {.len = 0};
    filter_build(&f);
    struct sock_fprog program = {f.len, f.code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                        &program);
}
