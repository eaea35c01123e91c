#include "mta-under-test/refmta/server/server_connection.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/net/conn.h"
#include "mta-under-test/refmta/net/proxy_header.h"
#include "mta-under-test/refmta/net/tls_context.h"
#include "mta-under-test/refmta/queue/queue_operate.h"
#include "mta-under-test/refmta/server/relay_decision.h"
#include "mta-under-test/refmta/server/server_check.h"

#include "mta-under-test/base/poison.h"

enum { INPUT_BYTES_MAX = 1 << 17, TLS_TEXT_BYTES = 128 };

/* How long a proxy may take to say who is there. */
#define PROXY_TIMEOUT_US (10 * TIME_SECOND)

struct connection {
    struct list link; /* in the server's list */
    struct server *server;
    struct conn *conn;
    struct server_session session;
    struct server_check *check; /* NULL: none is running */
    bool storing;               /* the queue will call on_stored() */
    bool closing;               /* nothing more but to write what is there */
    bool start_tls;
    bool counted; /* among the connections of the client, which is: */
    struct ip_address counted_as;
    bool awaits_proxy;         /* the proxy says first who the client is */
    bool greeting_waits;       /* the client must not speak yet */
    struct event *delay_timer; /* NULL before the first wait */
    char tls_text[TLS_TEXT_BYTES];
};

/* Adds to the number of the client's connections and returns it. */
static uintptr_t count_client(struct server *server, const struct ip_address *client, int change)
{
    struct slice key = ip_address_site(client);
    uintptr_t count = (uintptr_t)map_get(&server->clients, key);
    count = change > 0 ? count + 1 : count - 1;
    if (count == 0)
        map_remove(&server->clients, key);
    else
        map_set(&server->clients, key, (void *)count);
    return count;
}

static void connection_free(struct connection *connection)
{
    struct server *server = connection->server;
    conn_close(&connection->conn);
    server_check_cancel(&connection->check);
    if (connection->storing)
        return; /* on_stored() will come back */
    list_remove(&connection->link);
    server->connection_count--;
    if (connection->counted)
        count_client(server, &connection->counted_as, -1);
    const struct config *config = connection->session.setup.config;
    server_session_deinit(&connection->session);
    config_let_go(config);
    if (connection->delay_timer != NULL)
        event_free(connection->delay_timer);
    free(connection);
    if (server->stopping && server->connection_count == 0)
        server->options.on_stopped(server->options.arg);
}

static void log_end_of(struct connection *connection, const char *why)
{
    struct server_session *session = &connection->session;
    char ip[IP_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, connection->server->options.log, "session");
    json_out_int(&line.json, "session", (int64_t)session->setup.number);
    json_out_text(&line.json, "client", ip_address_to_text(&session->setup.client.address, ip));
    json_out_text(&line.json, "helo", session->helo);
    if (session->user != NULL)
        json_out_text(&line.json, "user", session->user);
    json_out_int(&line.json, "messages", session->accepted_count);
    json_out_int(&line.json, "errors", session->error_count);
    if (session->is_tls)
        json_out_text(&line.json, "tls", connection->tls_text);
    json_out_text(&line.json, "state", server_state_name(session->state));
    json_out_text(&line.json, "end", why);
    log_end(&line);
}

static void write_replies(struct connection *connection)
{
    conn_write(connection->conn, buf_slice(&connection->session.out));
    buf_reset(&connection->session.out);
}

static void finish(struct connection *connection)
{
    connection->closing = true;
    write_replies(connection);
    conn_finish(connection->conn);
}

static void on_stored(void *arg, int error);

static void store_message(struct connection *connection)
{
    struct server_session *session = &connection->session;
    connection->storing = true;
    conn_pause(connection->conn, true);
    conn_set_timeout(connection->conn, 0);
    queue_accept(connection->server->options.queue, session->id, &session->envelope,
                 &session->content, on_stored, connection);
}

static void drive(struct connection *connection);

