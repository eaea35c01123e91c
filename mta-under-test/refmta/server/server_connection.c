#include "mta-under-test/refmta/server/server_connection.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/net/conn.h"

#include "mta-under-test/base/poison.h"

enum { INPUT_BYTES_MAX = 1 << 17, TLS_TEXT_BYTES = 128 };

struct connection {
    struct list link; /* in the server's list */
    struct server *server;
    struct conn *conn;
    struct server_session session;
    bool storing; /* the queue will call on_stored() */
    bool closing; /* nothing more but to write what is there */
    bool start_tls;
    struct event *delay_timer; /* NULL before the first failed login */
    char tls_text[TLS_TEXT_BYTES];
};

static void connection_free(struct connection *connection)
{
    struct server *server = connection->server;
    conn_close(&connection->conn);
    if (connection->storing)
        return; /* on_stored() will come back */
    list_remove(&connection->link);
    server->connection_count--;
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
    server_session_delayed(&connection->session);
    conn_pause(connection->conn, false);
    drive(connection);
}

/* Keeps the client waiting. What it says meanwhile is not read. */
static void delay(struct connection *connection)
{
    int64_t delay_us = connection->session.delay_us;
    struct timeval wait = {.tv_sec = delay_us / TIME_SECOND, .tv_usec = delay_us % TIME_SECOND};
    if (connection->delay_timer == NULL)
        connection->delay_timer =
            event_new(connection->server->options.base, -1, 0, on_delay, connection);
    conn_pause(connection->conn, true);
    conn_set_timeout(connection->conn, 0);
    event_add(connection->delay_timer, &wait);
}

/* Lets the session work on what has come. */
static void drive(struct connection *connection)
{
    const struct server_limits *limits = connection->server->options.limits;
    if (connection->closing || connection->start_tls)
        return;
    switch (server_session_feed(&connection->session, conn_input(connection->conn))) {
    case SERVER_EVENT_NONE:
        write_replies(connection);
        if (connection->server->stopping) {
            server_session_shut(&connection->session, "4.3.2", "stops now");
            finish(connection);
            return;
        }
        conn_set_timeout(connection->conn, connection->session.state == SERVER_STATE_DATA
                                               ? limits->data_timeout_us
                                               : limits->command_timeout_us);
        break;
    case SERVER_EVENT_MESSAGE:
        write_replies(connection);
        store_message(connection);
        break;
    case SERVER_EVENT_STARTTLS:
        connection->start_tls = true;
        write_replies(connection);
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

static void on_input(void *owner)
{
    struct connection *connection = owner;
    if (!connection->storing)
        drive(connection);
}

static void on_drained(void *owner)
{
    struct connection *connection = owner;
    if (!connection->start_tls)
        return;
    connection->start_tls = false;
    conn_start_tls(connection->conn, connection->server->options.tls, true, NULL);
}

static void on_secured(void *owner)
{
    struct connection *connection = owner;
    SSL *tls = conn_tls(connection->conn);
    snprintf(connection->tls_text, sizeof connection->tls_text, "%s with cipher %s",
             SSL_get_version(tls), SSL_get_cipher_name(tls));
    server_session_secured(&connection->session, connection->tls_text);
    drive(connection);
}

static void on_end(void *owner, enum conn_end end, const char *text)
{
    struct connection *connection = owner;
    if (end == CONN_END_TIMEOUT && !connection->closing) {
        /* RFC 5321 4.5.3.2: said, although nobody may listen any more. */
        server_session_shut(&connection->session, "4.4.2", "no command within the time limit");
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
        .guard = &server->guard,
        .signer = server->options.signer,
        .client = conn_peer(connection->conn),
        .number = ++server->last_number,
        .new_id = new_id,
        .arg = server->options.queue,
    };
    log_connected(&setup);
    server_session_init(&connection->session, &setup);
    trace_if_wanted(connection);
    list_push_back(&server->connections, &connection->link);
    server->connection_count++;
    conn_set_timeout(connection->conn, server->options.limits->command_timeout_us);
    if (server->connection_count > server->options.limits->connections_max) {
        buf_reset(&connection->session.out);
        server_session_shut(&connection->session, "4.3.2", "too many connections");
        finish(connection);
    } else if (listener->config->tls == CONFIG_TLS_IMPLICIT) {
        conn_start_tls(connection->conn, server->options.tls, true, NULL);
    } else {
        write_replies(connection);
    }
}

void server_connections_stop(struct server *server)
{
    LIST_EACH(link, &server->connections)
    {
        struct connection *connection = LIST_ENTRY(link, struct connection, link);
        if (!connection->storing && !connection->closing &&
            connection->session.state != SERVER_STATE_DATA &&
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
