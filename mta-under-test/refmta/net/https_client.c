#include "mta-under-test/refmta/net/https_client.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/list.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/net/curl_library.h"

#include "mta-under-test/base/poison.h"

enum { RESOLVE_BYTES_MAX = 4096 };

struct https_client {
    struct event_base *base;
    const struct curl_library *curl; /* NULL until the first request */
    CURLM *multi;
    struct event *timer;
    struct list calls;
    struct list watches;
    char *trust;
};

/* A socket of curl's. */
struct watch {
    struct list link;
    struct https_client *client;
    struct event *event;
};

/* A request on its way. */
struct call {
    struct list link;
    const struct curl_library *curl;
    CURL *easy;
    struct curl_slist *resolve;
    struct curl_slist *headers;
    struct buf body;
    char error[CURL_ERROR_SIZE];
    void (*done)(void *arg, const struct https_response *response);
    void *arg;
};

static void call_free(struct call *call)
{
    list_remove(&call->link);
    call->curl->easy_cleanup(call->easy);
    call->curl->slist_free_all(call->resolve);
    call->curl->slist_free_all(call->headers);
    buf_deinit(&call->body);
    free(call);
}

static void finish(struct https_client *client, struct call *call, CURLcode result)
{
    long status = 0;
    char *type = NULL;
    struct https_response response = {.content_type = "", .problem = ""};
    call->curl->easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->curl->easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    if (buf_overflowed(&call->body)) {
        response.problem = "the answer is too long";
    } else if (result != CURLE_OK) {
        response.problem = call->error[0] != '\0' ? call->error : call->curl->easy_strerror(result);
        response.is_untrusted =
            result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_ISSUER_ERROR;
    } else {
        response.status = (int)status;
        response.content_type = type != NULL ? type : "";
        response.body = buf_slice(&call->body);
    }
    client->curl->multi_remove_handle(client->multi, call->easy);
    call->done(call->arg, &response);
    call_free(call);
}

static void take_finished(struct https_client *client)
{
    int left = 0;
    for (CURLMsg *message;
         (message = client->curl->multi_info_read(client->multi, &left)) != NULL;) {
        struct call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        client->curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish(client, call, result);
    }
}

static void act(struct https_client *client, curl_socket_t fd, int what)
{
    int running = 0;
    client->curl->multi_socket_action(client->multi, fd, what, &running);
    take_finished(client);
}

