/*
 * The whole server in a process of its own, between a client and a sink on the loopback. It is
 * killed again and again in the middle of its work: what it accepted must arrive.
 */
#include "mta-under-test/refmta/app/app.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

enum {
    ROUNDS = 20,
    ROUNDS_WITH_SYNC = 5, /* each message costs a sync of a disk that may be busy */
    MESSAGES_MAX = 4000,
    TRIES_MAX = 500,
    TRY_MS = 20,
    DELIVERY_MS = 200000,
};

static char folder[64];
static char config_path[80];
static uint16_t smtp_port;
static pid_t server;
static pid_t sink;
static int sink_pipe[2];
static bool accepted[MESSAGES_MAX];
static unsigned arrived[MESSAGES_MAX];
static unsigned message_count;

/* --- the sink: a process that takes all mail and tells the number of each ----------------------
 */

struct sink_client {
    bool in_content;
    unsigned number;
};

static void sink_say(struct bufferevent *peer, const char *text)
{
    bufferevent_write(peer, text, strlen(text));
}

static void sink_line(struct bufferevent *peer, struct sink_client *client, const char *line)
{
    if (client->in_content) {
        sscanf(line, "Subject: %u", &client->number);
        if (strcmp(line, ".") != 0)
            return;
        if (write(sink_pipe[1], &client->number, sizeof client->number) < 0)
            _exit(1);
        client->in_content = false;
        sink_say(peer, "250 ok\r\n");
    } else if (strncmp(line, "EHLO", 4) == 0) {
        sink_say(peer, "250-sink\r\n250 PIPELINING\r\n");
    } else if (strncmp(line, "DATA", 4) == 0) {
        client->in_content = true;
        sink_say(peer, "354 go\r\n");
    } else {
        sink_say(peer, "250 ok\r\n");
    }
}

static void on_sink_input(struct bufferevent *peer, void *arg)
{
    char *line;
    while ((line = evbuffer_readln(bufferevent_get_input(peer), NULL, EVBUFFER_EOL_CRLF)) != NULL) {
        sink_line(peer, arg, line);
        free(line);
    }
}

static void on_sink_event(struct bufferevent *peer, short what, void *arg)
{
    (void)what;
    free(arg);
    bufferevent_free(peer);
}

