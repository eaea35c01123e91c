#include "sim/mx/mx_connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_connection_state.h"

#include "mta-under-test/base/poison.h"

enum {
    MX_INPUT_BYTES_MAX = 2 * MX_READ_BYTES,
    MX_DRIP_STEPS_A_SECOND = 10, /* a faster drip sends several bytes at once */
    MX_DRAIN_READS = 16,
};

/* ---- events of the loop */

void mx_connection_watch(struct mx_connection *connection, bool reading, bool closing)
{
    if (reading != connection->is_reading) {
        if (reading)
            event_add(&connection->reading, NULL);
        else
            event_del(&connection->reading);
        connection->is_reading = reading;
    }
    if (closing != connection->is_closing) {
        if (closing)
            event_add(&connection->closing, NULL);
        else
            event_del(&connection->closing);
        connection->is_closing = closing;
    }
}

void mx_connection_set_timer(struct mx_connection *connection, int64_t wait_us)
{
    struct timeval wait = {.tv_sec = wait_us / TIME_SECOND, .tv_usec = wait_us % TIME_SECOND};
    event_add(&connection->timer, &wait);
}

void mx_connection_set_phase(struct mx_connection *connection, enum mx_phase phase)
{
    connection->phase = phase;
    bool reading = phase == MX_PHASE_INPUT || phase == MX_PHASE_HANG ||
                   phase == MX_PHASE_HANDSHAKE || phase == MX_PHASE_TLS_FAULT;
    /* A client that leaves while it is kept waiting must be noticed. */
    bool closing = phase == MX_PHASE_DELAY || phase == MX_PHASE_DRIP || phase == MX_PHASE_CALL;
    mx_connection_watch(connection, reading, closing);
}

/* Waiting for the client: the timer runs on, and looks at the deadline when it is due. */
static void mx_connection_wait_idle(struct mx_connection *connection, enum mx_phase phase)
{
    int64_t now_us = time_now_us();
    bool armed = evtimer_pending(&connection->timer, NULL) != 0 &&
                 (connection->phase == MX_PHASE_INPUT || connection->phase == MX_PHASE_OUTPUT);
    connection->idle_deadline_us = now_us + connection->home->limits->idle_us;
    mx_connection_set_phase(connection, phase);
    if (!armed)
        mx_connection_set_timer(connection, connection->home->limits->idle_us);
}

/* ---- the end */

void mx_connection_end(struct mx_connection *connection, const char *by)
{
    struct mx_connection_home *home = connection->home;
    mx_session_end(connection->session, time_now_us(), by);
    event_del(&connection->reading);
    event_del(&connection->writing);
    event_del(&connection->closing);
    event_del(&connection->timer);
    mx_caller_free(&connection->caller);
    list_remove(&connection->link);
    home->count--;
    SSL_free(connection->ssl);
    close(connection->fd);
    mx_session_free(&connection->session);
    buf_deinit(&connection->input);
    free(connection);
}

/* Closing a socket that holds unread bytes resets it, and the client may lose our last reply. */
static void mx_connection_drain(struct mx_connection *connection)
{
    for (int i = 0; i < MX_DRAIN_READS; i++) {
        if (recv(connection->fd, connection->home->read_buffer, MX_READ_BYTES, MSG_DONTWAIT) <= 0)
            return;
    }
}

static void mx_connection_close(struct mx_connection *connection)
{
    if (connection->ssl != NULL && SSL_is_init_finished(connection->ssl) &&
        connection->host->tls_slip != MX_TLS_SLIP_NO_CLOSE_NOTIFY)
        SSL_shutdown(connection->ssl);
    ERR_clear_error();
    mx_connection_drain(connection);
    mx_connection_end(connection, "server");
}

static void mx_connection_reset(struct mx_connection *connection)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    mx_connection_end(connection, "reset");
}

/* ---- reading and writing */

enum mx_io { MX_IO_DONE, MX_IO_AGAIN, MX_IO_EOF, MX_IO_ERROR };

static enum mx_io mx_connection_tls_result(struct mx_connection *connection, int result)
{
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return MX_IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return MX_IO_EOF;
    default:
        ERR_clear_error();
        return MX_IO_ERROR;
    }
}

static enum mx_io mx_connection_read_some(struct mx_connection *connection, size_t *len)
{
    char *buffer = connection->home->read_buffer;
    if (connection->ssl != NULL) {
        int got = SSL_read(connection->ssl, buffer, MX_READ_BYTES);
        *len = got > 0 ? (size_t)got : 0;
        return got > 0 ? MX_IO_DONE : mx_connection_tls_result(connection, got);
    }
    ssize_t got = recv(connection->fd, buffer, MX_READ_BYTES, MSG_DONTWAIT);
    *len = got > 0 ? (size_t)got : 0;
    if (got > 0)
        return MX_IO_DONE;
    if (got == 0)
        return MX_IO_EOF;
    return errno == EAGAIN || errno == EINTR ? MX_IO_AGAIN : MX_IO_ERROR;
}