static void on_delay(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct connection *connection = arg;
    if (connection->greeting_waits)
        connection->greeting_waits = false;
    else
        server_session_delayed(&connection->session);
    conn_pause(connection->conn, false);
    drive(connection);
}

static void start_delay(struct connection *connection, int64_t delay_us)
{
    struct timeval wait = {.tv_sec = delay_us / TIME_SECOND, .tv_usec = delay_us % TIME_SECOND};
    if (connection->delay_timer == NULL)
        connection->delay_timer =
            event_new(connection->server->options.base, -1, 0, on_delay, connection);
    conn_set_timeout(connection->conn, 0);
    event_add(connection->delay_timer, &wait);
}

/* Keeps the client waiting. What it says meanwhile is not read. */
static void delay(struct connection *connection)
{
    start_delay(connection, connection->session.delay_us);
    conn_pause(connection->conn, true);
}

static bool is_too_slow(const struct connection *connection)
{
    int64_t since_us = connection->session.content_since_us;
    return since_us != 0 &&
           time_monotonic_us() - since_us > connection->server->options.limits->content_time_us;
}

static void follow(struct connection *connection, enum server_event event);
static void welcome(struct connection *connection);

static void on_checked(void *arg)
{
    struct connection *connection = arg;
    enum server_event event = server_session_checked(&connection->session);
    conn_pause(connection->conn, false);
    follow(connection, event);
    if (event == SERVER_EVENT_NONE)
        drive(connection);
}

/* The client waits for the reply meanwhile, and is not heard. */
static void run_checks(struct connection *connection)
{
    conn_pause(connection->conn, true);
    conn_set_timeout(connection->conn, 0);
    server_check_start(&connection->check, connection->session.check,
                       connection->server->options.resolver, on_checked, connection);
}

/* Lets the session work on what has come. */
static void drive(struct connection *connection)
{
    if (connection->closing || connection->start_tls)
        return;
    if (connection->greeting_waits) {
        server_session_spoke_early(&connection->session);
        finish(connection);
        return;
    }
    follow(connection, server_session_feed(&connection->session, conn_input(connection->conn)));
}

/* Does what the session asks for. */
static void follow(struct connection *connection, enum server_event event)
{
    const struct server_limits *limits = connection->server->options.limits;
    switch (event) {
    case SERVER_EVENT_NONE:
        if (is_too_slow(connection)) {
            server_session_limit(&connection->session, "content-time", "4.4.2",
                                 "the message comes too slowly");
            finish(connection);
            return;
        }
        write_replies(connection);
        if (connection->server->stopping) {
            server_session_shut(&connection->session, "4.3.2", "stops now");
            finish(connection);
            return;
        }
        conn_set_timeout(connection->conn, server_session_is_in_content(&connection->session)
                                               ? limits->data_timeout_us
                                               : limits->command_timeout_us);
        break;
    case SERVER_EVENT_MESSAGE:
        write_replies(connection);
        store_message(connection);
        break;
    case SERVER_EVENT_CHECK:
        write_replies(connection);
        run_checks(connection);
        break;
    case SERVER_EVENT_STARTTLS:
        connection->start_tls = true;
        write_replies(connection);
        break;
    case SERVER_EVENT_CLIENT:
        count_client(connection->server, &connection->counted_as, -1);
        connection->counted = false;
        welcome(connection);
        break;
    case SERVER_EVENT_DELAY:
        write_replies(connection);
        delay(connection);
        break;
    case SERVER_EVENT_CLOSE:
        finish(connection);
        break;
    }
}

static void on_stored(void *arg, int error)
{
    struct connection *connection = arg;
    connection->storing = false;
    if (connection->conn == NULL) {
        connection_free(connection);
        return;
    }
    server_session_stored(&connection->session, error);
    conn_pause(connection->conn, false);
    drive(connection);
}

static bool is_among(const struct ip_address *client, const struct ip_network *networks,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ip_network_contains(&networks[i], client))
            return true;
    return false;
}