static void on_sink_client(struct evconnlistener *from, evutil_socket_t fd,
                           struct sockaddr *address, int len, void *arg)
{
    (void)from;
    (void)address;
    (void)len;
    struct bufferevent *peer = bufferevent_socket_new(arg, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(peer, on_sink_input, NULL, on_sink_event,
                      mem_alloc(sizeof(struct sink_client)));
    bufferevent_enable(peer, EV_READ | EV_WRITE);
    sink_say(peer, "220 sink\r\n");
}

/* A socket that listens on a port of the system's choice. */
static int listen_anywhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static uint16_t sink_start(void)
{
    uint16_t port = 0;
    int fd = listen_anywhere(&port);
    ck_assert_int_eq(pipe(sink_pipe), 0);
    sink = fork();
    if (sink == 0) {
        struct event_base *base = event_base_new();
        evconnlistener_new(base, on_sink_client, base, LEV_OPT_CLOSE_ON_FREE, 0, fd);
        event_base_dispatch(base);
        _exit(0);
    }
    close(fd);
    close(sink_pipe[1]);
    return port;
}

/* --- the server ------------------------------------------------------------------------------- */

static void server_start(void)
{
    server = fork();
    if (server == 0) {
        signal(SIGTERM, SIG_DFL); /* Check's would end the test */
        struct err err = {.text = ""};
        struct settings *settings = settings_open(config_path, &err);
        int result = settings != NULL ? app_run(config_path, settings, &err) : -1;
        if (result != 0)
            fprintf(stderr, "%s\n", err.text);
        _exit(result == 0 ? 0 : 1);
    }
}

static void configure(uint16_t sink_port, const char *durability)
{
    struct err err = {.text = ""};
    struct buf json;
    close(listen_anywhere(&smtp_port));
    snprintf(folder, sizeof folder, "/tmp/refmta-app-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    buf_init(&json, 4096);
    buf_format(&json,
               "{\"hostname\": \"mail.s.test\", \"spool\": \"%s/spool\", \"log\": \"%s/log\","
               "\"listeners\": [{\"address\": \"127.0.0.1\", \"port\": %u}], \"retry\": \"1s\","
               "\"durability\": \"%s\", \"smart-host\": {\"host\": \"127.0.0.1\", \"port\": %u}}",
               folder, folder, smtp_port, durability, sink_port);
    snprintf(config_path, sizeof config_path, "%s/refmta.json", folder);
    ck_assert_msg(file_write(config_path, buf_slice(&json), &err) == 0, "%s", err.text);
    buf_deinit(&json);
}

/* --- the client ------------------------------------------------------------------------------- */

static FILE *client_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(smtp_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fdopen(fd, "r+");
        close(fd);
        poll(NULL, 0, TRY_MS); /* the server is starting */
    }
    ck_abort_msg("the server does not listen");
}

/* The code of the next reply, 0 if the connection is over. */
static int hear(FILE *client)
{
    char line[1024];
    do {
        if (fgets(line, sizeof line, client) == NULL)
            return 0;
    } while (line[3] == '-');
    return (int)strtol(line, NULL, 10);
}

static int say(FILE *client, const char *text)
{
    fputs(text, client);
    fflush(client);
    return hear(client);
}

/* Says all but the final reply's wait; the number stands in the subject. */
static void send_message(FILE *client, unsigned number)
{
    char text[256];
    ck_assert_int_eq(say(client, "MAIL FROM:<a@s.test>\r\n"), 250);
    ck_assert_int_eq(say(client, "RCPT TO:<b@x.test>\r\n"), 250);
    ck_assert_int_eq(say(client, "DATA\r\n"), 354);
    snprintf(text, sizeof text, "Subject: %u\r\n\r\nhello\r\n.\r\n", number);
    fputs(text, client);
    fflush(client);
}

/* Takes what the sink has told; waits for it at most so long. False if nothing came. */
static bool take_arrived(int wait_ms)
{
    struct pollfd poll_fd = {.fd = sink_pipe[0], .events = POLLIN};
    unsigned number = 0;
    if (poll(&poll_fd, 1, wait_ms) != 1 ||
        read(sink_pipe[0], &number, sizeof number) != (ssize_t)sizeof number)
        return false;
    ck_assert_uint_lt(number, MESSAGES_MAX);
    arrived[number]++;
    return true;
}

static bool all_arrived(void)
{
    for (unsigned i = 0; i < message_count; i++)
        if (accepted[i] && arrived[i] == 0)
            return false;
    return true;
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void kill_and_check(const char *durability, unsigned rounds)
{
    int status = 0;
    signal(SIGPIPE, SIG_IGN);
    configure(sink_start(), durability);
    for (unsigned round = 0; round < rounds; round++) {
        server_start();
        FILE *client = client_open();
        ck_assert_int_eq(hear(client), 220);
        ck_assert_int_eq(say(client, "EHLO c.test\r\n"), 250);
        unsigned count = 5 + round * 7 % 40;
        for (unsigned i = 0; i < count; i++, message_count++) {
            send_message(client, message_count);
            accepted[message_count] = hear(client) == 250;
            ck_assert(accepted[message_count]);
        }
        /* The last one is in doubt: killed before, at or behind its reply. */
        send_message(client, message_count++);
        kill(server, SIGKILL);
        ck_assert_int_eq(waitpid(server, NULL, 0), server);
        accepted[message_count - 1] = hear(client) == 250;
        fclose(client);
    }
    server_start();
    while (!all_arrived())
        ck_assert_msg(take_arrived(DELIVERY_MS), "mail is missing");
    fclose(client_open());
    kill(server, SIGTERM);
    ck_assert_int_eq(waitpid(server, &status, 0), server);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    while (take_arrived(0))
        continue;
    /* Twice came only what was on its way when it was killed: RFC 5321 4.5.3.2.6's window. */
    unsigned twice = 0;
    for (unsigned i = 0; i < message_count; i++)
        twice += arrived[i] > 1 ? 1 : 0;
    ck_assert_msg(twice <= rounds * 5, "%u of %u messages came twice", twice, message_count);
    kill(sink, SIGKILL);
    ck_assert_int_eq(waitpid(sink, NULL, 0), sink);
    remove_folder();
}

START_TEST(a_killed_server_loses_nothing)
{
    kill_and_check("off", ROUNDS);
}
END_TEST

START_TEST(nor_does_one_that_syncs_in_its_thread)
{
    kill_and_check("full", ROUNDS_WITH_SYNC);
}
END_TEST

START_TEST(a_bad_certificate_is_found_by_the_check)
{
    struct err err = {.text = ""};
    configure(25, "off");
    struct slice json = SLICE(
        "{\"hostname\": \"m.test\", \"spool\": \"/x\", \"listeners\": [{\"address\": \"::1\", "
        "\"port\": 25}], \"tls\": {\"certificate\": \"/nowhere/cert.pem\", \"key\": \"/k\"}}");
    ck_assert_int_eq(file_write(config_path, json, &err), 0);
    ck_assert_ptr_null(settings_open(config_path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "refmta.json: tls: "));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/cert.pem"));
    remove_folder();
}
END_TEST

UNIT_MAIN(a_killed_server_loses_nothing, nor_does_one_that_syncs_in_its_thread,
          a_bad_certificate_is_found_by_the_check)