static void on_fd(evutil_socket_t fd, short what, void *arg)
{
    const struct watch *watch = arg;
    act(watch->client, fd,
        ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
            ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void watch_free(struct watch *watch)
{
    list_remove(&watch->link);
    if (watch->event != NULL)
        event_free(watch->event);
    free(watch);
}

/* curl says what it waits for on a socket. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct https_client *client = arg;
    struct watch *watch = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL)
            watch_free(watch);
        return 0;
    }
    if (watch == NULL) {
        watch = mem_alloc(sizeof *watch);
        watch->client = client;
        list_push_back(&client->watches, &watch->link);
        client->curl->multi_assign(client->multi, fd, watch);
    } else {
        event_free(watch->event);
    }
    short events = (short)((what & CURL_POLL_IN) != 0 ? EV_READ : 0);
    if ((what & CURL_POLL_OUT) != 0)
        events = (short)(events | EV_WRITE);
    watch->event = event_new(client->base, fd, (short)(events | EV_PERSIST), on_fd, watch);
    event_add(watch->event, NULL);
    return 0;
}

static int on_curl_timer(CURLM *multi, long wait_ms, void *arg)
{
    struct https_client *client = arg;
    (void)multi;
    if (wait_ms < 0) {
        event_del(client->timer);
        return 0;
    }
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = (wait_ms % 1000) * 1000};
    event_add(client->timer, &wait);
    return 0;
}

/* curl wants the whole taken, or takes it for an error, which then ends the call. */
static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    return buf_add(&call->body, data, size * count) ? size * count : 0;
}

struct https_client *https_client_open(struct event_base *base, const char *trust)
{
    struct https_client *client = mem_alloc(sizeof *client);
    client->base = base;
    client->timer = event_new(base, -1, 0, on_timer, client);
    client->trust = trust != NULL ? mem_text_copy(trust) : NULL;
    list_init(&client->calls);
    list_init(&client->watches);
    return client;
}

/* Loads and sets up what the first request needs. */
static int prepare(struct https_client *client, struct err *err)
{
    if (client->curl != NULL)
        return 0;
    const struct curl_library *curl = curl_library(err);
    if (curl == NULL)
        return -1;
    if (curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, "libcurl cannot be set up");
    client->curl = curl;
    client->multi = curl->multi_init();
    curl->multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl->multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl->multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl->multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    return 0;
}

void https_client_close(struct https_client **where)
{
    struct https_client *client = *where;
    *where = NULL;
    if (client == NULL)
        return;
    LIST_EACH(link, &client->calls)
    {
        struct call *call = LIST_ENTRY(link, struct call, link);
        client->curl->multi_remove_handle(client->multi, call->easy);
        call_free(call);
    }
    if (client->curl != NULL)
        client->curl->multi_cleanup(client->multi);
    LIST_EACH(link, &client->watches)
    watch_free(LIST_ENTRY(link, struct watch, link));
    if (client->curl != NULL)
        client->curl->global_cleanup();
    event_free(client->timer);
    free(client->trust);
    free(client);
}

/* "host:port:address,address": curl asks no resolver for it. */
static struct curl_slist *resolve_entry(const struct curl_library *curl,
                                        const struct https_request *request)
{
    struct buf text;
    buf_init(&text, RESOLVE_BYTES_MAX);
    buf_format(&text, "%s:%u:", request->host, request->port);
    for (size_t i = 0; i < request->address_count; i++) {
        char address[IP_TEXT_BYTES];
        bool is_v6 = request->addresses[i].family == AF_INET6;
        buf_format(&text, "%s%s%s%s", i > 0 ? "," : "", is_v6 ? "[" : "",
                   ip_address_to_text(&request->addresses[i], address), is_v6 ? "]" : "");
    }
    struct curl_slist *list = curl->slist_append(NULL, buf_text(&text));
    buf_deinit(&text);
    return list;
}

static void set_options(struct https_client *client, struct call *call,
                        const struct https_request *request)
{
    const struct curl_library *curl = call->curl;
    CURL *easy = call->easy;
    curl->easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl->easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl->easy_setopt(easy, CURLOPT_URL, request->url);
    curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_PROXY, "");
    curl->easy_setopt(easy, CURLOPT_RESOLVE, call->resolve);
    curl->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl->easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->timeout_us / TIME_MS));
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, call);
    if (client->trust != NULL) {
        curl->easy_setopt(easy, CURLOPT_CAINFO, client->trust);
        curl->easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (request->content_type == NULL)
        return;
    struct buf header;
    buf_init(&header, RESOLVE_BYTES_MAX);
    buf_format(&header, "Content-Type: %s", request->content_type);
    call->headers = curl->slist_append(NULL, buf_text(&header));
    buf_deinit(&header);
    for (size_t i = 0; i < request->field_count; i++)
        call->headers = curl->slist_append(call->headers, request->fields[i]);
    curl->easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    curl->easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body.data);
}

void https_client_ask(struct https_client *client, const struct https_request *request)
{
    struct err err = {.text = ""};
    if (prepare(client, &err) != 0) {
        const struct https_response response = {.content_type = "", .problem = err.text};
        request->done(request->arg, &response);
        return;
    }
    struct call *call = mem_alloc(sizeof *call);
    call->curl = client->curl;
    call->easy = client->curl->easy_init();
    call->done = request->done;
    call->arg = request->arg;
    buf_init(&call->body, request->bytes_max);
    list_push_back(&client->calls, &call->link);
    call->resolve = resolve_entry(call->curl, request);
    set_options(client, call, request);
    if (client->curl->multi_add_handle(client->multi, call->easy) != CURLM_OK)
        finish(client, call, CURLE_FAILED_INIT);
}