static bool may_xclient(const struct server_setup *setup)
{
    return is_among(&setup->client.address, setup->listener->xclients,
                    setup->listener->xclient_count);
}

/* False as long as it is not known who the client is. */
static bool take_proxy_header(struct connection *connection)
{
    struct server_session *session = &connection->session;
    struct buf *in = conn_input(connection->conn);
    struct ip_endpoint client;
    size_t used = 0;
    switch (proxy_header_parse(buf_slice(in), &client, &used)) {
    case PROXY_HEADER_MORE:
        return false;
    case PROXY_HEADER_CLIENT:
        session->setup.client = client;
        session->setup.may_xclient = may_xclient(&session->setup);
        break;
    case PROXY_HEADER_OWN:
        break;
    case PROXY_HEADER_BAD:
        buf_reset(&session->out);
        server_session_shut(session, "4.3.5", "expected a header of the PROXY protocol");
        finish(connection);
        return false;
    }
    buf_consume(in, used);
    connection->awaits_proxy = false;
    welcome(connection);
    return in->len > 0 && !connection->closing;
}

static void on_input(void *owner)
{
    struct connection *connection = owner;
    if (connection->awaits_proxy && (connection->closing || !take_proxy_header(connection)))
        return;
    if (!connection->storing && connection->check == NULL)
        drive(connection);
}

/* Users may show a certificate; other servers are not asked for one. */
static void start_tls(struct connection *connection)
{
    const struct server_setup *setup = &connection->session.setup;
    conn_start_tls(connection->conn, connection->server->options.tls, true, NULL);
    if (setup->config->auth.authorities != NULL && setup->listener->mode == CONFIG_MODE_SUBMISSION)
        tls_context_ask_client(conn_tls(connection->conn));
}

static void on_drained(void *owner)
{
    struct connection *connection = owner;
    if (!connection->start_tls)
        return;
    connection->start_tls = false;
    start_tls(connection);
}

static void on_secured(void *owner)
{
    struct connection *connection = owner;
    SSL *tls = conn_tls(connection->conn);
    snprintf(connection->tls_text, sizeof connection->tls_text, "%s with cipher %s",
             SSL_get_version(tls), SSL_get_cipher_name(tls));
    auth_channel_read(&connection->session.channel, tls);
    server_session_secured(&connection->session, connection->tls_text);
    drive(connection);
}

static void on_end(void *owner, enum conn_end end, const char *text)
{
    struct connection *connection = owner;
    if (end == CONN_END_TIMEOUT && !connection->closing) {
        /* RFC 5321 4.5.3.2: said, although nobody may listen any more. */
        server_session_limit(&connection->session,
                             server_session_is_in_content(&connection->session) ? "content-silence"
                                                                                : "command-time",
                             "4.4.2", "no command within the time limit");
        conn_last_words(connection->conn, buf_slice(&connection->session.out));
        text = "no command within the time limit";
    }
    if (end == CONN_END_FLUSHED)
        text = "closed";
    log_end_of(connection, text);
    connection_free(connection);
}

static const struct conn_handler HANDLER = {
    .on_input = on_input,
    .on_secured = on_secured,
    .on_drained = on_drained,
    .on_end = on_end,
};

static void on_bytes(void *owner, bool is_sent, struct slice bytes)
{
    const struct connection *connection = owner;
    const struct trace_piece piece = {
        .kind = "session",
        .number = connection->session.setup.number,
        .is_sent = is_sent,
        .is_secret = !is_sent && (connection->session.state == SERVER_STATE_AUTH ||
                                  slice_starts_with_nocase(bytes, SLICE("AUTH "))),
        .bytes = bytes,
    };
    trace_write(connection->server->options.log, &piece);
}

static void trace_if_wanted(struct connection *connection)
{
    char ip[IP_TEXT_BYTES];
    const struct server_setup *setup = &connection->session.setup;
    if (trace_wants_client(connection->server->options.trace,
                           ip_address_to_text(&setup->client.address, ip)))
        conn_set_trace(connection->conn, on_bytes);
}

