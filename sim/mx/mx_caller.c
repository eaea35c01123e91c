#include "sim/mx/mx_caller.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* Postfix waits so long for the answer of a probe by default. */
enum { MX_CALLER_ASK_SECONDS = 6, MX_CALLER_SEND_SECONDS = 300 };
enum { MX_CALLER_TEXT_BYTES = 500, MX_CALLER_PORT = 25, MX_CALLER_BYTES_MAX = 1024 * 1024 };

enum mx_caller_state {
    MX_CALLER_BANNER,
    MX_CALLER_HELO,
    MX_CALLER_MAIL,
    MX_CALLER_RCPT,
    MX_CALLER_DATA,
    MX_CALLER_DATA_END,
};

struct mx_caller {
    struct mx_caller_options options;
    struct bufferevent *stream;
    struct event *timer;
    enum mx_caller_state state;
    char *helo;
    char *mailbox;
    char *sender;
    struct buf content; /* dot-stuffed, with the final dot; empty = only asks */
};

void mx_caller_free(struct mx_caller **caller_at)
{
    struct mx_caller *caller = *caller_at;
    if (caller == NULL)
        return;
    *caller_at = NULL;
    bufferevent_free(caller->stream);
    event_free(caller->timer);
    free(caller->helo);
    free(caller->mailbox);
    free(caller->sender);
    buf_deinit(&caller->content);
    free(caller);
}

static void mx_caller_finish(struct mx_caller *caller, int code, const char *text)
{
    char kept[MX_CALLER_TEXT_BYTES];
    mx_caller_done *done = caller->options.done;
    void *context = caller->options.context;
    snprintf(kept, sizeof kept, "%s", text);
    evutil_socket_t fd = bufferevent_getfd(caller->stream);
    ssize_t ignored = send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
    mx_caller_free(&caller);
    done(context, code, kept);
}

/* The last line of a reply has come; true if the talk goes on. */
static bool mx_caller_on_reply(struct mx_caller *caller, int code, const char *text)
{
    struct evbuffer *out = bufferevent_get_output(caller->stream);
    bool asks = caller->content.len == 0;
    enum mx_caller_state last = asks ? MX_CALLER_RCPT : MX_CALLER_DATA_END;
    int wanted = caller->state == MX_CALLER_DATA ? 3 : 2;
    if (caller->state == last || code / 100 != wanted) {
        /* A refusal before RCPT says nothing about the mailbox. */
        mx_caller_finish(caller, asks && caller->state != last ? 0 : code, text);
        return false;
    }
    switch (caller->state) {
    case MX_CALLER_BANNER:
        evbuffer_add_printf(out, "HELO %s\r\n", caller->helo);
        break;
    case MX_CALLER_HELO:
        evbuffer_add_printf(out, "MAIL FROM:<%s>\r\n", caller->sender);
        break;
    case MX_CALLER_MAIL:
        evbuffer_add_printf(out, "RCPT TO:<%s>\r\n", caller->mailbox);
        break;
    case MX_CALLER_RCPT:
        evbuffer_add_printf(out, "DATA\r\n");
        break;
    case MX_CALLER_DATA:
        evbuffer_add(out, caller->content.data, caller->content.len);
        break;
    case MX_CALLER_DATA_END:
        break;
    }
    caller->state++;
    return true;
}

static void mx_caller_on_read(struct bufferevent *stream, void *context)
{
    struct mx_caller *caller = context;
    bool more = true;
    char *line;
    while (more &&
           (line = evbuffer_readln(bufferevent_get_input(stream), NULL, EVBUFFER_EOL_LF)) != NULL) {
        uint64_t code = 0;
        bool whole = strlen(line) >= 3 && text_to_u64(slice_from(line, 3), &code) == 0;
        if (!whole) {
            mx_caller_finish(caller, 0, "no SMTP reply");
            more = false;
        } else if (line[3] != '-') {
            line[strcspn(line, "\r")] = '\0';
            more = mx_caller_on_reply(caller, (int)code, line[3] != '\0' ? line + 4 : "");
        }
        free(line);
    }
}

static void mx_caller_on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    if ((what & BEV_EVENT_CONNECTED) == 0)
        mx_caller_finish(context, 0, "the connection broke");
}

static void mx_caller_on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    mx_caller_finish(context, 0, "no answer in time");
}

/* As it goes over the line (RFC 5321 4.5.2). */
static void mx_caller_stuff(struct slice content, struct buf *out)
{
    struct slice rest = content;
    struct slice line;
    while (rest.len > 0 && slice_split(&rest, '\n', &line)) {
        if (line.len > 0 && line.data[0] == '.')
            buf_add_char(out, '.');
        buf_add_slice(out, line);
        buf_add_char(out, '\n');
    }
    buf_add_text(out, ".\r\n");
}

struct mx_caller *mx_caller_start(const struct mx_caller_options *options)
{
    bool fits = address_is_ipv4(&options->source) == address_is_ipv4(&options->target);
    int fd = address_connect(&options->target, MX_CALLER_PORT, fits ? &options->source : NULL);
    if (fd < 0)
        return NULL;
    struct mx_caller *caller = mem_alloc(sizeof *caller);
    bool asks = options->content.len == 0;
    const struct timeval wait = {.tv_sec = asks ? MX_CALLER_ASK_SECONDS : MX_CALLER_SEND_SECONDS};
    caller->options = *options;
    caller->helo = mem_text_copy(options->helo);
    caller->mailbox = mem_text_copy(options->mailbox);
    caller->sender = mem_text_copy(options->sender != NULL ? options->sender : "");
    buf_init(&caller->content, MX_CALLER_BYTES_MAX);
    if (!asks)
        mx_caller_stuff(options->content, &caller->content);
    caller->stream =
        bufferevent_socket_new(options->base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    caller->timer = evtimer_new(options->base, mx_caller_on_timer, caller);
    event_add(caller->timer, &wait);
    bufferevent_setcb(caller->stream, mx_caller_on_read, NULL, mx_caller_on_event, caller);
    bufferevent_enable(caller->stream, EV_READ | EV_WRITE);
    return caller;
}
