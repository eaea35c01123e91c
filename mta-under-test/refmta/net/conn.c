#include "mta-under-test/refmta/net/conn.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum {
    READ_BYTES = 65536,
    OUTPUT_BYTES_MAX = 1 << 26,
};

enum conn_phase { PHASE_CONNECTING, PHASE_OPEN, PHASE_HANDSHAKE, PHASE_ENDED };

struct conn {
    struct event_base *base;
    int fd;
    enum conn_phase phase;
    bool paused;
    bool finishing;
    bool tls_wants_write; /* the last SSL_read() or SSL_do_handshake() has to write first */
    bool tls_wants_read;  /* the last SSL_write() has to read first */
    bool draining;        /* on_drained is owed */
    SSL *tls;
    struct buf input;
    struct buf output;
    struct event *read_event;
    struct event *write_event;
    struct event *timer;
    struct event *later; /* calls what must not be called from inside the owner's own call */
    struct timeval timeout;
    const struct conn_handler *handler;
    void *owner;
    void (*trace)(void *owner, bool is_sent, struct slice bytes); /* NULL: not traced */
    unsigned busy; /* calls to the owner that have not yet come back */
    bool closed;   /* conn_close() was called; freed when no longer busy */
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

static void touch_timer(struct conn *conn)
{
    if (conn->timeout.tv_sec != 0 || conn->timeout.tv_usec != 0)
        event_add(conn->timer, &conn->timeout);
    else
        event_del(conn->timer);
}

static void destroy(struct conn *conn)
{
    event_free(conn->read_event);
    event_free(conn->write_event);
    event_free(conn->timer);
    event_free(conn->later);
    SSL_free(conn->tls);
    close(conn->fd);
    buf_deinit(&conn->input);
    buf_deinit(&conn->output);
    free(conn);
}

/* Calls one of the owner's functions; true if the connection is still open behind it. */
static bool call(struct conn *conn, void (*function)(void *owner))
{
    conn->busy++;
    if (function != NULL)
        function(conn->owner);
    conn->busy--;
    if (!conn->closed)
        return conn->phase != PHASE_ENDED;
    if (conn->busy == 0)
        destroy(conn);
    return false;
}

static void end(struct conn *conn, enum conn_end why, const char *text)
{
    if (conn->phase == PHASE_ENDED)
        return;
    conn->phase = PHASE_ENDED;
    event_del(conn->read_event);
    event_del(conn->write_event);
    event_del(conn->timer);
    event_del(conn->later);
    conn->busy++;
    conn->handler->on_end(conn->owner, why, text);
    conn->busy--;
    if (conn->closed && conn->busy == 0)
        destroy(conn);
}

static void end_tls(struct conn *conn, const char *what)
{
    char text[256];
    char reason[160] = "connection closed";
    unsigned long code = ERR_get_error();
    if (code != 0)
        ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    snprintf(text, sizeof text, "%s: %s", what, reason);
    end(conn, CONN_END_TLS, text);
}

static void watch(struct conn *conn)
{
    if (conn->phase == PHASE_ENDED)
        return;
    bool want_read = conn->phase == PHASE_HANDSHAKE ? !conn->tls_wants_write
                     : conn->phase == PHASE_OPEN
                         ? (!conn->paused && !conn->finishing) || conn->tls_wants_read
                         : false;
    bool want_write = conn->phase == PHASE_CONNECTING || conn->tls_wants_write ||
                      (conn->phase == PHASE_OPEN && conn->output.len > 0 && !conn->tls_wants_read);
    /* A pause is mostly over before anything comes: on_readable() stops listening if it is not,
     * which spares two system calls a message. */
    if (want_read)
        event_add(conn->read_event, NULL);
    else if (conn->phase != PHASE_OPEN || !conn->paused)
        event_del(conn->read_event);
    if (want_write)
        event_add(conn->write_event, NULL);
    else
        event_del(conn->write_event);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    end(arg, CONN_END_TIMEOUT, "no answer within the time limit");
}

/* Writes what it can; false if the connection is over. */
static bool flush(struct conn *conn)
{
    while (conn->output.len > 0) {
        ssize_t sent;
        if (conn->tls != NULL) {
            ERR_clear_error();
            int len = (int)(conn->output.len < 1 << 20 ? conn->output.len : 1 << 20);
            int result = SSL_write(conn->tls, conn->output.data, len);
            if (result <= 0) {
                int code = SSL_get_error(conn->tls, result);
                conn->tls_wants_read = code == SSL_ERROR_WANT_READ;
                if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
                    return true;
                end_tls(conn, "TLS write failed");
                return false;
            }
            sent = result;
        } else {
            sent = send(conn->fd, conn->output.data, conn->output.len, MSG_NOSIGNAL);
            if (sent < 0 && (errno == EAGAIN || errno == EINTR))
                return true;
            if (sent < 0) {
                end(conn, CONN_END_ERROR, strerror(errno));
                return false;
            }
        }
        buf_consume(&conn->output, (size_t)sent);
        conn->draining = true;
        touch_timer(conn);
    }
    return true;
}

/* What follows a flush: on_drained, or the end after conn_finish(). */
static void after_flush(struct conn *conn)
{
    if (conn->output.len == 0 && conn->finishing) {
        if (conn->tls != NULL)
            SSL_shutdown(conn->tls);
        shutdown(conn->fd, SHUT_WR);
        end(conn, CONN_END_FLUSHED, "closed");
        return;
    }
    if (conn->output.len == 0 && conn->draining) {
        conn->draining = false;
        if (!call(conn, conn->handler->on_drained))
            return;
        if (conn->output.len > 0) {
            event_active(conn->later, EV_WRITE, 0);
            return;
        }
    }
    watch(conn);
}

/* Writes what the owner has left behind, and listens for what comes next. */
static void settle(struct conn *conn)
{
    if (conn->phase == PHASE_OPEN && (conn->output.len > 0 || conn->finishing)) {
        if (flush(conn))
            after_flush(conn);
    } else {
        watch(conn);
    }
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    settle(arg);
}

/* Reads at most `len` bytes. More than 0: so many came; 0: nothing now; -1: it is over. */
static ssize_t read_bytes(struct conn *conn, char *bytes, size_t len)
{
    if (conn->tls == NULL) {
        ssize_t got = recv(conn->fd, bytes, len, 0);
        if (got > 0)
            return got;
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        end(conn, got == 0 ? CONN_END_CLOSED : CONN_END_ERROR,
            got == 0 ? "connection closed by the peer" : strerror(errno));
        return -1;
    }
    ERR_clear_error();
    int got = SSL_read(conn->tls, bytes, (int)len);
    conn->tls_wants_write = false;
    if (got > 0)
        return got;
    int code = SSL_get_error(conn->tls, got);
    conn->tls_wants_write = code == SSL_ERROR_WANT_WRITE;
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
        return 0;
    if (code == SSL_ERROR_ZERO_RETURN)
        end(conn, CONN_END_CLOSED, "connection closed by the peer");
    else
        end_tls(conn, "TLS read failed");
    return -1;
}

/* One read into the input. 1: got bytes, 0: nothing now, -1: over. */
static int read_some(struct conn *conn)
{
    /* Not into the input itself: ten thousand idle connections would each keep the room. */
    static char bytes[READ_BYTES];
    size_t room = conn->input.max - conn->input.len;
    if (room == 0) {
        end(conn, CONN_END_ERROR, "the peer sends more than is allowed");
        return -1;
    }
    ssize_t got = read_bytes(conn, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (got <= 0)
        return (int)got;
    if (conn->trace != NULL)
        conn->trace(conn->owner, false, slice_from(bytes, (size_t)got));
    buf_add(&conn->input, bytes, (size_t)got);
    return 1;
}

static void handshake(struct conn *conn)
{
    ERR_clear_error();
    int result = SSL_do_handshake(conn->tls);
    conn->tls_wants_write = false;
    if (result == 1) {
        conn->phase = PHASE_OPEN;
        touch_timer(conn);
        if (call(conn, conn->handler->on_secured)) {
            settle(conn);
        }
        return;
    }
    int code = SSL_get_error(conn->tls, result);
    if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE) {
        end_tls(conn, "TLS handshake failed");
        return;
    }
    conn->tls_wants_write = code == SSL_ERROR_WANT_WRITE;
    watch(conn);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct conn *conn = arg;
    if (conn->phase == PHASE_HANDSHAKE) {
        handshake(conn);
        return;
    }
    if (conn->phase == PHASE_OPEN && conn->paused && !conn->tls_wants_read &&
        !conn->tls_wants_write) {
        event_del(conn->read_event);
        return;
    }
    if (conn->tls_wants_read) {
        conn->tls_wants_read = false;
        if (!flush(conn))
            return;
    }
    do {
        int got = read_some(conn);
        if (got < 0)
            return;
        if (got == 0)
            break;
        touch_timer(conn);
        if (!call(conn, conn->handler->on_input))
            return;
    } while (conn->tls != NULL && conn->phase == PHASE_OPEN && !conn->paused && !conn->finishing &&
             SSL_pending(conn->tls) > 0);
    settle(conn);
}

static void connected(struct conn *conn)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    if (error != 0) {
        end(conn, CONN_END_ERROR, strerror(error));
        return;
    }
    conn->phase = PHASE_OPEN;
    touch_timer(conn);
    if (call(conn, conn->handler->on_connected))
        settle(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct conn *conn = arg;
    if (conn->phase == PHASE_CONNECTING) {
        connected(conn);
    } else if (conn->phase == PHASE_HANDSHAKE) {
        handshake(conn);
    } else if (conn->tls_wants_write) {
        on_readable(fd, what, arg);
    } else if (flush(conn)) {
        after_flush(conn);
    }
}

struct conn *conn_new(struct event_base *base, int fd, const struct conn_handler *handler,
                      void *owner, size_t input_bytes_max)
{
    struct conn *conn = mem_alloc(sizeof *conn);
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conn->base = base;
    conn->fd = fd;
    conn->phase = PHASE_OPEN;
    conn->handler = handler;
    conn->owner = owner;
    buf_init(&conn->input, input_bytes_max);
    buf_init(&conn->output, OUTPUT_BYTES_MAX);
    conn->read_event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, conn);
    conn->write_event = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, conn);
    conn->timer = event_new(base, -1, 0, on_timer, conn);
    conn->later = event_new(base, -1, 0, on_later, conn);
    watch(conn);
    return conn;
}

