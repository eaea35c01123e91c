/*
 * May time jump? Programs exchange data, end, start others and use threads, each wait with a limit
 * of 60 s for something that is on its way, while other programs want both CPUs. No time may pass.
 */
#include "tests/unit/sim/clock/clock_world.h"
#include "tests/unit/unit.h"

enum { HOGS = 4 };

static void hogs_start(pid_t hogs[HOGS])
{
    for (int i = 0; i < HOGS; i++) {
        hogs[i] = fork();
        if (hogs[i] == 0) {
            alarm(120);
            for (volatile int k = 0;; k++)
                continue;
        }
    }
}

static void hogs_stop(const pid_t hogs[HOGS])
{
    for (int i = 0; i < HOGS; i++) {
        kill(hogs[i], SIGKILL);
        waitpid(hogs[i], NULL, 0);
    }
}

static void stress(enum world_kind kind, const char *rounds)
{
    pid_t hogs[HOGS];
    struct world *world = world_new();
    hogs_start(hogs);
    bool ran = world_run_probe(world, kind, "dynamic", "stress", rounds);
    hogs_stop(hogs);
    if (!ran)
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_EXITED);
    ck_assert_int_eq(world->result.status, 0);
    ck_assert_uint_eq(world->result.jumps, 0);
}

START_TEST(with_priorities)
{
    stress(WORLD_PLAIN, "4");
}
END_TEST

START_TEST(without_priorities)
{
    stress(WORLD_IN_USER_NAMESPACE, "1");
}
END_TEST

/* And yet it jumps when nothing is on its way, whoever else wants the CPU. */
START_TEST(jumps_under_load)
{
    pid_t hogs[HOGS];
    hogs_start(hogs);
    struct world *world = world_new();
    bool ran = world_run_probe(world, WORLD_IN_USER_NAMESPACE, "static", "sleeper", "50");
    hogs_stop(hogs);
    if (ran)
        ck_assert_uint_eq(world->result.jumps, 50);
}
END_TEST

UNIT_MAIN(with_priorities, without_priorities, jumps_under_load)
