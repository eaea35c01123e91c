/* Clients against a scripted server on the loopback, in one event loop. */
#include "sim/client/clients.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/event/event_file.h"
#include "tests/unit/unit.h"

/* Answers "250 2.0.0 LINE" to each line; to "AUTH LOGIN" and the user name behind it 334; to "BYE"
 * 421, and closes; to "SHUT" it only closes. */
struct fake {
    struct event_base *base;
    struct evconnlistener *listener;
    struct bufferevent *stream;
    uint16_t port;
};

static void fake_shut(struct fake *fake)
{
    bufferevent_free(fake->stream);
    fake->stream = NULL;
}

static void fake_on_drained(struct bufferevent *stream, void *context)
{
    (void)stream;
    fake_shut(context);
}

static void fake_on_read(struct bufferevent *stream, void *context)
{
    struct fake *fake = context;
    char *line = NULL;
    while (fake->stream != NULL && (line = evbuffer_readln(bufferevent_get_input(stream), NULL,
                                                           EVBUFFER_EOL_CRLF)) != NULL) {
        bool is_bye = strcmp(line, "BYE") == 0;
        if (strcmp(line, "SHUT") == 0) {
            fake_shut(fake);
        } else if (strcmp(line, "AUTH LOGIN") == 0 || strcmp(line, "YQ==") == 0) {
            evbuffer_add_printf(bufferevent_get_output(stream), "334 VXNlcm5hbWU6\r\n");
        } else {
            evbuffer_add_printf(bufferevent_get_output(stream), "%s 2.0.0 %s\r\n",
                                is_bye ? "421" : "250", line);
            if (is_bye)
                bufferevent_setcb(stream, NULL, fake_on_drained, NULL, fake);
        }
        free(line);
    }
}

static void fake_on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                           struct sockaddr *address, int len, void *context)
{
    struct fake *fake = context;
    (void)listener;
    (void)address;
    (void)len;
    fake->stream = bufferevent_socket_new(fake->base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(fake->stream, fake_on_read, NULL, NULL, fake);
    bufferevent_enable(fake->stream, EV_READ | EV_WRITE);
    evbuffer_add_printf(bufferevent_get_output(fake->stream), "220 fake.test\r\n");
}

static void fake_open(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    fake->base = event_base_new();
    fake->listener =
        evconnlistener_new_bind(fake->base, fake_on_accept, fake, LEV_OPT_CLOSE_ON_FREE, 16,
                                (const struct sockaddr *)&address, (int)len);
    ck_assert_ptr_nonnull(fake->listener);
    getsockname(evconnlistener_get_fd(fake->listener), (struct sockaddr *)&address, &len);
    fake->port = ntohs(address.sin_port);
}

static void fake_close(struct fake *fake)
{
    if (fake->stream != NULL)
        bufferevent_free(fake->stream);
    evconnlistener_free(fake->listener);
    event_base_free(fake->base);
}

static void on_changed(void *context)
{
    (void)context;
}

/* Plays one client with these steps; the events' lines, "kind: text [unexpected]". */
static void play(const char *steps, struct buf *events)
{
    struct fake fake = {0};
    struct arena arena = {0};
    struct client_list list = {.count = 0};
    struct err err = {0};
    char path[] = "/tmp/clients-XXXXXX";
    fake_open(&fake);
    char *json =
        mem_text_format("[{\"id\": \"c\", \"port\": %u, \"dialogue\": [%s]}]", fake.port, steps);
    struct spec_document *document = spec_document_parse("x.json", slice_of(json), &err);
    ck_assert_msg(client_list_parse(spec_root(document), &arena, &list, &err) == 0, "%s", err.text);
    struct event_log *log = event_log_new(mkstemp(path), 0);
    struct clients_options options = {
        .base = fake.base, .log = log, .list = &list, .changed = on_changed};
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &options.server), 0);
    options.source = options.server;
    struct clients *clients = clients_new(&options);
    clients_start(clients);
    while (!clients_are_done(clients))
        event_base_loop(fake.base, EVLOOP_ONCE);
    clients_free(&clients);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    buf_init(events, 10000);
    struct event_file *file = event_file_open(path, &err);
    const cJSON *event = NULL;
    while (event_file_next(file, &event, &err) == 1) {
        if (strcmp(event_text(event, "kind"), "say") != 0)
            buf_format(events, "%s: %d %s%s%s%s\n", event_text(event, "kind"),
                       (int)event_int(event, "code", 0), event_text(event, "text"),
                       event_text(event, "unexpected")[0] != '\0' ? " [" : "",
                       event_text(event, "unexpected"),
                       event_text(event, "unexpected")[0] != '\0' ? "]" : "");
    }
    event_file_close(&file);
    unlink(path);
    client_list_release(&list);
    spec_document_free(&document);
    free(json);
    arena_deinit(&arena);
    fake_close(&fake);
}