struct conn *conn_connect(struct event_base *base, const struct ip_endpoint *to,
                          const struct ip_address *source, const struct conn_handler *handler,
                          void *owner, size_t input_bytes_max)
{
    struct sockaddr_storage address;
    int fd = socket(to->address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    if (source != NULL) {
        struct ip_endpoint from = {.address = *source};
        socklen_t len = ip_to_sockaddr(&from, &address);
        int one = 1;
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&address, len) != 0)
            goto fail;
    }
    socklen_t len = ip_to_sockaddr(to, &address);
    if (connect(fd, (struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS)
        goto fail;
    struct conn *conn = conn_new(base, fd, handler, owner, input_bytes_max);
    conn->phase = PHASE_CONNECTING;
    watch(conn);
    return conn;

fail:;
    int saved = errno;
    close(fd);
    errno = saved;
    return NULL;
}

void conn_close(struct conn **where)
{
    struct conn *conn = *where;
    *where = NULL;
    if (conn == NULL)
        return;
    conn->phase = PHASE_ENDED;
    conn->closed = true;
    event_del(conn->read_event);
    event_del(conn->write_event);
    event_del(conn->timer);
    event_del(conn->later);
    if (conn->busy == 0)
        destroy(conn);
}

static void on_parting_input(void *owner)
{
    conn_finish(owner);
}

static void on_parting_end(void *owner, enum conn_end why, const char *text)
{
    struct conn *conn = owner;
    (void)why;
    (void)text;
    conn_close(&conn);
}

void conn_part(struct conn **where, struct slice bytes, int64_t timeout_us)
{
    static const struct conn_handler PARTING = {
        .on_input = on_parting_input,
        .on_end = on_parting_end,
    };
    struct conn *conn = *where;
    if (conn == NULL || conn->phase != PHASE_OPEN) {
        conn_close(where);
        return;
    }
    *where = NULL;
    conn->handler = &PARTING;
    conn->owner = conn;
    buf_reset(&conn->input);
    conn_write(conn, bytes);
    conn_set_timeout(conn, timeout_us);
}

void conn_set_trace(struct conn *conn, void (*trace)(void *owner, bool is_sent, struct slice bytes))
{
    conn->trace = trace;
}

struct buf *conn_input(struct conn *conn)
{
    return &conn->input;
}

size_t conn_pending(const struct conn *conn)
{
    return conn->output.len;
}

enum conn_progress conn_progress(const struct conn *conn)
{
    int unsent = 0;
    int unacknowledged = 0;
    if (conn->output.len > 0 || (ioctl(conn->fd, SIOCOUTQNSD, &unsent) == 0 && unsent > 0))
        return CONN_UNSENT;
    if (ioctl(conn->fd, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0)
        return CONN_UNACKNOWLEDGED;
    return CONN_ACKNOWLEDGED;
}

void conn_write(struct conn *conn, struct slice bytes)
{
    if (conn->phase == PHASE_ENDED || bytes.len == 0)
        return;
    if (conn->trace != NULL)
        conn->trace(conn->owner, true, bytes);
    bool overflowed = !buf_add_slice(&conn->output, bytes);
    assert(!overflowed);
    (void)overflowed;
    if (conn->phase == PHASE_OPEN && conn->busy == 0)
        event_active(conn->later, EV_WRITE, 0);
}

void conn_last_words(struct conn *conn, struct slice bytes)
{
    if (conn->output.len > 0 || conn->closed)
        return;
    ERR_clear_error();
    if (conn->tls == NULL)
        send(conn->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    else if (SSL_is_init_finished(conn->tls))
        SSL_write(conn->tls, bytes.data, (int)bytes.len);
    ERR_clear_error();
}

void conn_finish(struct conn *conn)
{
    if (conn->phase == PHASE_ENDED)
        return;
    conn->finishing = true;
    if (conn->busy == 0)
        event_active(conn->later, EV_WRITE, 0);
}

void conn_pause(struct conn *conn, bool paused)
{
    conn->paused = paused;
    watch(conn);
}

void conn_set_timeout(struct conn *conn, int64_t timeout_us)
{
    conn->timeout.tv_sec = (time_t)(timeout_us / TIME_SECOND);
    conn->timeout.tv_usec = (suseconds_t)(timeout_us % TIME_SECOND);
    if (conn->phase != PHASE_ENDED)
        touch_timer(conn);
}

void conn_start_tls(struct conn *conn, SSL_CTX *context, bool is_server, const char *server_name)
{
    assert(conn->tls == NULL && conn->output.len == 0);
    buf_reset(&conn->input);
    conn->tls = SSL_new(context);
    if (conn->tls == NULL || SSL_set_fd(conn->tls, conn->fd) != 1) {
        fputs("out of memory\n", stderr);
        abort();
    }
    SSL_set_mode(conn->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
    conn->phase = PHASE_HANDSHAKE;
    if (is_server) {
        SSL_set_accept_state(conn->tls);
    } else {
        SSL_set_connect_state(conn->tls);
        if (server_name != NULL) {
            char *name = mem_text_copy(server_name); /* OpenSSL's macro takes no const */
            SSL_set_tlsext_host_name(conn->tls, name);
            SSL_set1_host(conn->tls, name);
            free(name);
        }
    }
    conn->tls_wants_write = !is_server;
    touch_timer(conn);
    watch(conn);
}

SSL *conn_tls(struct conn *conn)
{
    return conn->tls;
}

struct ip_endpoint conn_peer(const struct conn *conn)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    struct ip_endpoint endpoint = {0};
    if (getpeername(conn->fd, (struct sockaddr *)&address, &len) == 0)
        ip_from_sockaddr(&address, &endpoint);
    return endpoint;
}
