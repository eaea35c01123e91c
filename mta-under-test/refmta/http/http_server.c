#include "mta-under-test/refmta/http/http_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <unistd.h>

#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/list.h"

#include "mta-under-test/base/poison.h"

enum {
    TIMEOUT_SECONDS = 30,
    HEADER_BYTES_MAX = 16 << 10,
    BACKLOG = 128,
    ERROR_BYTES_MAX = 4096,
};

struct http_server {
    struct http_server_options options;
    struct evhttp *http;
    int fd;
    struct list calls; /* without an answer */
};

struct http_call {
    struct list link;
    struct http_server *server;     /* NULL: closed */
    struct evhttp_request *request; /* NULL: the client has gone */
};

static struct bufferevent *make_secure(struct event_base *base, void *arg)
{
    struct http_server *server = arg;
    SSL *tls = SSL_new(server->options.tls);
    if (tls == NULL)
        return NULL;
    return bufferevent_openssl_socket_new(base, -1, tls, BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

static const char *method_name(enum evhttp_cmd_type type)
{
    return type == EVHTTP_REQ_POST ? "POST" : type == EVHTTP_REQ_HEAD ? "HEAD" : "GET";
}

static const char *bearer_token(struct evhttp_request *request)
{
    const char *value =
        evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");
    struct slice scheme = SLICE("Bearer ");
    if (value == NULL || !slice_starts_with_nocase(slice_of(value), scheme))
        return NULL;
    return value + scheme.len;
}

/* evhttp has freed the request: the client went away before its answer. */
static void on_gone(struct evhttp_connection *connection, void *arg)
{
    struct http_call *call = arg;
    (void)connection;
    call->request = NULL;
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct http_server *server = arg;
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    struct http_call *call = mem_alloc(sizeof *call);
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    char *client = NULL;
    ev_uint16_t port = 0;
    evhttp_connection_get_peer(connection, &client, &port);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *raw = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    char *path = evhttp_uridecode(raw != NULL ? raw : "/", 0, NULL);
    size_t len = evbuffer_get_length(body);
    call->server = server;
    call->request = request;
    list_push_back(&server->calls, &call->link);
    evhttp_connection_set_closecb(connection, on_gone, call);
    const struct http_request seen = {
        .method = method_name(evhttp_request_get_command(request)),
        .path = path != NULL ? path : "",
        .token = bearer_token(request),
        .body = slice_from(len > 0 ? (const char *)evbuffer_pullup(body, -1) : "", len),
        .client = client != NULL ? client : "",
    };
    server->options.handle(server->options.arg, call, &seen);
    free(path);
}

void http_answer(struct http_call *call, int status, const char *content_type, struct slice body)
{
    if (call->request != NULL && call->server != NULL) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);
        struct evbuffer *out = evbuffer_new();
        evhttp_connection_set_closecb(evhttp_request_get_connection(call->request), NULL, NULL);
        evhttp_add_header(headers, "Content-Type", content_type);
        evhttp_add_header(headers, "Cache-Control", "no-store");
        evbuffer_add(out, body.data, body.len);
        evhttp_send_reply(call->request, status, NULL, out);
        evbuffer_free(out);
    }
    list_remove(&call->link);
    free(call);
}

void http_answer_error(struct http_call *call, int status, const char *format, ...)
{
    struct buf text;
    struct buf body;
    struct json_out json;
    va_list args;
    buf_init(&text, ERROR_BYTES_MAX);
    buf_init(&body, ERROR_BYTES_MAX * (size_t)6);
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    json_out_init(&json, &body);
    json_out_object(&json, NULL);
    json_out_text(&json, "error", buf_text(&text));
    json_out_end(&json);
    buf_add_char(&body, '\n');
    http_answer(call, status, "application/json", buf_slice(&body));
    buf_deinit(&text);
    buf_deinit(&body);
}

static int bind_port(struct http_server *server, struct err *err)
{
    struct sockaddr_storage address;
    char text[IP_TEXT_BYTES];
    int one = 1;
    const struct ip_endpoint *endpoint = &server->options.endpoint;
    socklen_t len = ip_to_sockaddr(endpoint, &address);
    ip_address_to_text(&endpoint->address, text);
    server->fd = socket(endpoint->address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->fd < 0)
        return err_set_errno(err, "cannot make a socket for %s", text);
    setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server->fd, (struct sockaddr *)&address, len) == 0 &&
        listen(server->fd, BACKLOG) == 0 && evhttp_accept_socket(server->http, server->fd) == 0)
        return 0;
    err_set_errno(err, "cannot listen for HTTP on %s port %u", text, endpoint->port);
    close(server->fd);
    return -1;
}

struct http_server *http_server_open(const struct http_server_options *options, struct err *err)
{
    struct http_server *server = mem_alloc(sizeof *server);
    server->options = *options;
    server->fd = -1;
    list_init(&server->calls);
    server->http = evhttp_new(options->base);
    if (options->tls != NULL) {
        SSL_CTX_up_ref(options->tls);
        evhttp_set_bevcb(server->http, make_secure, server);
    }
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(server->http, HEADER_BYTES_MAX);
    evhttp_set_max_body_size(server->http, (ssize_t)options->body_bytes_max);
    evhttp_set_timeout(server->http, TIMEOUT_SECONDS);
    evhttp_set_gencb(server->http, on_request, server);
    if (bind_port(server, err) != 0)
        http_server_close(&server);
    return server;
}

void http_server_close(struct http_server **where)
{
    struct http_server *server = *where;
    *where = NULL;
    if (server == NULL)
        return;
    LIST_EACH(link, &server->calls)
    {
        struct http_call *call = LIST_ENTRY(link, struct http_call, link);
        list_remove(link);
        call->server = NULL;
        if (call->request != NULL)
            evhttp_connection_set_closecb(evhttp_request_get_connection(call->request), NULL, NULL);
    }
    evhttp_free(server->http); /* closes the socket, if it had taken it */
    SSL_CTX_free(server->options.tls);
    free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    struct sockaddr_storage address = {0};
    struct ip_endpoint endpoint = {0};
    socklen_t len = sizeof address;
    if (getsockname(server->fd, (struct sockaddr *)&address, &len) == 0)
        ip_from_sockaddr(&address, &endpoint);
    return endpoint.port;
}
