/*
 * The process of a server, with a small one in Python, in a network namespace of the test's own
 * (so that its port is free), without files of the host being touched.
 */
#include "sim/mta/mta_process.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

/* What the call backs told, and what is to be done then. */
struct stand {
    struct event_base *base;
    struct event_log *log;
    struct mta_process *process;
    struct arena arena;
    struct mta_settings *settings;
    struct mta_adapter *adapter;
    char folder[64];
    char output[128];
    char events[128];
    int ready_count;
    int ended_count;
    bool expected;
    char why[2048];
    void (*when_ready)(struct stand *stand);
};

static void on_ready(void *context)
{
    struct stand *stand = context;
    stand->ready_count++;
    if (stand->when_ready != NULL)
        stand->when_ready(stand);
    else
        event_base_loopbreak(stand->base);
}

static void on_ended(void *context, bool expected, const char *why)
{
    struct stand *stand = context;
    stand->ended_count++;
    stand->expected = expected;
    snprintf(stand->why, sizeof stand->why, "%s", why);
    event_base_loopbreak(stand->base);
}

/* False where the machine has no user namespaces for this user. */
static bool enter_own_network(void)
{
    uid_t uid = geteuid();
    if (unshare(uid == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        printf("skipped: this user may not make network namespaces\n");
        return false;
    }
    struct ifreq up = {.ifr_name = "lo"};
    up.ifr_flags = IFF_UP;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &up), 0);
    close(fd);
    return true;
}

static void write_file(const struct stand *stand, const char *name, const char *text)
{
    char path[256];
    struct err err = {{0}};
    snprintf(path, sizeof path, "%s/mta-under-test/adapters/small/%s", stand->folder, name);
    ck_assert_int_eq(file_make_parents(path, &err), 0);
    ck_assert_msg(file_write(path, slice_of(text), &err) == 0, "%s", err.text);
}

/* Ends with the argument's number after a greeting of one client, or stays. */
static const char SERVER[] =
    "import signal, socket, sys\n"
    "signal.signal(signal.SIGTERM, lambda *_: (print('stopped', flush=True), sys.exit(0)))\n"
    "print('queue-id=7 deferred: \"later\"', flush=True)\n"
    "if sys.argv[1] == 'fail':\n"
    "    sys.exit('no such luck')\n"
    "s = socket.create_server(('127.0.0.1', 2525), reuse_port=True)\n"
    "while True:\n"
    "    c, _ = s.accept()\n"
    "    c.sendall(b'220 small\\r\\n')\n"
    "    c.recv(100)\n"
    "    c.close()\n"
    "    if sys.argv[1] == 'die':\n"
    "        sys.exit(3)\n";

static void set_up(struct stand *stand, const char *mode)
{
    struct err err = {{0}};
    memset(stand, 0, sizeof *stand);
    snprintf(stand->folder, sizeof stand->folder, "/tmp/mta-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(stand->folder));
    snprintf(stand->output, sizeof stand->output, "%s/server.log", stand->folder);
    snprintf(stand->events, sizeof stand->events, "%s/events", stand->folder);
    char json[1024];
    snprintf(
        json, sizeof json,
        "{\"name\": \"small\", \"about\": \"small\", \"port\": 2525, \"start\": [\"python3\", "
        "\"%s/mta-under-test/adapters/small/server.py\", \"%s\"], \"log-patterns\": [{\"match\""
        ": \"queue-id=([0-9]+) deferred: \\\"(.*)\\\"\", \"status\": \"deferred\", "
        "\"queue-id\": 1, \"text\": 2}]}",
        stand->folder, mode);
    write_file(stand, "adapter.json", json);
    write_file(stand, "server.py", SERVER);
    stand->adapter = mta_adapter_load(stand->folder, "small", &stand->arena, &err);
    ck_assert_msg(stand->adapter != NULL, "%s", err.text);
    struct spec nothing = {0};
    ck_assert_int_eq(mta_settings_parse(nothing, &stand->arena, &stand->settings, &err), 0);
    struct address *here = arena_alloc(&stand->arena, sizeof *here);
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), here), 0);
    stand->settings->sources = here;
    stand->settings->source_count = 1;
    stand->base = event_base_new();
    int fd = open(stand->events, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    stand->log = event_log_new(fd, 0);
    const struct mta_process_options options = {
        .base = stand->base,
        .log = stand->log,
        .settings = stand->settings,
        .adapter = stand->adapter,
        .programs = "/nowhere",
        .output = stand->output,
        .network_fd = -1,
        .ready = on_ready,
        .ended = on_ended,
        .context = stand,
    };
    stand->process = mta_process_new(&options);
    ck_assert_msg(mta_process_start(stand->process, &err) == 0, "%s", err.text);
}

static void run(struct stand *stand)
{
    event_base_dispatch(stand->base);
}

