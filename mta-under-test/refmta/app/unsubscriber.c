#include "mta-under-test/refmta/app/unsubscriber.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/http/http_server.h"

#include "mta-under-test/base/poison.h"

enum { BODY_BYTES_MAX = 4096, ADDRESS_BYTES_MAX = 512 };

struct unsubscriber {
    struct unsubscriber_options options;
    /* Of the settings at the start, which a reload may close. */
    struct one_click one_click;
    struct arena arena;
    struct http_server *http;
};

static void log_unsubscribed(const struct unsubscriber *unsubscriber, const char *recipient,
                             const char *not_kept)
{
    struct log_line line;
    log_begin(&line, unsubscriber->options.log, "suppressed");
    json_out_text(&line.json, "recipient", recipient);
    json_out_text(&line.json, "kind", suppression_kind_name(SUPPRESSION_UNSUBSCRIBE));
    json_out_text(&line.json, "why", "one click (RFC 8058)");
    if (not_kept != NULL)
        json_out_text(&line.json, "not-kept", not_kept);
    log_end(&line);
}

static void unsubscribe(struct unsubscriber *unsubscriber, struct http_call *call,
                        const char *recipient)
{
    static const struct queue_event BLANK = {.kind = QUEUE_EVENT_UNSUBSCRIBED};
    struct err err = {.text = ""};
    struct queue_event event = BLANK;
    int result = suppression_add(unsubscriber->options.suppression, SUPPRESSION_UNSUBSCRIBE,
                                 recipient, "one click", time_now_us(), &err);
    log_unsubscribed(unsubscriber, recipient, result == 0 ? NULL : err.text);
    event.recipient = recipient;
    queue_note(unsubscriber->options.queue, &event);
    if (result == 0)
        http_answer(call, 200, "text/plain; charset=utf-8", SLICE("You are unsubscribed.\n"));
    else
        http_answer_error(call, 503, "this could not be written down, please try again later");
}

static void show_page(struct http_call *call)
{
    http_answer(call, 200, "text/html; charset=utf-8",
                SLICE("<!DOCTYPE html><title>Unsubscribe</title><form method=\"post\">"
                      "<input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">"
                      "<button>Unsubscribe</button></form>\n"));
}

static void on_call(void *arg, struct http_call *call, const struct http_request *request)
{
    struct unsubscriber *unsubscriber = arg;
    struct slice path = slice_of(request->path);
    struct buf recipient;
    size_t slash = slice_find_last(path, '/');
    buf_init(&recipient, ADDRESS_BYTES_MAX);
    if (slash == SIZE_MAX ||
        !one_click_read(&unsubscriber->one_click, slice_skip(path, slash + 1), &recipient))
        http_answer_error(call, 404, "this is no link of ours to unsubscribe with");
    else if (strcmp(request->method, "POST") != 0)
        show_page(call);
    else if (!one_click_is_request(request->body))
        http_answer_error(call, 400, "expected the body List-Unsubscribe=One-Click (RFC 8058 3.2)");
    else
        unsubscribe(unsubscriber, call, buf_text(&recipient));
    buf_deinit(&recipient);
}

struct unsubscriber *unsubscriber_open(const struct unsubscriber_options *options, struct err *err)
{
    struct unsubscriber *unsubscriber = mem_alloc(sizeof *unsubscriber);
    const struct one_click *from = &options->settings->one_click;
    unsubscriber->options = *options;
    unsubscriber->one_click.url = arena_text(&unsubscriber->arena, from->url);
    unsubscriber->one_click.secret = arena_slice(&unsubscriber->arena, from->secret);
    const struct http_server_options http = {
        .base = options->base,
        .endpoint = options->settings->config.unsubscribe.endpoint,
        .tls = options->settings->tls_server,
        .body_bytes_max = BODY_BYTES_MAX,
        .handle = on_call,
        .arg = unsubscriber,
    };
    unsubscriber->http = http_server_open(&http, err);
    if (unsubscriber->http == NULL)
        unsubscriber_close(&unsubscriber);
    return unsubscriber;
}

void unsubscriber_close(struct unsubscriber **where)
{
    struct unsubscriber *unsubscriber = *where;
    *where = NULL;
    if (unsubscriber == NULL)
        return;
    http_server_close(&unsubscriber->http);
    arena_deinit(&unsubscriber->arena);
    free(unsubscriber);
}

uint16_t unsubscriber_port(const struct unsubscriber *unsubscriber)
{
    return http_server_port(unsubscriber->http);
}
