/*
 * The private world of one run: user (where the caller is not root), network, mount, PID, UTS and
 * IPC namespaces; a private root; the addresses of a simulated internet; no way out.
 *
 *     runner ──────────────── outside; holds the handle
 *       └─ PID 1 of the world   builds it, then is the clock's controller (or waits, with the
 *            │                  real clock)
 *            └─ first program   argv: the simulated internet; it starts the server under test
 *
 * The world ends when its first program ends (everything else in it is then killed by the kernel,
 * with the PID namespace), when world_kill() is called, and when the runner ends in any way: PID 1
 * has a parent-death signal, and a pipe against the moment before that was set. Mounts live in the
 * mount namespace, files of the world on tmpfs, so nothing is left to be cleaned.
 *
 * The parent-death signal belongs to the thread: world_start() must be called by a thread that
 * lives as long as the world should, best the main one.
 *
 * Inside, the network is as sim/world/network.h tells; the first program is in "internet" and finds
 * the other namespace at WORLD_MTA_NETWORK, to be entered with setns(). It is root there.
 */
#pragma once

#include <sys/types.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"
#include "sim/value/address.h"

/* A folder of the private root that is never one of the host's. */
#define WORLD_FOLDER "/run/mailrange"
#define WORLD_MTA_NETWORK WORLD_FOLDER "/mta-network"

/* A file of the private root, with all its parents made. */
struct world_file {
    const char *path; /* absolute, inside */
    struct slice bytes;
    mode_t mode;
};

/* Something of the host that must be seen inside at a path of its own (files of the project, the
 * folder of the evidence): the private root hides /tmp, /run and others. */
struct world_share {
    const char *from; /* on the host; a file or a folder */
    const char *to;   /* inside, absolute; NULL: the same path */
    bool writable;
};

struct world_options {
    const char *hostname;      /* of the server under test, "mail.sender.test" */
    const struct address *mta; /* its addresses, at least one */
    size_t mta_count;
    const struct address *extra; /* addresses of hosts outside the prefixes of network.h */
    size_t extra_count;
    const struct address *resolvers; /* for resolv.conf */
    size_t resolver_count;
    const char *const *layers; /* folders to lay over /, the first on top */
    size_t layer_count;
    const struct world_file *files;
    size_t file_count;
    const struct world_share *shares;
    size_t share_count;
    const int *fds; /* open inside under the same numbers, besides 0, 1, 2 */
    size_t fd_count;
    bool many_users;    /* more user ids than one are needed inside */
    bool keep_terminal; /* stay in the caller's session, for a shell */

    unsigned slot; /* which of several worlds side by side: spreads them over the CPUs */
    bool virtual_clock;
    int64_t start_us; /* when the world's time starts */
    int64_t limit_us; /* the most virtual time that may pass; 0 = no limit */
    uint64_t seed;

    char *const *argv; /* the first program, NULL-terminated; looked for in PATH, inside */
};

enum world_reason {
    WORLD_EXITED, /* the first program ended by itself */
    WORLD_LIMIT,  /* the limit of virtual time was reached */
    WORLD_IDLE,   /* nothing in the world waits for anything */
    WORLD_STUCK,  /* a program spins while time stands still */
    WORLD_KILLED, /* from outside, or by a signal */
    WORLD_FAILED, /* it could not be built or run: see `err` */
};

struct world_result {
    enum world_reason reason;
    int status;         /* wait status of the first program where it ended by itself */
    int64_t elapsed_us; /* virtual time that passed */
    uint64_t jumps;
    struct err err; /* what it was, for people */
};

enum world_wait {
    WORLD_WAIT_TIMEOUT,
    WORLD_WAIT_ENDED,
    WORLD_WAIT_TOLD, /* the descriptor that was watched too can be read */
};

struct world;

/* Starts building; whatever fails inside is told by world_wait(). -1: it could not even be started.
 * The options and all they point to are copied by the fork, so they may go at once. */
int world_start(const struct world_options *options, struct world **world,
                struct err *err) MUST_CHECK;

/* Waits for the end (and ends a world that stays at one moment of virtual time for two minutes of
 * real time: WORLD_STUCK, with the program's name), at most `timeout_ms` (-1: for ever), or until
 * `told_fd` (-1: none) can be read. *result is filled at the end, after which the handle may only
 * be freed. */
enum world_wait world_wait(struct world *world, int told_fd, int timeout_ms,
                           struct world_result *result) MUST_CHECK;

/* The jumps and the virtual time so far; of a world in real time, nothing. */
void world_look(const struct world *world, struct world_result *result);

/* Ends it, with all processes in it, and returns when none is left. Harmless if it has ended. */
void world_kill(struct world *world);

/* Kills it first if need be; sets NULL; accepts NULL. */
void world_free(struct world **world);

/* Can this machine give a world to this user? -1 with what is missing and how to get it. It tries
 * each part for a moment, in a process of its own. `many_users` as in the options. */
int world_supported(bool many_users, struct err *err) MUST_CHECK;
