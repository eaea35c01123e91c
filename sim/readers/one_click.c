#include "sim/readers/one_click.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { ONE_CLICK_SECONDS = 60, ONE_CLICK_PORT = 443, ONE_CLICK_ERROR_BYTES = 200 };

#define ONE_CLICK_BODY "List-Unsubscribe=One-Click"

struct one_click {
    struct one_click_options options;
    struct one_click_url url;
    struct bufferevent *stream;
    struct event *timer;
};

/* ---- the address */

static bool one_click_split(struct slice text, struct one_click_url *url)
{
    static const char SCHEME[] = "https://";
    struct slice rest = slice_skip(text, sizeof SCHEME - 1);
    uint64_t port = ONE_CLICK_PORT;
    size_t host = 0;
    while (host < rest.len && strchr("/?#:", rest.data[host]) == NULL)
        host++;
    size_t end = host;
    while (end < rest.len && strchr("/?#", rest.data[end]) == NULL)
        end++;
    if (end > host && (text_to_u64(slice_from(rest.data + host + 1, end - host - 1), &port) != 0 ||
                       port == 0 || port > UINT16_MAX))
        return false;
    struct slice target = slice_skip(rest, end);
    if (host == 0 || host >= sizeof url->host || target.len + 2 > sizeof url->target)
        return false;
    snprintf(url->host, sizeof url->host, "%.*s", (int)host, rest.data);
    snprintf(url->target, sizeof url->target, "%s%.*s",
             target.len > 0 && target.data[0] == '/' ? "" : "/", SLICE_ARG(target));
    url->port = (uint16_t)port;
    return true;
}

/* Nothing that could end the line of the request. */
static bool one_click_is_clean(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] <= ' ' || (unsigned char)text.data[i] >= 0x7f)
            return false;
    }
    return true;
}

bool one_click_find_url(struct slice field, struct one_click_url *url)
{
    struct slice rest = field;
    size_t at;
    while ((at = slice_find(rest, '<')) != SIZE_MAX) {
        rest = slice_skip(rest, at + 1);
        size_t close = slice_find(rest, '>');
        if (close == SIZE_MAX)
            return false;
        struct slice text = slice_first(rest, close);
        if (text.len > 8 && slice_is_nocase(slice_first(text, 8), "https://") &&
            one_click_is_clean(text) && one_click_split(text, url))
            return true;
        rest = slice_skip(rest, close + 1);
    }
    return false;
}

/* ---- the request */

void one_click_free(struct one_click **click_at)
{
    struct one_click *click = *click_at;
    if (click == NULL)
        return;
    *click_at = NULL;
    bufferevent_free(click->stream);
    event_free(click->timer);
    free(click);
}

static void one_click_finish(struct one_click *click, int status, const char *error)
{
    one_click_done *done = click->options.done;
    void *context = click->options.context;
    SSL_shutdown(bufferevent_openssl_get_ssl(click->stream));
    ERR_clear_error();
    one_click_free(&click);
    done(context, status, error);
}

/* "HTTP/1.1 200 OK" is all that counts. */
static void one_click_on_read(struct bufferevent *stream, void *context)
{
    uint64_t status = 0;
    char *line = evbuffer_readln(bufferevent_get_input(stream), NULL, EVBUFFER_EOL_CRLF);
    if (line == NULL)
        return;
    struct slice text = slice_of(line);
    bool valid = text.len >= 12 && slice_is_nocase(slice_first(text, 7), "HTTP/1.") &&
                 text_to_u64(slice_first(slice_skip(text, 9), 3), &status) == 0;
    free(line);
    one_click_finish(context, valid ? (int)status : 0, valid ? "" : "the answer is no HTTP");
}

static void one_click_ask(const struct one_click *click)
{
    struct evbuffer *out = bufferevent_get_output(click->stream);
    evbuffer_add_printf(out,
                        "POST %s HTTP/1.1\r\nHost: %s\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n"
                        "Content-Length: %zu\r\nConnection: close\r\n\r\n" ONE_CLICK_BODY,
                        click->url.target, click->url.host, sizeof ONE_CLICK_BODY - 1);
}

static void one_click_on_event(struct bufferevent *stream, short what, void *context)
{
    struct one_click *click = context;
    char error[ONE_CLICK_ERROR_BYTES];
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        one_click_ask(click);
        return;
    }
    long verified = SSL_get_verify_result(bufferevent_openssl_get_ssl(stream));
    if (verified != X509_V_OK)
        snprintf(error, sizeof error, "the certificate is refused: %s",
                 X509_verify_cert_error_string(verified));
    else
        snprintf(error, sizeof error, "the connection failed or ended before the answer");
    one_click_finish(click, 0, error);
}

static void one_click_on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    one_click_finish(context, 0, "no answer in a minute");
}

static SSL *one_click_tls(const struct one_click_options *options)
{
    SSL *tls = SSL_new(options->tls);
    if (tls == NULL)
        return NULL;
    SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);
    /* SSL_set_tlsext_host_name() would lose the const. */
    if (SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 (void *)(uintptr_t)options->url->host) == 1 &&
        SSL_set1_host(tls, options->url->host) == 1)
        return tls;
    SSL_free(tls);
    return NULL;
}

struct one_click *one_click_start(const struct one_click_options *options)
{
    const struct timeval wait = {.tv_sec = ONE_CLICK_SECONDS};
    bool fits = address_is_ipv4(&options->source) == address_is_ipv4(&options->target);
    int fd = address_connect(&options->target, options->url->port, fits ? &options->source : NULL);
    SSL *tls = fd >= 0 ? one_click_tls(options) : NULL;
    if (tls == NULL) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct one_click *click = mem_alloc(sizeof *click);
    click->options = *options;
    click->url = *options->url;
    click->options.url = &click->url;
    click->stream =
        bufferevent_openssl_socket_new(options->base, fd, tls, BUFFEREVENT_SSL_CONNECTING,
                                       BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    click->timer = evtimer_new(options->base, one_click_on_timer, click);
    event_add(click->timer, &wait);
    bufferevent_setcb(click->stream, one_click_on_read, NULL, one_click_on_event, click);
    bufferevent_enable(click->stream, EV_READ | EV_WRITE);
    return click;
}