static void log_connected(const struct server_setup *setup)
{
    char ip[IP_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, setup->log, "connected");
    json_out_int(&line.json, "session", (int64_t)setup->number);
    json_out_text(&line.json, "client", ip_address_to_text(&setup->client.address, ip));
    json_out_int(&line.json, "port", setup->listener->endpoint.port);
    log_end(&line);
}

static uint64_t new_id(void *arg)
{
    return queue_new_id(arg);
}

static size_t flush(void *arg, struct slice domain)
{
    const struct queue_filter filter = {.domain = domain, .newer_us = INT64_MAX};
    return queue_operate(arg, QUEUE_FLUSH, &filter);
}

/* Turns the client away where there are too many; otherwise greets it, in its time. */
static void welcome(struct connection *connection)
{
    struct server *server = connection->server;
    struct server_session *session = &connection->session;
    const struct server_limits *limits = server->options.limits;
    const struct ip_address *client = &session->setup.client.address;
    bool is_own = relay_client_is_trusted(session->setup.config, client);
    uintptr_t own_count = count_client(server, client, 1);
    connection->counted = true;
    connection->counted_as = *client;
    log_connected(&session->setup);
    bool is_crowd = server->connection_count > limits->connections_max;
    conn_set_timeout(connection->conn, limits->command_timeout_us);
    if (is_crowd || (!is_own && own_count > limits->client_max)) {
        buf_reset(&session->out);
        server_session_limit(session, is_crowd ? "connections" : "connections-per-client",
                             is_crowd ? "4.3.2" : "4.7.0", "too many connections");
        finish(connection);
    } else if (session->setup.listener->tls == CONFIG_TLS_IMPLICIT && !session->is_tls) {
        start_tls(connection);
    } else if (limits->greeting_pause_us > 0 && !is_own &&
               session->setup.listener->mode == CONFIG_MODE_RELAY) {
        connection->greeting_waits = true;
        start_delay(connection, limits->greeting_pause_us);
    } else {
        write_replies(connection);
    }
}

void server_connection_open(struct server_listener *listener, int fd)
{
    struct server *server = listener->server;
    struct connection *connection = mem_alloc(sizeof *connection);
    connection->server = server;
    connection->conn = conn_new(server->options.base, fd, &HANDLER, connection, INPUT_BYTES_MAX);
    struct server_setup setup = {
        .config = config_hold(server->options.config),
        .listener = listener->config,
        .limits = server->options.limits,
        .log = server->options.log,
        .users = server->options.users,
        .issuers = server->options.issuers,
        .guard = &server->guard,
        .memory = &server->memory,
        .signer = server->options.signer,
        .one_click = server->options.one_click,
        .on_dmarc = server->options.on_dmarc,
        .reporter = server->options.reporter,
        .client = conn_peer(connection->conn),
        .number = ++server->last_number,
        .new_id = new_id,
        .flush = flush,
        .arg = server->options.queue,
    };
    setup.may_xclient = may_xclient(&setup);
    server_session_init(&connection->session, &setup);
    trace_if_wanted(connection);
    list_push_back(&server->connections, &connection->link);
    server->connection_count++;
    connection->awaits_proxy =
        is_among(&setup.client.address, listener->config->proxies, listener->config->proxy_count);
    if (connection->awaits_proxy)
        conn_set_timeout(connection->conn, PROXY_TIMEOUT_US);
    else
        welcome(connection);
}

void server_connections_stop(struct server *server)
{
    LIST_EACH(link, &server->connections)
    {
        struct connection *connection = LIST_ENTRY(link, struct connection, link);
        if (!connection->storing && connection->check == NULL && !connection->closing &&
            !server_session_is_in_content(&connection->session) &&
            connection->session.state != SERVER_STATE_SECURING) {
            server_session_shut(&connection->session, "4.3.2", "stops now");
            finish(connection);
        }
    }
}

void server_connections_close(struct server *server)
{
    LIST_EACH(link, &server->connections)
    connection_free(LIST_ENTRY(link, struct connection, link));
}
