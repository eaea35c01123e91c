#include "mta-under-test/refmta/delivery/resolver.h"

#include <ares.h>
#include <sys/random.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/list.h"

#include "mta-under-test/base/poison.h"

enum { CLASS_IN = 1, TIMEOUT_MS = 5000, TRIES = 3, SERVERS_TEXT_BYTES = 4096, EDNS_BYTES = 1232 };
/* Of the socket, or as much as the kernel allows: an answer that finds no room costs TIMEOUT_MS. */
enum { RECEIVE_BYTES = 1 << 20 };
enum { FLAGS_AT = 3, FLAG_AD = 0x20, RCODE_OK = 0, RCODE_NO_NAME = 3 };

/* A socket of c-ares that we watch. */
struct watch {
    struct list link;
    ares_socket_t fd;
    struct event *event;
    struct resolver *resolver;
};

struct resolver {
    struct event_base *base;
    ares_channel channel;
    bool opened;
    bool closing;
    struct list watches;
    struct event *timer;
};

struct question {
    struct resolver *resolver;
    unsigned type;
    void (*done)(void *arg, const struct resolver_result *result);
    void *arg;
};

static void set_timer(struct resolver *resolver)
{
    struct timeval wait;
    if (ares_timeout(resolver->channel, NULL, &wait) != NULL)
        event_add(resolver->timer, &wait);
    else
        event_del(resolver->timer);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct resolver *resolver = ((struct watch *)arg)->resolver;
    ares_process_fd(resolver->channel, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
    set_timer(resolver);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct resolver *resolver = arg;
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(resolver);
}

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = arg;
    struct watch *watch = NULL;
    LIST_EACH(link, &resolver->watches)
    {
        if (LIST_ENTRY(link, struct watch, link)->fd == fd)
            watch = LIST_ENTRY(link, struct watch, link);
    }
    if (watch != NULL) {
        event_free(watch->event);
    } else if (readable || writable) {
        watch = mem_alloc(sizeof *watch);
        watch->fd = fd;
        watch->resolver = resolver;
        list_push_back(&resolver->watches, &watch->link);
    } else {
        return;
    }
    if (!readable && !writable) {
        list_remove(&watch->link);
        free(watch);
        return;
    }
    short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) | EV_PERSIST);
    watch->event = event_new(resolver->base, fd, what, on_socket, watch);
    event_add(watch->event, NULL);
}

static enum resolver_status status_of(const struct dns_answer *answer)
{
    switch (answer->rcode) {
    case RCODE_OK:
        return answer->count > 0 ? RESOLVER_FOUND : RESOLVER_NO_DATA;
    case RCODE_NO_NAME:
        return RESOLVER_NO_NAME;
    default:
        return RESOLVER_FAILED;
    }
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *message, int len)
{
    (void)timeouts;
    struct question *question = arg;
    struct resolver_result result = {.status = RESOLVER_FAILED, .text = ares_strerror(status)};
    struct arena arena;
    if (question->resolver->closing) {
        free(question);
        return;
    }
    arena_init(&arena);
    if (status == ARES_EBADNAME) {
        result.status = RESOLVER_NO_NAME;
    } else if (status == ARES_SUCCESS) {
        if (dns_answer_parse(slice_from((const char *)message, (size_t)len), question->type, &arena,
                             &result.answer) != 0) {
            result.text = "the answer is broken";
        } else if (result.answer.is_cut) {
            /* c-ares has asked by TCP already: what is missing cannot be had. */
            result.text = "the answer is cut off, by TCP too";
        } else {
            result.status = status_of(&result.answer);
            result.text = "the DNS server refuses to answer";
        }
    }
    question->done(question->arg, &result);
    arena_deinit(&arena);
    free(question);
}

/* The question as bytes: as c-ares makes it, with the AD bit, which asks a validating resolver to
 * say whether it has validated (RFC 6840 5.7). NULL if the name can be none. */
static unsigned char *make_query(const char *name, unsigned type, int *len)
{
    unsigned char *query = NULL;
    unsigned short id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id)
        abort();
    if (ares_create_query(name, CLASS_IN, (int)type, id, 1, &query, len, EDNS_BYTES) !=
        ARES_SUCCESS)
        return NULL;
    query[FLAGS_AT] |= FLAG_AD;
    return query;
}

void resolver_ask(struct resolver *resolver, const char *name, unsigned type,
                  void (*done)(void *arg, const struct resolver_result *result), void *arg)
{
    struct question *question = mem_alloc(sizeof *question);
    int len = 0;
    unsigned char *query = make_query(name, type, &len);
    *question = (struct question){resolver, type, done, arg};
    if (query == NULL) {
        on_answer(question, ARES_EBADNAME, 0, NULL, 0);
        return;
    }
    ares_send(resolver->channel, query, len, on_answer, question);
    ares_free_string(query);
    set_timer(resolver);
}

static int set_servers(struct resolver *resolver, const struct resolver_options *options,
                       struct err *err)
{
    struct buf list;
    if (options->server_count == 0)
        return 0;
    buf_init(&list, SERVERS_TEXT_BYTES);
    for (size_t i = 0; i < options->server_count; i++) {
        char text[IP_TEXT_BYTES];
        bool is_v6 = options->servers[i].address.family == AF_INET6;
        buf_format(&list, "%s%s%s%s:%u", i > 0 ? "," : "", is_v6 ? "[" : "",
                   ip_address_to_text(&options->servers[i].address, text), is_v6 ? "]" : "",
                   options->servers[i].port);
    }
    int status = ares_set_servers_ports_csv(resolver->channel, buf_text(&list));
    if (status != ARES_SUCCESS)
        err_set(err, "cannot use the resolvers %s: %s", buf_text(&list), ares_strerror(status));
    buf_deinit(&list);
    return status == ARES_SUCCESS ? 0 : -1;
}

struct resolver *resolver_open(const struct resolver_options *options, struct err *err)
{
    struct resolver *resolver = mem_alloc(sizeof *resolver);
    struct ares_options ares = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = resolver,
        .ednspsz = EDNS_BYTES,
        .socket_receive_buffer_size = RECEIVE_BYTES,
    };
    resolver->base = options->base;
    list_init(&resolver->watches);
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS)
        status =
            ares_init_options(&resolver->channel, &ares,
                              ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                  ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_RCVBUF);
    if (status != ARES_SUCCESS) {
        err_set(err, "cannot start the resolver: %s", ares_strerror(status));
        resolver_close(&resolver);
        return NULL;
    }
    resolver->opened = true;
    resolver->timer = event_new(options->base, -1, 0, on_timer, resolver);
    if (set_servers(resolver, options, err) != 0)
        resolver_close(&resolver);
    return resolver;
}

void resolver_close(struct resolver **where)
{
    struct resolver *resolver = *where;
    *where = NULL;
    if (resolver == NULL)
        return;
    resolver->closing = true;
    if (resolver->opened)
        ares_destroy(resolver->channel);
    LIST_EACH(link, &resolver->watches)
    {
        struct watch *watch = LIST_ENTRY(link, struct watch, link);
        event_free(watch->event);
        free(watch);
    }
    if (resolver->timer != NULL)
        event_free(resolver->timer);
    free(resolver);
}
