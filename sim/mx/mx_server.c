#include "sim/mx/mx_server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_connection.h"
#include "sim/mx/mx_report.h"

#include "mta-under-test/base/poison.h"

enum {
    MX_LISTENERS_MAX = 16,
    MX_BACKLOG = 65535,
    MX_ACCEPTS_AT_ONCE = 256,
    MX_PORT_TLS_FIRST = 465,
    MX_PATH_BYTES = 4096,
};

struct mx_server_listener {
    struct mx_server *server;
    struct event *event;
    int fd;
    uint16_t port;
    uint16_t as_port;
};

struct mx_server {
    struct mx_connection_home home;
    struct mx_model *model;
    struct event_log *log;
    struct mx_server_options options;
    struct mx_host *only_host;
    struct mx_server_listener listeners[MX_LISTENERS_MAX];
    size_t listener_count;
    size_t content_total;
    int spare_fd; /* given up for a moment when there is no other descriptor left */
    bool failed;
    struct err failure;
};

static const struct mx_listener MX_LISTENERS_DEFAULT[] = {
    {"0.0.0.0", 25, 25},   {"::", 25, 25},   {"0.0.0.0", 587, 587}, {"::", 587, 587},
    {"0.0.0.0", 465, 465}, {"::", 465, 465}, {"0.0.0.0", 24, 24},   {"::", 24, 24},
};

/* ---- accepted messages */

static void mx_server_store(void *context, const struct mx_host *host, uint64_t number,
                            struct slice content)
{
    struct mx_server *server = context;
    if (server->options.store_folder == NULL || server->failed || number > MX_STORED_MAX)
        return;
    char path[MX_PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s/%llu.eml", server->options.store_folder, host->name,
             (unsigned long long)number);
    if ((number == 1 && file_make_parents(path, &server->failure) != 0) ||
        file_write(path, content, &server->failure) != 0)
        server->failed = true;
}

bool mx_server_failed(const struct mx_server *server, struct err *err)
{
    if (server->failed)
        err_set(err, "%s", server->failure.text);
    return server->failed;
}

/* ---- connections */

