/* Each call that the clock answers, by name, in a dynamic and in a static program. */
#include "tests/unit/sim/clock/clock_world.h"
#include "tests/unit/unit.h"

/* False, with a message, if it did not go well. */
static bool probe_good(enum world_kind kind, const char *link, const char *name)
{
    struct world *world = world_new();
    bool good = !world_run_probe(world, kind, link, name, NULL) ||
                (world->result.end == CLOCK_END_EXITED && world->result.status == 0);
    if (!good)
        printf("%s (%s, %s): end %d, status 0x%x\n", name, link,
               kind == WORLD_PLAIN ? "plain" : "in a user namespace", (int)world->result.end,
               (unsigned)world->result.status);
    munmap(world, sizeof *world);
    return good;
}

/* All are tried, so that a failure shows with its company. */
static void probes_expect(const char *const *names)
{
    unsigned bad = 0;
    for (; *names != NULL; names++) {
        bad += !probe_good(WORLD_PLAIN, "dynamic", *names);
        bad += !probe_good(WORLD_PLAIN, "static", *names);
        if (geteuid() == 0)
            bad += !probe_good(WORLD_IN_USER_NAMESPACE, "dynamic", *names);
    }
    ck_assert_uint_eq(bad, 0);
}

START_TEST(waits)
{
    static const char *const names[] = {"poll",        "ppoll",           "epoll_wait",
                                        "epoll_pwait", "epoll_pwait2",    "select",
                                        "pselect6",    "nanosleep",       "clock_nanosleep",
                                        "futex",       "rt_sigtimedwait", "semtimedop",
                                        "mq_timed",    "socket_limits",   NULL};
    probes_expect(names);
}
END_TEST

START_TEST(timers_and_clocks)
{
    static const char *const names[] = {"alarm",        "setitimer", "timerfd", "timerfd_child",
                                        "timer_create", "clocks",    "uptime",  "file_times",
                                        "getrandom",    "disk",      NULL};
    probes_expect(names);
}
END_TEST

START_TEST(signals)
{
    static const char *const names[] = {"all_blocked", "handler_sleeps", "nested",
                                        "interrupted", "sigsuspend",     "own_signals",
                                        "stopped",     "stopped_poll",   NULL};
    probes_expect(names);
}
END_TEST

START_TEST(processes)
{
    static const char *const names[] = {
        "started",          "threads",    "fork",        "exec",         "vfork",
        "exec_from_thread", "exec_fails", "exec_killed", "exec_signals", "descriptors",
        "setuid",           "orphans",    NULL};
    probes_expect(names);
}
END_TEST

START_TEST(shortcuts)
{
    static const char *const names[] = {"shortcut", "shortcut_interrupted", "shortcut_forked",
                                        "shortcut_refused", NULL};
    probes_expect(names);
}
END_TEST

UNIT_MAIN(waits, timers_and_clocks, signals, processes, shortcuts)