static enum mx_io mx_connection_write_some(struct mx_connection *connection, size_t max)
{
    struct buf *output = mx_session_output(connection->session);
    struct slice bytes = slice_first(buf_slice(output), max);
    if (bytes.len == 0)
        return MX_IO_DONE;
    ssize_t sent;
    if (connection->ssl != NULL) {
        int result = SSL_write(connection->ssl, bytes.data, (int)bytes.len);
        if (result <= 0)
            return mx_connection_tls_result(connection, result);
        sent = result;
    } else {
        sent = send(connection->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR ? MX_IO_AGAIN : MX_IO_ERROR;
    }
    buf_consume(output, (size_t)sent);
    return output->len > 0 ? MX_IO_AGAIN : MX_IO_DONE;
}

/* True when all output is written; otherwise the connection waits, or is gone. */
static bool mx_connection_flush(struct mx_connection *connection)
{
    if (connection->ssl != NULL && connection->host->tls_slip == MX_TLS_SLIP_CUT_RECORD &&
        mx_session_output(connection->session)->len > 0) {
        mx_handshake_cut_record(connection);
        mx_connection_end(connection, "server");
        return false;
    }
    enum mx_io io = mx_connection_write_some(connection, SIZE_MAX);
    if (io == MX_IO_DONE)
        return true;
    if (io != MX_IO_AGAIN) {
        mx_connection_end(connection, "client");
        return false;
    }
    mx_connection_wait_idle(connection, MX_PHASE_OUTPUT);
    event_add(&connection->writing, NULL);
    return false;
}

/* A slow reply: the next bytes, and a timer for those behind them. */
static bool mx_connection_drip(struct mx_connection *connection)
{
    int64_t drip = mx_session_drip(connection->session);
    if (mx_session_output(connection->session)->len == 0) {
        mx_session_drip_done(connection->session);
        return true;
    }
    size_t step = (size_t)(drip > MX_DRIP_STEPS_A_SECOND ? drip / MX_DRIP_STEPS_A_SECOND : 1);
    enum mx_io io = mx_connection_write_some(connection, step);
    if (io == MX_IO_ERROR || io == MX_IO_EOF) {
        mx_connection_end(connection, "client");
        return false;
    }
    mx_connection_set_phase(connection, MX_PHASE_DRIP);
    mx_connection_set_timer(connection, (int64_t)step * TIME_SECOND / drip);
    return false;
}

/* ---- needs */

/* Feeds what is there; false if nothing of it could be used. */
static bool mx_connection_feed_input(struct mx_connection *connection)
{
    if (connection->input.len == 0)
        return false;
    size_t consumed =
        mx_session_feed(connection->session, time_now_us(), buf_slice(&connection->input));
    buf_consume(&connection->input, consumed);
    return consumed > 0;
}

static void mx_connection_on_called(void *context, int code, const char *text)
{
    struct mx_connection *connection = context;
    connection->caller = NULL;
    mx_session_called_back(connection->session, time_now_us(), code, text);
    mx_connection_run(connection);
}

/* Asks the sender's mail host; true if there is an answer already. */
static bool mx_connection_call(struct mx_connection *connection)
{
    struct mx_session *session = connection->session;
    struct mx_verifier *verifier = mx_session_verifier(session);
    const char *mailbox = mx_session_call_mailbox(session);
    const char *at = strrchr(mailbox, '@');
    struct mx_caller_options options = {
        .base = connection->home->base,
        .helo = connection->host->name,
        .mailbox = mailbox,
        .done = mx_connection_on_called,
        .context = connection,
    };
    int found = -1;
    if (verifier != NULL && at != NULL)
        found = mx_verifier_find_mail_host(verifier, at + 1, time_now_us(), &options.target);
    for (size_t i = 0; i < connection->host->address_count; i++) {
        const struct address *own = &connection->host->addresses[i];
        if (i == 0 || address_is_ipv4(own) == address_is_ipv4(&options.target))
            options.source = *own;
    }
    if (found == 1)
        connection->caller = mx_caller_start(&options);
    if (connection->caller == NULL) {
        mx_session_called_back(session, time_now_us(), found == 0 ? 550 : 0,
                               found == 0 ? "the domain takes no mail" : "cannot be asked");
        return true;
    }
    mx_connection_set_phase(connection, MX_PHASE_CALL);
    return false;
}

/* One need; true if the connection can go on at once. */
static bool mx_connection_fulfil(struct mx_connection *connection)
{
    struct mx_session *session = connection->session;
    switch (mx_session_need(session)) {
    case MX_NEED_INPUT:
        if (mx_connection_feed_input(connection))
            return true;
        mx_connection_wait_idle(connection, MX_PHASE_INPUT);
        return false;
    case MX_NEED_DELAY:
        mx_connection_set_phase(connection, MX_PHASE_DELAY);
        mx_connection_set_timer(connection, mx_session_delay_us(session));
        return false;
    case MX_NEED_CALL:
        return mx_connection_call(connection);
    case MX_NEED_TLS:
        mx_handshake_begin(connection);
        return false;
    case MX_NEED_CLOSE:
        mx_connection_close(connection);
        return false;
    case MX_NEED_RESET:
        mx_connection_reset(connection);
        return false;
    case MX_NEED_HANG:
        connection->idle_deadline_us = 0;
        mx_connection_set_phase(connection, MX_PHASE_HANG);
        event_del(&connection->timer);
        return false;
    case MX_NEED_HALF_CLOSE:
        shutdown(connection->fd, SHUT_WR);
        mx_session_continue(session, time_now_us());
        return true;
    }
    return false;
}

void mx_connection_run(struct mx_connection *connection)
{
    for (;;) {
        if (mx_session_drip(connection->session) > 0) {
            if (!mx_connection_drip(connection))
                return;
            continue;
        }
        if (!mx_connection_flush(connection) || !mx_connection_fulfil(connection))
            return;
    }
}

/* ---- what the loop calls */

/* The client hears nothing any more, not even the end: it stays half open until the run is over. */
static void mx_connection_vanish(struct mx_connection *connection)
{
    mx_line_cut(connection->fd);
    connection->idle_deadline_us = 0;
    mx_connection_set_phase(connection, MX_PHASE_VANISHED);
    event_del(&connection->timer);
    event_del(&connection->writing);
}

/* Each TLS record is a read of its own, but what came at the same time is under way together: the
 * bytes of further records, put behind `input`. */
static size_t mx_connection_gather(struct mx_connection *connection, size_t len)
{
    size_t more = 0;
    while (connection->ssl != NULL && len + SSL3_RT_MAX_PLAIN_LENGTH <= MX_READ_BYTES &&
           mx_connection_read_some(connection, &more) == MX_IO_DONE) {
        buf_add_slice(&connection->input, slice_from(connection->home->read_buffer, more));
        len += more;
    }
    return len;
}

/* Bytes have come and, where the host is far away, are under way for a while. */
static void mx_connection_take(struct mx_connection *connection, size_t len)
{
    struct slice bytes = slice_from(connection->home->read_buffer, len);
    int64_t now_us = time_now_us();
    int64_t wait_us = 0;
    if (mx_line_is_slow(&connection->line)) {
        buf_add_slice(&connection->input, bytes);
        bytes.len = 0;
        len = mx_connection_gather(connection, len);
    }
    switch (mx_line_carry(&connection->line, len, now_us, &wait_us)) {
    case MX_LINE_RESETS:
        mx_connection_reset(connection);
        return;
    case MX_LINE_VANISHES:
        mx_connection_vanish(connection);
        return;
    case MX_LINE_CARRIES:
        break;
    }
    if (wait_us == 0 && connection->input.len == 0) {
        /* The usual case: nothing is copied. */
        size_t consumed = mx_session_feed(connection->session, now_us, bytes);
        bytes = slice_skip(bytes, consumed);
    }
    buf_add_slice(&connection->input, bytes);
    if (wait_us > 0) {
        mx_connection_set_phase(connection, MX_PHASE_LATENCY);
        mx_connection_set_timer(connection, wait_us);
        return;
    }
    mx_connection_run(connection);
}

/* Silent: what comes is thrown away until the client leaves. */
static void mx_connection_discard(struct mx_connection *connection)
{
    ssize_t got = recv(connection->fd, connection->home->read_buffer, MX_READ_BYTES, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        mx_connection_end(connection, "client");
}

static void mx_connection_on_read(evutil_socket_t fd, short what, void *context)
{
    struct mx_connection *connection = context;
    size_t len = 0;
    (void)fd;
    (void)what;
    if (connection->phase == MX_PHASE_HANDSHAKE) {
        mx_handshake_step(connection);
        return;
    }
    if (connection->phase == MX_PHASE_TLS_FAULT) {
        mx_handshake_fail(connection);
        return;
    }
    if (connection->phase == MX_PHASE_HANG) {
        mx_connection_discard(connection);
        return;
    }
    switch (mx_connection_read_some(connection, &len)) {
    case MX_IO_DONE:
        mx_connection_take(connection, len);
        return;
    case MX_IO_AGAIN:
        return;
    case MX_IO_EOF:
    case MX_IO_ERROR:
        mx_connection_end(connection, "client");
        return;
    }
}

static void mx_connection_on_write(evutil_socket_t fd, short what, void *context)
{
    struct mx_connection *connection = context;
    (void)fd;
    (void)what;
    if (connection->phase == MX_PHASE_HANDSHAKE)
        mx_handshake_step(connection);
    else
        mx_connection_run(connection);
}

/* Only a peer that is gone altogether, or has sent its FIN, comes here. */
static void mx_connection_on_close(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    mx_connection_end(context, "client");
}

/* The client has talked before the greeting: its bytes are there when the greeting goes out. */
static bool mx_connection_has_early_input(const struct mx_connection *connection)
{
    char byte;
    return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static void mx_connection_open(struct mx_connection *connection)
{
    bool early = mx_session_awaits_greeting(connection->session) &&
                 mx_connection_has_early_input(connection);
    connection->opened = true;
    mx_session_open(connection->session, time_now_us());
    if (early)
        mx_session_note_early_input(connection->session);
    mx_connection_run(connection);
}

static void mx_connection_on_idle(struct mx_connection *connection)
{
    int64_t now_us = time_now_us();
    if (now_us < connection->idle_deadline_us) {
        mx_connection_set_timer(connection, connection->idle_deadline_us - now_us);
        return;
    }
    if (connection->phase == MX_PHASE_INPUT) {
        mx_session_time_out(connection->session, now_us);
        mx_connection_run(connection);
    } else {
        mx_connection_end(connection, "timeout");
    }
}

static void mx_connection_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct mx_connection *connection = context;
    (void)fd;
    (void)what;
    switch (connection->phase) {
    case MX_PHASE_INPUT:
    case MX_PHASE_OUTPUT:
        mx_connection_on_idle(connection);
        return;
    case MX_PHASE_DELAY:
        if (mx_session_awaits_greeting(connection->session) &&
            mx_connection_has_early_input(connection))
            mx_session_note_early_input(connection->session);
        mx_session_continue(connection->session, time_now_us());
        mx_connection_run(connection);
        return;
    case MX_PHASE_LATENCY:
        if (connection->opened)
            mx_connection_run(connection);
        else
            mx_connection_open(connection);
        return;
    case MX_PHASE_DRIP:
        mx_connection_run(connection);
        return;
    case MX_PHASE_HANDSHAKE:
    case MX_PHASE_TLS_FAULT:
    case MX_PHASE_HANG:
        mx_session_tls_failed(connection->session, time_now_us(), "timeout");
        mx_connection_end(connection, "timeout");
        return;
    case MX_PHASE_CALL:
    case MX_PHASE_VANISHED:
    case MX_PHASE_COUNT:
        return;
    }
}

/* ---- the beginning */

void mx_connection_start(struct mx_connection_home *home, int fd,
                         const struct mx_session_options *options)
{
    struct mx_connection *connection = mem_alloc(sizeof *connection);
    connection->home = home;
    connection->host = options->host;
    connection->fd = fd;
    connection->session = mx_session_new(options);
    buf_init(&connection->input, MX_INPUT_BYTES_MAX);
    event_assign(&connection->reading, home->base, fd, EV_READ | EV_PERSIST, mx_connection_on_read,
                 connection);
    event_assign(&connection->writing, home->base, fd, EV_WRITE, mx_connection_on_write,
                 connection);
    event_assign(&connection->closing, home->base, fd, EV_CLOSED | EV_PERSIST,
                 mx_connection_on_close, connection);
    evtimer_assign(&connection->timer, home->base, mx_connection_on_timer, connection);
    list_push_back(&home->connections, &connection->link);
    home->count++;
    mx_line_open(&connection->line, options->host, &options->server, options->start_us, fd);
    int64_t wait_us = mx_line_latency_us(&connection->line);
    if (wait_us > 0) {
        mx_connection_set_phase(connection, MX_PHASE_LATENCY);
        mx_connection_set_timer(connection, wait_us);
    } else {
        mx_connection_open(connection);
    }
}

void mx_connection_reset_all(struct mx_connection_home *home)
{
    LIST_EACH(link, &home->connections)
    mx_connection_reset(LIST_ENTRY(link, struct mx_connection, link));
}

void mx_connection_end_all(struct mx_connection_home *home)
{
    LIST_EACH(link, &home->connections)
    mx_connection_end(LIST_ENTRY(link, struct mx_connection, link), "end");
}