static void mx_server_refuse(struct mx_server *server, int fd, const struct mx_host *host,
                             const struct mx_session_options *options)
{
    const struct mx_refusal refusal = {.host = host,
                                       .client = &options->client,
                                       .server = &options->server,
                                       .port = options->port,
                                       .how = "reset"};
    mx_report_refused(server->log, &refusal);
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

static const char *mx_server_name_client(struct mx_server *server, const struct address *client)
{
    if (server->options.client_name == NULL)
        return "";
    const char *name = server->options.client_name(server->options.client_name_context, client);
    return name != NULL ? name : "";
}

static void mx_server_take(struct mx_server_listener *listener, int fd,
                           const struct sockaddr_storage *peer)
{
    struct mx_server *server = listener->server;
    struct sockaddr_storage local;
    socklen_t len = sizeof local;
    struct mx_session_options options = {
        .limits = server->home.limits,
        .log = server->log,
        .start_us = server->options.start_us,
        .port = listener->as_port,
        .tls_first = listener->as_port == MX_PORT_TLS_FIRST,
        .verifier = server->options.verifier,
        .store = mx_server_store,
        .store_context = server,
        .received = server->options.received,
        .received_context = server->options.received_context,
        .content_total = &server->content_total,
    };
    uint16_t port;
    if (getsockname(fd, (struct sockaddr *)&local, &len) != 0) {
        close(fd); /* it was gone before it was taken */
        return;
    }
    address_from_socket((const struct sockaddr *)&local, &options.server, &port);
    address_from_socket((const struct sockaddr *)peer, &options.client, &port);
    struct mx_host *host = server->only_host != NULL
                               ? server->only_host
                               : mx_model_find_address(server->model, &options.server);
    int64_t now_us = time_now_us();
    if (host == NULL || server->home.count >= server->home.limits->connections_max ||
        !mx_host_listens(host, options.port, now_us, now_us - server->options.start_us)) {
        mx_server_refuse(server, fd, host, &options);
        return;
    }
    mx_rulebook_start(&host->rules,
                      mx_model_state(server->model, host, server->home.limits->records_max));
    options.host = host;
    options.client_name = mx_server_name_client(server, &options.client);
    /* What simulated hosts say to each other (a call back) is no work of the server under test. */
    if (mx_model_find_address(server->model, &options.client) != NULL)
        options.log = NULL;
    mx_connection_start(&server->home, fd, &options);
}

/* No descriptor is left: the connection is taken with the spare one and reset, or else the loop
 * would come back for it for ever. */
static void mx_server_turn_away(struct mx_server *server, int listener)
{
    close(server->spare_fd);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(fd);
    }
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void mx_server_on_accept(evutil_socket_t fd, short what, void *context)
{
    struct mx_server_listener *listener = context;
    (void)what;
    for (int i = 0; i < MX_ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int taken = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (taken < 0 && (errno == EMFILE || errno == ENFILE))
            mx_server_turn_away(listener->server, fd);
        if (taken < 0)
            return;
        mx_server_take(listener, taken, &peer);
    }
}

/* ---- listeners */

static int mx_server_bind(const struct mx_listener *wish, int *fd_at, struct err *err)
{
    struct address address;
    struct sockaddr_storage local;
    if (address_from_text(slice_of(wish->address), &address) != 0)
        return err_set(err, "\"%s\" is no address to listen on", wish->address);
    socklen_t len = address_to_socket(&address, wish->port, &local);
    int fd = socket(local.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, "cannot make a socket");
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (local.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    /* Connections inherit it: a reply must not wait for the client's acknowledgement. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&local, len) != 0 || listen(fd, MX_BACKLOG) != 0) {
        err_set_errno(err, "cannot listen on %s port %u", wish->address, (unsigned)wish->port);
        close(fd);
        return -1;
    }
    *fd_at = fd;
    return 0;
}

static int mx_server_listen(struct mx_server *server, const struct mx_listener *wish,
                            struct err *err)
{
    struct mx_server_listener *listener = &server->listeners[server->listener_count];
    listener->server = server;
    listener->as_port = wish->as_port;
    if (mx_server_bind(wish, &listener->fd, err) != 0)
        return -1;
    struct sockaddr_storage local;
    socklen_t len = sizeof local;
    struct address address;
    if (getsockname(listener->fd, (struct sockaddr *)&local, &len) == 0)
        address_from_socket((const struct sockaddr *)&local, &address, &listener->port);
    listener->event = event_new(server->home.base, listener->fd, EV_READ | EV_PERSIST,
                                mx_server_on_accept, listener);
    event_add(listener->event, NULL);
    server->listener_count++;
    return 0;
}

/* Ten thousand connections need as many descriptors; the usual soft limit is 1,024. */
static void mx_server_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct mx_server *mx_server_open(struct event_base *base, struct mx_model *model,
                                 struct event_log *log, const struct mx_server_options *options,
                                 struct err *err)
{
    const struct mx_listener *wishes = options->listeners;
    size_t count = options->listener_count;
    if (wishes == NULL) {
        wishes = MX_LISTENERS_DEFAULT;
        count = sizeof MX_LISTENERS_DEFAULT / sizeof MX_LISTENERS_DEFAULT[0];
    }
    signal(SIGPIPE, SIG_IGN);
    mx_server_raise_limit();
    struct mx_server *server = mem_alloc(sizeof *server);
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server->model = model;
    server->log = log;
    server->options = *options;
    server->home = (struct mx_connection_home){
        .base = base,
        .authority = options->authority,
        .contexts = tls_contexts_new(options->authority),
        .limits = options->limits != NULL ? options->limits : &MX_LIMITS_DEFAULT,
        .read_buffer = mem_alloc(MX_READ_BYTES),
    };
    list_init(&server->home.connections);
    int result = 0;
    if (options->host != NULL) {
        server->only_host = mx_model_find_host(model, options->host);
        if (server->only_host == NULL)
            result = err_set(err, "there is no host \"%s\"", options->host);
    }
    if (count > MX_LISTENERS_MAX)
        result = err_set(err, "more than %d listeners", MX_LISTENERS_MAX);
    for (size_t i = 0; i < count && result == 0; i++)
        result = mx_server_listen(server, &wishes[i], err);
    if (result != 0)
        mx_server_close(&server);
    return server;
}

void mx_server_close(struct mx_server **server_at)
{
    struct mx_server *server = *server_at;
    if (server == NULL)
        return;
    *server_at = NULL;
    for (size_t i = 0; i < server->listener_count; i++) {
        event_free(server->listeners[i].event);
        close(server->listeners[i].fd);
    }
    mx_connection_end_all(&server->home);
    if (server->spare_fd >= 0)
        close(server->spare_fd);
    tls_contexts_free(&server->home.contexts);
    free(server->home.read_buffer);
    free(server);
}

uint16_t mx_server_port(const struct mx_server *server, size_t i)
{
    return i < server->listener_count ? server->listeners[i].port : 0;
}

size_t mx_server_listeners(const struct mx_server *server, int *fds, size_t max)
{
    size_t count = server->listener_count < max ? server->listener_count : max;
    for (size_t i = 0; i < count; i++)
        fds[i] = server->listeners[i].fd;
    return count;
}

size_t mx_server_connection_count(const struct mx_server *server)
{
    return server->home.count;
}

void mx_server_cut(struct mx_server *server)
{
    mx_connection_reset_all(&server->home);
}

int mx_server_set_down(struct mx_server *server, const char *name, bool down)
{
    struct mx_host *host = mx_model_find_host(server->model, name);
    if (host == NULL)
        return -1;
    host->down_now = down;
    return 0;
}
