/*
 * The lock of the clock's two threads, also in a process that a bare clone3() has put into a PID
 * namespace of its own, as PID 1 of a world is.
 */
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/clock_lock.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

enum { ROUNDS = 20000 };

struct shared {
    struct clock_lock lock;
    long count; /* only with the lock */
};

static void *count_up(void *context)
{
    struct shared *shared = context;
    for (int i = 0; i < ROUNDS; i++) {
        clock_lock_take(&shared->lock);
        shared->count++;
        clock_lock_give(&shared->lock);
    }
    return NULL;
}

static bool two_threads_count(void)
{
    struct shared shared = {.count = 0};
    pthread_t other;
    if (pthread_create(&other, NULL, count_up, &shared) != 0)
        return false;
    count_up(&shared);
    pthread_join(other, NULL);
    return shared.count == 2L * ROUNDS;
}

START_TEST(holds_off_the_other_thread)
{
    ck_assert(two_threads_count());
}
END_TEST

START_TEST(cannot_be_taken_twice)
{
    struct clock_lock lock = {0};
    ck_assert(clock_lock_try(&lock));
    ck_assert(!clock_lock_try(&lock));
    clock_lock_give(&lock);
    ck_assert(clock_lock_try(&lock));
}
END_TEST

/* The other thread comes while the first has the lock: it must wait, and then go on. */
static void *take_once(void *context)
{
    struct shared *shared = context;
    clock_lock_take(&shared->lock);
    shared->count++;
    clock_lock_give(&shared->lock);
    return NULL;
}

static bool waiter_goes_on(void)
{
    struct shared shared = {.count = 0};
    pthread_t other;
    clock_lock_take(&shared.lock);
    if (pthread_create(&other, NULL, take_once, &shared) != 0)
        return false;
    while ((atomic_load(&shared.lock.word) & FUTEX_WAITERS) == 0)
        usleep(1000);
    clock_lock_give(&shared.lock);
    pthread_join(other, NULL);
    return shared.count == 1;
}

START_TEST(works_in_a_bare_clone)
{
    struct clone_args args = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
    if (geteuid() != 0)
        args.flags |= CLONE_NEWUSER;
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) {
        _exit(waiter_goes_on() && two_threads_count() ? 0 : 1);
    }
    if (pid < 0)
        return; /* this machine gives no namespaces */
    int status = -1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

UNIT_MAIN(holds_off_the_other_thread, cannot_be_taken_twice, works_in_a_bare_clone)