START_TEST(what_is_said_and_heard)
{
    static const struct {
        const char *steps;
        const char *events;
    } CASES[] = {
        {"{\"hear\": \"220 *\"}, \"one\", {\"say\": \"two\", \"hear\": \"250 2.0.0 two\"}",
         "reply: 220 fake.test\nreply: 250 one\nreply: 250 two\nend: 0 the client has said all\n"},
        /* Another answer than the script wants ends it. */
        {"{\"hear\": \"220 *\"}, {\"say\": \"one\", \"hear\": \"5*\"}, \"two\"",
         "reply: 220 fake.test\nreply: 250 one [5*]\n"},
        {"{\"hear\": \"220 *\"}, \"BYE\"", "reply: 220 fake.test\nreply: 421 BYE [2* or 3*]\n"},
        /* The server closes, as it should; without it; and as it should not. */
        {"{\"hear\": \"220 *\"}, {\"say\": \"BYE\", \"hear\": \"421 *\", \"closed\": true}",
         "reply: 220 fake.test\nreply: 421 BYE\nend: 0 the server has closed\n"},
        {"{\"hear\": \"220 *\"}, {\"say\": \"one\", \"closed\": true}",
         "reply: 220 fake.test\nreply: 250 one [the end of the connection]\n"},
        {"{\"hear\": \"220 *\"}, {\"say\": \"SHUT\", \"hear\": \"*\"}",
         "reply: 220 fake.test\nend: 0 the server has closed [a reply]\n"},
        /* A login is one step, with the reply at its end. */
        {"{\"hear\": \"220 *\"}, {\"login\": {\"mechanism\": \"PLAIN\", \"user\": \"a\", "
         "\"password\": \"b\"}}, \"one\"",
         "reply: 220 fake.test\nlogin: 0 \nreply: 250 AUTH PLAIN AGEAYg==\nreply: 250 one\n"
         "end: 0 the client has said all\n"},
        {"{\"hear\": \"220 *\"}, {\"login\": {\"mechanism\": \"LOGIN\", \"user\": \"a\", "
         "\"password\": \"b\"}, \"hear\": \"250 2.0.0 Yg==\"}",
         "reply: 220 fake.test\nlogin: 0 \nreply: 250 Yg==\nend: 0 the client has said all\n"},
        {"{\"hear\": \"220 *\"}, {\"login\": {\"mechanism\": \"SCRAM-SHA-256-PLUS\", \"user\": "
         "\"a\", \"password\": \"b\"}}",
         "reply: 220 fake.test\nlogin: 0 \nend: 0 there is no TLS connection to bind the login to "
         "[a login]\n"},
        /* Bytes in pieces, and more than once. */
        {"{\"hear\": \"220 *\"}, {\"send\": \"ab\", \"times\": 2}, {\"send\": \"\\r\\n\", "
         "\"hear\": \"250 2.0.0 abab\"}",
         "reply: 220 fake.test\nreply: 250 abab\nend: 0 the client has said all\n"},
        {"{\"hear\": \"220 *\"}, {\"say\": \"x\", \"times\": 2, \"every\": \"1ms\", \"hear\": \"* "
         "x\"}, {\"hear\": \"* x\"}",
         "reply: 220 fake.test\nreply: 250 x\nreply: 250 x\nend: 0 the client has said all\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf events;
        play(CASES[i].steps, &events);
        ck_assert_str_eq(buf_text(&events), CASES[i].events);
        buf_deinit(&events);
    }
}
END_TEST

UNIT_MAIN(what_is_said_and_heard)
