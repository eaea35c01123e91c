/*
 * The shim: freestanding code (no libc, no writable data, no relocations, no thread-local storage)
 * that the injector puts into every process of the world at exec. It answers the system calls that
 * the world's seccomp filter traps (SIGSYS), each one as the kernel would, but in virtual time.
 *
 * Every answer has the form `long shim_x(const long *args)`: the call's six arguments in, the
 * result or -errno out. Memory of the program is touched only through shim_get() and shim_put(),
 * which find bad pointers, or behind the kernel's own check of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "sim/clock/clock_page.h"

#define SHIM_HIDDEN __attribute__((visibility("hidden")))

extern struct clock_page shim_page SHIM_HIDDEN;

struct shim_call {
    long nr;
    long args[6];
};

long shim_call(const struct shim_call *call) SHIM_HIDDEN;
long shim_wait_call(const struct shim_call *call, const _Atomic uint64_t *now,
                    uint64_t deadline_ns) SHIM_HIDDEN;
extern const char shim_wait_insn[] SHIM_HIDDEN;
extern const char shim_wait_end[] SHIM_HIDDEN;
void shim_restorer(void) SHIM_HIDDEN;
extern const char shim_start[] SHIM_HIDDEN;
void *memcpy(void *to, const void *from, size_t len) SHIM_HIDDEN;
void *memset(void *to, int byte, size_t len) SHIM_HIDDEN;

/* SHIM_CALL(SYS_x, args...): the system call, with one to six arguments of type long. */
#define SHIM_CALL(nr, ...) shim_call(&(struct shim_call){nr, {__VA_ARGS__}})

/* The kernel's set of signals: SIGSYS and CLOCK_SIGNAL belong to the clock. */
#define SHIM_SIGNALS (1ull << (CLOCK_SIGNAL - 1) | 1ull << (31 - 1))

/* An address of the program as a pointer. */
static inline void *shim_pointer(long address)
{
    return (void *)address;
}

static inline uint64_t shim_now(void)
{
    return atomic_load_explicit(&shim_page.now_ns, memory_order_acquire);
}

/* shim_memory.c: copies of at least 8 bytes from and to the program; false = bad pointer. */
bool shim_get(void *to, long from, size_t len) SHIM_HIDDEN;
bool shim_put(long to, const void *from, size_t len) SHIM_HIDDEN;

/* shim_clock.c: reading the clock, and conversions. A time that is too far is cut off. */
bool shim_clock_is_monotonic(long clock) SHIM_HIDDEN;
bool shim_clock_is_virtual(long clock) SHIM_HIDDEN;
bool shim_timespec_valid(const struct timespec *time) SHIM_HIDDEN;
uint64_t shim_timespec_ns(const struct timespec *time) SHIM_HIDDEN;
struct timespec shim_ns_timespec(uint64_t ns) SHIM_HIDDEN;
struct timeval shim_ns_timeval(uint64_t ns) SHIM_HIDDEN;
/* The deadline `ns` from now; a time of this clock as a deadline. */
uint64_t shim_deadline_after(uint64_t ns) SHIM_HIDDEN;
uint64_t shim_deadline_at(long clock, uint64_t ns) SHIM_HIDDEN;
/* What is left until a deadline, 0 if it has come. */
uint64_t shim_left(uint64_t deadline_ns) SHIM_HIDDEN;
int shim_clock_gettime(clockid_t clock, struct timespec *out) SHIM_HIDDEN;
int shim_gettimeofday(struct timeval *out, void *zone) SHIM_HIDDEN;
time_t shim_time(time_t *out) SHIM_HIDDEN;
long shim_sys_clock_gettime(const long *args) SHIM_HIDDEN;
long shim_sys_gettimeofday(const long *args) SHIM_HIDDEN;
long shim_sys_time(const long *args) SHIM_HIDDEN;
long shim_sys_times(const long *args) SHIM_HIDDEN;
long shim_sys_sysinfo(const long *args) SHIM_HIDDEN;

/* shim_slot.c */
/* The slot of this id, or SHIM_NO_SLOT. */
enum { SHIM_NO_SLOT = CLOCK_SLOTS };
uint32_t shim_slot_find(uint64_t id) SHIM_HIDDEN;
/* The same, taken if there is none. Ends the process if all are in use. */
uint32_t shim_slot_take(uint64_t id) SHIM_HIDDEN;
void shim_slot_release(uint32_t slot) SHIM_HIDDEN;
/* Gives up the slots of timers that a process does not keep over exec. */
void shim_slot_forget_timers(uint32_t pid) SHIM_HIDDEN;
/* Blocks in the call, which must have no time limit of its own, until it ends or the deadline
 * comes. True = the deadline came; else the call's result is in *result. */
bool shim_wait(uint64_t deadline_ns, const struct shim_call *call, long *result) SHIM_HIDDEN;