/* Frees all; the events are in `events` afterwards. */
static void tear_down(struct stand *stand, struct buf *events)
{
    struct err err = {{0}};
    char command[128];
    mta_process_free(&stand->process);
    ck_assert_int_eq(event_log_free(&stand->log, &err), 0);
    buf_init(events, 1 << 20);
    ck_assert_int_eq(file_read(stand->events, events, &err), 0);
    mta_adapter_release(stand->adapter);
    event_base_free(stand->base);
    arena_deinit(&stand->arena);
    snprintf(command, sizeof command, "rm -r %s", stand->folder);
    ck_assert_int_eq(system(command), 0);
}

static void expect_event(const struct buf *events, const char *part)
{
    ck_assert_msg(strstr(buf_text(events), part) != NULL, "expected %s in:\n%s", part,
                  buf_text(events));
}

START_TEST(test_it_starts_greets_and_stops)
{
    struct stand stand;
    struct buf events;
    if (!enter_own_network())
        return;
    set_up(&stand, "stay");
    stand.when_ready = NULL;
    run(&stand);
    ck_assert_int_eq(stand.ready_count, 1);
    ck_assert_int_eq(mta_process_state(stand.process), MTA_READY);
    mta_process_stop(stand.process);
    run(&stand);
    ck_assert_int_eq(stand.ended_count, 1);
    ck_assert(stand.expected);
    ck_assert_int_eq(mta_process_state(stand.process), MTA_DOWN);
    tear_down(&stand, &events);
    expect_event(&events, "\"kind\":\"ready\"");
    expect_event(&events, "\"kind\":\"exit\",\"name\":\"small\",\"status\":0,\"expected\":true");
    expect_event(&events,
                 "\"kind\":\"log\",\"status\":\"deferred\",\"queue-id\":\"7\",\"text\":\"later\"");
    buf_deinit(&events);
}
END_TEST

START_TEST(test_an_early_end_is_told_with_the_end_of_its_log)
{
    struct stand stand;
    struct buf events;
    if (!enter_own_network())
        return;
    set_up(&stand, "fail");
    run(&stand);
    ck_assert_int_eq(stand.ready_count, 0);
    ck_assert_int_eq(stand.ended_count, 1);
    ck_assert(!stand.expected);
    ck_assert_msg(strstr(stand.why, "ended at its start with 1") != NULL, "%s", stand.why);
    ck_assert_msg(strstr(stand.why, "no such luck") != NULL, "%s", stand.why);
    tear_down(&stand, &events);
    expect_event(&events, "\"status\":1,\"expected\":false");
    buf_deinit(&events);
}
END_TEST

static void go_on(struct stand *stand)
{
    (void)stand;
}

START_TEST(test_a_death_in_the_middle_is_noticed)
{
    struct stand stand;
    struct buf events;
    if (!enter_own_network())
        return;
    set_up(&stand, "die");
    stand.when_ready = go_on;
    run(&stand);
    ck_assert_int_eq(stand.ready_count, 1);
    ck_assert_int_eq(stand.ended_count, 1);
    ck_assert(!stand.expected);
    ck_assert_msg(strstr(stand.why, "small ended with 3") != NULL, "%s", stand.why);
    tear_down(&stand, &events);
    buf_deinit(&events);
}
END_TEST

static void restart_once(struct stand *stand)
{
    if (stand->ready_count == 1)
        mta_process_restart(stand->process);
    else
        event_base_loopbreak(stand->base);
}

START_TEST(test_it_restarts_and_is_ready_again)
{
    struct stand stand;
    struct buf events;
    if (!enter_own_network())
        return;
    set_up(&stand, "stay");
    stand.when_ready = restart_once;
    run(&stand);
    ck_assert_int_eq(stand.ready_count, 2);
    ck_assert_int_eq(stand.ended_count, 0);
    tear_down(&stand, &events);
    buf_deinit(&events);
}
END_TEST

static void kill_it(struct stand *stand)
{
    mta_process_pause(stand->process);
    ck_assert_int_eq(mta_process_state(stand->process), MTA_PAUSED);
    mta_process_continue(stand->process);
    ck_assert_int_eq(mta_process_state(stand->process), MTA_READY);
    mta_process_pause(stand->process);
    mta_process_kill(stand->process);
}

START_TEST(test_it_is_paused_and_killed)
{
    struct stand stand;
    struct buf events;
    if (!enter_own_network())
        return;
    set_up(&stand, "stay");
    stand.when_ready = kill_it;
    run(&stand);
    ck_assert_int_eq(stand.ended_count, 1);
    ck_assert(stand.expected);
    tear_down(&stand, &events);
    expect_event(&events, "\"kind\":\"pause\"");
    expect_event(&events, "\"kind\":\"continue\"");
    expect_event(&events, "\"kind\":\"kill\"");
    expect_event(&events, "\"status\":-9,\"expected\":true");
    buf_deinit(&events);
}
END_TEST

UNIT_MAIN(test_it_starts_greets_and_stops, test_an_early_end_is_told_with_the_end_of_its_log,
          test_a_death_in_the_middle_is_noticed, test_it_restarts_and_is_ready_again,
          test_it_is_paused_and_killed)
