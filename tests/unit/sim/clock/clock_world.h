/*
 * Runs a program in a world of its own: as root in a new pid and mount namespace, else in a user
 * namespace too. In a user namespace real-time priorities are refused, so as root both ways of the
 * clock can be tested.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/clock.h"

#define WORLD_START_US (1900000000ll * 1000000)

enum world_kind { WORLD_PLAIN, WORLD_IN_USER_NAMESPACE };

/* What happened, in memory that the processes share. */
struct world {
    int refused;        /* errno of what the machine refuses; 0 = it ran */
    int failed;         /* clock_run() returned -1 */
    _Atomic pid_t init; /* PID 1 of the world, as seen from here */
    struct clock_result result;
    struct clock_progress progress;
    struct err err;
    char described[4096];
};

static inline void world_map_user(void)
{
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        return;
    int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    ssize_t put = write(fd, "deny", 4);
    close(fd);
    fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    snprintf(map, sizeof map, "0 %u 1", uid);
    put += write(fd, map, strlen(map));
    close(fd);
    fd = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
    snprintf(map, sizeof map, "0 %u 1", gid);
    put += write(fd, map, strlen(map));
    close(fd);
    if (put < 0)
        errno = EPERM;
}

/* In PID 1 of the new namespace. */
static inline void world_inside(struct world *world, const struct clock_options *options,
                                char *const argv[])
{
    if (mount("proc", "/proc", "proc", 0, NULL) != 0) {
        world->refused = errno;
        return;
    }
    world->failed = clock_run(options, argv, &world->result, &world->err) != 0;
    struct buf text;
    buf_init(&text, sizeof world->described - 1);
    clock_describe(&text);
    snprintf(world->described, sizeof world->described, "%s", buf_text(&text));
    buf_deinit(&text);
}

static inline void world_enter(struct world *world, const struct clock_options *options,
                               char *const argv[], enum world_kind kind)
{
    if (kind == WORLD_IN_USER_NAMESPACE || geteuid() != 0)
        world_map_user();
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        world->refused = errno;
        _exit(0);
    }
    pid_t init = fork();
    if (init == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        world_inside(world, options, argv);
        _exit(0);
    }
    atomic_store(&world->init, init);
    while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
        continue;
    _exit(0);
}

static inline struct world *world_new(void)
{
    void *memory =
        mmap(NULL, sizeof(struct world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(memory != MAP_FAILED);
    return memory;
}

static inline struct clock_options world_options(struct world *world)
{
    return (struct clock_options){.start_us = WORLD_START_US,
                                  .limit_us = 10000000ll * 1000000,
                                  .seed = 1,
                                  .cpu = -1,
                                  .virtual_time = true,
                                  .progress = &world->progress};
}

/* Starts it and returns the process to wait for. */
static inline pid_t world_start(struct world *world, const struct clock_options *options,
                                char *const argv[], enum world_kind kind)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        world_enter(world, options, argv, kind);
    }
    ck_assert(pid > 0);
    return pid;
}

/* True if it ran; false, with a message, if this machine refuses such worlds to this user. */
static inline bool world_finish(struct world *world, pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (world->refused != 0) {
        printf("skipped: this machine gives no namespaces here: %s\n", strerror(world->refused));
        return false;
    }
    ck_assert_msg(!world->failed, "clock_run: %s", world->err.text);
    return true;
}

/* Where the probe lies: beside the test. */
static inline const char *world_probe(const char *link)
{
    static char path[PATH_MAX];
    ssize_t got = readlink("/proc/self/exe", path, sizeof path - 64);
    ck_assert(got > 0);
    path[got] = '\0';
    char *slash = strrchr(path, '/');
    snprintf(slash + 1, 64, "clock_probe_%s", link);
    return path;
}

/* Runs one experiment of the probe to its end. */
static inline bool world_run_probe(struct world *world, enum world_kind kind, const char *link,
                                   const char *name, const char *argument)
{
    struct clock_options options = world_options(world);
    char *argv[] = {mem_text_copy(world_probe(link)), mem_text_copy(name),
                    argument != NULL ? mem_text_copy(argument) : NULL, NULL};
    bool ran = world_finish(world, world_start(world, &options, argv, kind));
    for (int i = 0; i < 3; i++)
        free(argv[i]);
    return ran;
}
