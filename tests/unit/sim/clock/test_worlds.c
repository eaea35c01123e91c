/* How worlds begin and end, and what the runner sees of them. */
#include <time.h>

#include "tests/unit/sim/clock/clock_world.h"
#include "tests/unit/unit.h"

enum { NS_PER_MS = 1000000 };

static void nap_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * NS_PER_MS};
    nanosleep(&time, NULL);
}

START_TEST(sleep_of_five_days)
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    char *argv[] = {"sh", "-c", "sleep 432000", NULL};
    if (!world_finish(world, world_start(world, &options, argv, WORLD_PLAIN)))
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_EXITED);
    ck_assert_int_eq(world->result.status, 0);
    ck_assert_int_eq(world->result.virtual_us, WORLD_START_US + 432000ll * 1000000);
    ck_assert_uint_eq(world->result.jumps, 1);
    ck_assert_int_eq(atomic_load(&world->progress.virtual_us), world->result.virtual_us);
}
END_TEST

START_TEST(status_of_the_first_program)
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    char *argv[] = {"sh", "-c", "sleep 5 & exit 7", NULL};
    if (!world_finish(world, world_start(world, &options, argv, WORLD_PLAIN)))
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_EXITED);
    ck_assert_int_eq(WEXITSTATUS(world->result.status), 7);
    char *killed[] = {"sh", "-c", "kill -9 $$", NULL};
    ck_assert(world_finish(world, world_start(world, &options, killed, WORLD_PLAIN)));
    ck_assert_int_eq(WTERMSIG(world->result.status), 9);
}
END_TEST

START_TEST(program_that_is_not_there)
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    char *argv[] = {"/nowhere/at-all", NULL};
    pid_t pid = world_start(world, &options, argv, WORLD_PLAIN);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (world->refused != 0)
        return;
    ck_assert(world->failed);
    ck_assert_ptr_nonnull(strstr(world->err.text, "/nowhere/at-all"));
}
END_TEST

START_TEST(limit)
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    options.limit_us = 3600ll * 1000000;
    char *argv[] = {"sh", "-c", "sleep 1800; sleep 1801", NULL};
    if (!world_finish(world, world_start(world, &options, argv, WORLD_PLAIN)))
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_LIMIT);
    ck_assert_int_eq(world->result.virtual_us, WORLD_START_US + options.limit_us);
}
END_TEST

START_TEST(nothing_to_wait_for)
{
    struct world *world = world_new();
    if (!world_run_probe(world, WORLD_PLAIN, "dynamic", "rest", NULL))
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_IDLE);
    ck_assert_int_eq(world->result.virtual_us, WORLD_START_US);
    ck_assert_ptr_nonnull(strstr(world->described, "clock_probe_dyn: state S"));
    ck_assert_ptr_nonnull(strstr(world->described, "pause"));
}
END_TEST

/* Time stands still while the world computes; the runner sees it, and kills it from outside. */
START_TEST(spin)
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    char *argv[] = {mem_text_copy(world_probe("dynamic")), "spin", NULL};
    pid_t pid = world_start(world, &options, argv, WORLD_PLAIN);
    for (int i = 0; i < 600 && world->refused == 0 &&
                    (atomic_load(&world->progress.heartbeat) < 10 ||
                     atomic_load(&world->progress.busy_task) == 0);
         i++)
        nap_ms(50);
    pid_t busy = atomic_load(&world->progress.busy_task);
    bool refused = world->refused != 0;
    int64_t virtual_us = atomic_load(&world->progress.virtual_us);
    uint64_t jumps = atomic_load(&world->progress.jumps);
    pid_t init = atomic_load(&world->init);
    if (init > 0)
        kill(init, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(argv[0]);
    if (refused)
        return;
    ck_assert_uint_eq(jumps, 0);
    ck_assert_int_eq(virtual_us, WORLD_START_US);
    ck_assert_int_ne(busy, 0);
}
END_TEST

/* No time passes, and no task waits: they take turns in the end. */
START_TEST(spin_for_another)
{
    struct world *world = world_new();
    if (!world_run_probe(world, WORLD_PLAIN, "dynamic", "spin-for-child", NULL))
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_EXITED);
    ck_assert_int_eq(world->result.status, 0);
    ck_assert_int_eq(world->result.virtual_us, WORLD_START_US);
}
END_TEST

START_TEST(real_time)
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    options.virtual_time = false;
    char *argv[] = {"sh", "-c", "exit 3", NULL};
    if (!world_finish(world, world_start(world, &options, argv, WORLD_PLAIN)))
        return;
    ck_assert_int_eq(world->result.end, CLOCK_END_EXITED);
    ck_assert_int_eq(WEXITSTATUS(world->result.status), 3);
    options.limit_us = 100000;
    char *forever[] = {"sh", "-c", "while :; do sleep 1; done", NULL};
    ck_assert(world_finish(world, world_start(world, &options, forever, WORLD_PLAIN)));
    ck_assert_int_eq(world->result.end, CLOCK_END_LIMIT);
}
END_TEST

/* What getrandom() gave, as the probe prints it. */
static void random_bytes(uint64_t seed, char text[64])
{
    struct world *world = world_new();
    struct clock_options options = world_options(world);
    options.seed = seed;
    int ends[2];
    ck_assert(pipe(ends) == 0);
    char *probe = mem_text_copy(world_probe("static"));
    char command[PATH_MAX + 64];
    snprintf(command, sizeof command, "'%s' getrandom >&%d", probe, ends[1]);
    char *argv[] = {"sh", "-c", command, NULL};
    memset(text, 0, 64);
    if (world_finish(world, world_start(world, &options, argv, WORLD_PLAIN)))
        ck_assert_int_gt(read(ends[0], text, 63), 0);
    close(ends[0]);
    close(ends[1]);
    free(probe);
}

START_TEST(seed)
{
    char first[64], again[64], other[64];
    random_bytes(1, first);
    random_bytes(1, again);
    random_bytes(2, other);
    ck_assert_str_eq(first, again);
    if (first[0] != '\0')
        ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(this_machine)
{
    struct err err = {""};
    if (clock_supported(&err) != 0)
        ck_assert_str_ne(err.text, "");
    else
        ck_assert_str_eq(err.text, "");
}
END_TEST

UNIT_MAIN(sleep_of_five_days, status_of_the_first_program, program_that_is_not_there, limit,
          nothing_to_wait_for, spin, spin_for_another, real_time, seed, this_machine)