/* shim_poll.c */
long shim_sys_poll(const long *args) SHIM_HIDDEN;
long shim_sys_ppoll(const long *args) SHIM_HIDDEN;
long shim_sys_epoll_wait(const long *args) SHIM_HIDDEN;
long shim_sys_epoll_pwait(const long *args) SHIM_HIDDEN;
long shim_sys_epoll_pwait2(const long *args) SHIM_HIDDEN;
long shim_sys_select(const long *args) SHIM_HIDDEN;
long shim_sys_pselect6(const long *args) SHIM_HIDDEN;

/* shim_sleep.c */
long shim_sys_nanosleep(const long *args) SHIM_HIDDEN;
long shim_sys_clock_nanosleep(const long *args) SHIM_HIDDEN;
long shim_sys_futex(const long *args) SHIM_HIDDEN;
long shim_sys_futex_waitv(const long *args) SHIM_HIDDEN;
long shim_sys_rt_sigtimedwait(const long *args) SHIM_HIDDEN;
long shim_sys_semtimedop(const long *args) SHIM_HIDDEN;
long shim_sys_mq_timedsend(const long *args) SHIM_HIDDEN;
long shim_sys_mq_timedreceive(const long *args) SHIM_HIDDEN;

/* shim_timer.c */
long shim_sys_alarm(const long *args) SHIM_HIDDEN;
long shim_sys_setitimer(const long *args) SHIM_HIDDEN;
long shim_sys_getitimer(const long *args) SHIM_HIDDEN;
long shim_sys_timerfd_settime(const long *args) SHIM_HIDDEN;
long shim_sys_timerfd_gettime(const long *args) SHIM_HIDDEN;

/* shim_ptimer.c */
long shim_sys_timer_create(const long *args) SHIM_HIDDEN;
long shim_sys_timer_settime(const long *args) SHIM_HIDDEN;
long shim_sys_timer_gettime(const long *args) SHIM_HIDDEN;
long shim_sys_timer_delete(const long *args) SHIM_HIDDEN;

/* shim_file.c: the kernel's times of files are real; shown as virtual. */
long shim_sys_stat(const long *args) SHIM_HIDDEN;
long shim_sys_lstat(const long *args) SHIM_HIDDEN;
long shim_sys_fstat(const long *args) SHIM_HIDDEN;
long shim_sys_newfstatat(const long *args) SHIM_HIDDEN;
long shim_sys_statx(const long *args) SHIM_HIDDEN;
long shim_sys_utimensat(const long *args) SHIM_HIDDEN;
long shim_sys_utimes(const long *args) SHIM_HIDDEN;
long shim_sys_futimesat(const long *args) SHIM_HIDDEN;
long shim_sys_utime(const long *args) SHIM_HIDDEN;

/* shim_disk.c: any of the calls that flush a file; and what CLOCK_NR_DISK says of a disk. */
long shim_sys_flush(long nr, const long *args) SHIM_HIDDEN;
long shim_sys_disk(const long *args) SHIM_HIDDEN;

/* shim_random.c */
long shim_sys_getrandom(const long *args) SHIM_HIDDEN;
long shim_vdso_getrandom(void *out, size_t len, unsigned flags, void *state,
                         size_t state_bytes) SHIM_HIDDEN;
/* Fills memory that is known to be good. */
void shim_random(uint8_t *out, size_t len) SHIM_HIDDEN;

/* shim_socket.c: SO_RCVTIMEO and SO_SNDTIMEO. */
long shim_sys_setsockopt(const long *args) SHIM_HIDDEN;
long shim_sys_getsockopt(const long *args) SHIM_HIDDEN;

/* shim_signal.c: the clock's two signals stay the clock's. */
/* A set of signals of the program without them, in *copy: the address to give to the kernel, 0 for
 * none; false = bad pointer. */
bool shim_signal_set(long set, uint64_t *copy, long *address) SHIM_HIDDEN;
long shim_sys_rt_sigaction(const long *args) SHIM_HIDDEN;
long shim_sys_rt_sigsuspend(const long *args) SHIM_HIDDEN;
void shim_signal_init(void) SHIM_HIDDEN;

/* shim_shortcut.c: calls that come without a trap. */
/* To be called for each trap: counts it, and wishes for a shortcut at times. */
void shim_shortcut_count(long nr, uint64_t behind) SHIM_HIDDEN;
long shim_answer_direct(long nr, const long *args) SHIM_HIDDEN;

/* shim_entry.c */
long shim_answer(long nr, const long *args) SHIM_HIDDEN;
void shim_init(long fd, uint8_t *base, uint8_t *vdso, uint64_t *stack,
               const uint8_t *wanted_base) SHIM_HIDDEN;
/* Ends the process with a message. */
_Noreturn void shim_die(const char *message, size_t len) SHIM_HIDDEN;
#define SHIM_DIE(message) shim_die(message, sizeof(message) - 1)
