#include "sim/clock/clock_wake.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sim/clock/clock_descriptor.h"

#include "mta-under-test/base/poison.h"

enum { KIND_SHIFT = 56, TIMERFD_LOOKS_MAX = 10000 };

uint32_t clock_wake_next(const struct clock_page *page)
{
    uint32_t used = atomic_load(&page->slots_used), first = CLOCK_SLOTS;
    uint64_t first_ns = 0, first_id = 0;
    for (uint32_t i = 0; i < used; i++) {
        uint64_t deadline = atomic_load_explicit(&page->deadlines_ns[i], memory_order_relaxed);
        uint64_t id = atomic_load_explicit(&page->slot_ids[i], memory_order_relaxed);
        if (deadline == 0 || id == 0)
            continue;
        if (first == CLOCK_SLOTS || deadline < first_ns ||
            (deadline == first_ns && id < first_id)) {
            first = i;
            first_ns = deadline;
            first_id = id;
        }
    }
    return first;
}

static void slot_free(struct clock_page *page, uint32_t slot)
{
    atomic_store(&page->deadlines_ns[slot], 0);
    atomic_store(&page->slots[slot].interval_ns, 0);
    atomic_store(&page->slot_ids[slot], 0);
}

/* The kernel's timer is set to fire at once: its reader cannot tell. */
static bool timerfd_fire(pid_t pid, int number)
{
    int fd = clock_descriptor_take(pid, number);
    struct itimerspec at_once = {{0, 0}, {0, 1}};
    bool fired = fd >= 0 && timerfd_settime(fd, 0, &at_once, NULL) == 0;
    /* Waits for the interrupt that does it. Not by poll(): the reader ranks above us, and may have
     * taken the tick away before we look. */
    struct itimerspec left = at_once;
    for (int i = 0; fired && i < TIMERFD_LOOKS_MAX && left.it_value.tv_nsec != 0; i++)
        if (timerfd_gettime(fd, &left) != 0)
            break;
    if (fd >= 0)
        close(fd);
    return fired;
}

static bool ptimer_fire(const struct clock_slot *slot)
{
    if (slot->signal == 0)
        return true;
    siginfo_t info = {.si_signo = slot->signal, .si_code = SI_TIMER};
    info.si_timerid = slot->number;
    info.si_value.sival_ptr = (void *)slot->value;
    long result =
        slot->signal_tid != 0
            ? syscall(SYS_rt_tgsigqueueinfo, slot->pid, slot->signal_tid, slot->signal, &info)
            : syscall(SYS_rt_sigqueueinfo, slot->pid, slot->signal, &info);
    return result == 0 || errno != ESRCH;
}

void clock_wake_fire(struct clock_page *page, uint32_t at)
{
    struct clock_slot *slot = &page->slots[at];
    uint64_t id = atomic_load(&page->slot_ids[at]);
    uint64_t interval = atomic_load(&slot->interval_ns);
    uint64_t deadline = atomic_load(&page->deadlines_ns[at]);
    pid_t key = (pid_t)(uint32_t)id;
    bool alive = true;
    atomic_store(&page->deadlines_ns[at], interval != 0 ? deadline + interval : 0);
    switch ((enum clock_slot_kind)(id >> KIND_SHIFT)) {
    case CLOCK_SLOT_WAIT:
        alive = tgkill(slot->pid, key, CLOCK_SIGNAL) == 0 || errno != ESRCH;
        break;
    case CLOCK_SLOT_ITIMER:
        alive = kill(key, SIGALRM) == 0 || errno != ESRCH;
        break;
    case CLOCK_SLOT_TIMERFD:
        alive = timerfd_fire(key, (int)(id >> 32 & 0xffffff));
        break;
    case CLOCK_SLOT_PTIMER:
        alive = ptimer_fire(slot);
        break;
    }
    if (!alive)
        slot_free(page, at);
}

static bool slot_exists(const struct clock_page *page, uint64_t id)
{
    uint32_t used = atomic_load(&page->slots_used);
    for (uint32_t i = 0; i < used; i++)
        if (atomic_load(&page->slot_ids[i]) == id)
            return true;
    return false;
}

/* A process that has inherited the timerfd of one that is gone: the one with the lowest pid that
 * has a timerfd under that number which it has not set itself. 0 = there is none. */
static pid_t timerfd_heir(const struct clock_page *page, const struct clock_tasks *tasks,
                          uint32_t number)
{
    static const char kind[] = "anon_inode:[timerfd]";
    pid_t heir = 0;
    for (size_t i = 0; i < tasks->count; i++) {
        pid_t pid = tasks->list[i].pid;
        char path[64], link[sizeof kind];
        if (pid != tasks->list[i].tid || (heir != 0 && heir < pid))
            continue;
        snprintf(path, sizeof path, "/proc/%d/fd/%u", pid, number);
        if (readlink(path, link, sizeof link) == (ssize_t)sizeof kind - 1 &&
            memcmp(link, kind, sizeof kind - 1) == 0 &&
            !slot_exists(page, clock_slot_id(CLOCK_SLOT_TIMERFD, (uint32_t)pid, number)))
            heir = pid;
    }
    return heir;
}

static void slot_bequeath(struct clock_page *page, uint32_t slot, const struct clock_tasks *tasks)
{
    uint64_t id = atomic_load(&page->slot_ids[slot]);
    uint32_t number = (uint32_t)(id >> 32 & 0xffffff);
    pid_t heir = 0;
    if (id >> KIND_SHIFT == CLOCK_SLOT_TIMERFD && atomic_load(&page->deadlines_ns[slot]) != 0)
        heir = timerfd_heir(page, tasks, number);
    if (heir == 0) {
        slot_free(page, slot);
        return;
    }
    page->slots[slot].pid = heir;
    atomic_store(&page->slot_ids[slot], clock_slot_id(CLOCK_SLOT_TIMERFD, (uint32_t)heir, number));
}

void clock_wake_collect(struct clock_page *page, const struct clock_tasks *tasks)
{
    uint32_t used = atomic_load(&page->slots_used);
    for (uint32_t i = 0; i < used; i++) {
        uint64_t id = atomic_load(&page->slot_ids[i]);
        if (id != 0 && !clock_tasks_has(tasks, (pid_t)(uint32_t)id))
            slot_bequeath(page, i, tasks);
    }
    while (used > 0 && atomic_load(&page->slot_ids[used - 1]) == 0)
        used--;
    atomic_store(&page->slots_used, used);
}
