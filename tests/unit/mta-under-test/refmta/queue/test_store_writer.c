/* Which commits wake the loop: those that somebody waits for, and what tells of a full disk. */
#include "mta-under-test/refmta/queue/store_private.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/queue/store.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/refmta-writer-XXXXXX";
static struct event_base *base;
static struct store *store;
static int trouble;
static unsigned quiet_count; /* quiet commits whose done() was called */

static void on_trouble(void *arg, int error)
{
    (void)arg;
    trouble = error;
}

static void take_nothing(void *arg, struct record_item *item)
{
    (void)arg;
    (void)item;
    ck_abort_msg("the store is not empty");
}

static void start(void)
{
    struct err err = {.text = ""};
    struct store_found found;
    memcpy(folder, "/tmp/refmta-writer-XXXXXX", sizeof folder);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    base = event_base_new();
    struct store_options options = {
        .folder = folder, .sync = true, .base = base, .on_trouble = on_trouble};
    store = store_open(&options, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    ck_assert_int_eq(store_recover(store, take_nothing, NULL, &found, &err), 0);
    trouble = 0;
    quiet_count = 0;
}

static void stop(void)
{
    char command[64];
    store_close(&store);
    event_base_free(base);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void on_quiet(void *arg, int error)
{
    (void)arg;
    ck_assert_int_eq(error, 0);
    quiet_count++;
}

static struct store_commit *change(void)
{
    struct store_commit *commit = store_commit_new();
    record_warned(&commit->meta, 1);
    return commit;
}

/* A change that nobody waits for, as the end of a message is. */
static void submit_quiet(void)
{
    struct store_commit *commit = change();
    commit->must_succeed = true;
    commit->quiet = true;
    commit->done = on_quiet;
    store_submit(store, commit);
}

static bool is_written(void)
{
    pthread_mutex_lock(&store->lock);
    bool written = list_is_empty(&store->pending) && store->untold > 0;
    pthread_mutex_unlock(&store->lock);
    return written;
}

/* Has the loop wake the writer, and returns when it has written. */
static void write_quietly(void)
{
    submit_quiet();
    event_base_loop(base, EVLOOP_NONBLOCK);
    while (!is_written())
        sched_yield();
}

static void stop_loop(void *arg, int error)
{
    ck_assert_int_eq(error, 0);
    event_base_loopbreak(arg);
}

START_TEST(a_quiet_commit_comes_with_a_later_one)
{
    start();
    write_quietly();
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(quiet_count, 0);
    write_quietly();
    ck_assert_uint_eq(quiet_count, 1);
    struct store_commit *awaited = change();
    awaited->done = stop_loop;
    awaited->arg = base;
    store_submit(store, awaited);
    event_base_dispatch(base);
    ck_assert_uint_eq(quiet_count, 2);
    stop();
}
END_TEST

START_TEST(a_quiet_commit_comes_when_asked_for_and_at_the_end)
{
    start();
    write_quietly();
    store_catch_up(store);
    ck_assert_uint_eq(quiet_count, 1);
    write_quietly();
    stop();
    ck_assert_uint_eq(quiet_count, 2);
}
END_TEST

START_TEST(many_quiet_commits_wake_the_loop)
{
    start();
    for (unsigned i = 0; i < STORE_QUIET_MAX; i++)
        submit_quiet();
    while (quiet_count < STORE_QUIET_MAX)
        event_base_loop(base, EVLOOP_ONCE);
    stop();
}
END_TEST

/* A file size limit stands for a full disk. */
START_TEST(the_loop_hears_of_a_full_disk_and_of_its_end)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    start();
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit full = {.rlim_cur = 10, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    submit_quiet();
    while (trouble == 0)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    /* What must succeed is tried again after seconds; what need not does not wait behind it. */
    store_submit(store, change());
    while (trouble != 0)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert(event_pending(store->stuck_timer, EV_TIMEOUT, NULL));
    ck_assert_uint_eq(quiet_count, 0);
    stop();
    ck_assert_uint_eq(quiet_count, 1);
}
END_TEST

UNIT_MAIN(a_quiet_commit_comes_with_a_later_one, a_quiet_commit_comes_when_asked_for_and_at_the_end,
          many_quiet_commits_wake_the_loop, the_loop_hears_of_a_full_disk_and_of_its_end)
