#include "mta-under-test/refmta/app/webhooks.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/app/https_post.h"
#include "mta-under-test/refmta/app/secret_file.h"
#include "mta-under-test/refmta/http/webhook_form.h"
#include "mta-under-test/refmta/http/webhook_outbox.h"

#include "mta-under-test/base/poison.h"

enum { EVENTS_A_POST = 100, EVENT_BYTES_MAX = 16 << 10, SIGNATURE_BYTES_MAX = 256 };

#define FIRST_WAIT_US TIME_SECOND
#define WAIT_MAX_US (10 * TIME_MINUTE)

struct webhooks {
    struct webhooks_options options;
    struct buf secret;
    struct webhook_outbox *outbox;
    struct event *timer;
    bool wanted[QUEUE_EVENT_KINDS];
    bool is_full;    /* events are being lost, and that was said */
    size_t sent;     /* events of the POST that is under way; 0: there is none */
    int64_t wait_us; /* behind the last failure; 0: it worked */
};

static void log_problem(const struct webhooks *webhooks, const char *text)
{
    log_text(webhooks->options.log, "webhook-failed", "%s", text);
}

static void done(struct webhooks *webhooks, size_t count)
{
    struct err err = {.text = ""};
    if (webhook_outbox_done(webhooks->outbox, count, &err) != 0)
        log_problem(webhooks, err.text);
    webhooks->is_full = false;
}

static void wait_longer(struct webhooks *webhooks, const struct https_response *response)
{
    struct log_line line;
    char text[TIME_TEXT_BYTES];
    int64_t age_us = time_now_us() - webhook_outbox_oldest_us(webhooks->outbox);
    if (age_us > webhooks->options.config->webhooks.give_up_us) {
        log_text(webhooks->options.log, "webhook-given-up", "%zu events were not taken in %s",
                 webhooks->sent, time_span_to_text(age_us, text));
        done(webhooks, webhooks->sent);
    }
    webhooks->wait_us = webhooks->wait_us == 0 ? FIRST_WAIT_US : webhooks->wait_us * 2;
    if (webhooks->wait_us > WAIT_MAX_US)
        webhooks->wait_us = WAIT_MAX_US;
    struct timeval wait = {.tv_sec = (time_t)(webhooks->wait_us / TIME_SECOND)};
    event_add(webhooks->timer, &wait);
    log_begin(&line, webhooks->options.log, "webhook-failed");
    json_out_text(&line.json, "url", webhooks->options.config->webhooks.url);
    if (response->status != 0)
        json_out_format(&line.json, "text", "the answer is %d", response->status);
    else
        json_out_text(&line.json, "text", response->problem);
    json_out_text(&line.json, "again-in", time_span_to_text(webhooks->wait_us, text));
    json_out_int(&line.json, "events", (int64_t)webhook_outbox_count(webhooks->outbox));
    log_end(&line);
}

static void send_next(struct webhooks *webhooks);

static void on_answer(void *arg, const struct https_response *response)
{
    struct webhooks *webhooks = arg;
    if (response->status / 100 != 2) {
        wait_longer(webhooks, response);
        webhooks->sent = 0;
        return;
    }
    done(webhooks, webhooks->sent);
    webhooks->sent = 0;
    webhooks->wait_us = 0;
    /* Not from inside the client's call: the loop comes back to it. */
    if (webhook_outbox_count(webhooks->outbox) > 0)
        event_active(webhooks->timer, EV_TIMEOUT, 0);
}

static void send_next(struct webhooks *webhooks)
{
    struct buf body;
    struct buf field;
    buf_init(&body, (size_t)EVENTS_A_POST * EVENT_BYTES_MAX);
    buf_init(&field, SIGNATURE_BYTES_MAX);
    webhooks->sent = webhook_outbox_write(webhooks->outbox, EVENTS_A_POST, &body);
    buf_add_text(&field, "Refmta-Signature: ");
    webhook_sign(buf_slice(&webhooks->secret), buf_slice(&body), time_now_us(), &field);
    const char *const fields[] = {buf_text(&field)};
    const struct https_post post = {
        .resolver = webhooks->options.resolver,
        .client = webhooks->options.https,
        .url = webhooks->options.config->webhooks.url,
        .content_type = "application/json",
        .fields = fields,
        .field_count = 1,
        .body = buf_slice(&body),
        .done = on_answer,
        .arg = webhooks,
    };
    https_post_start(&post);
    buf_deinit(&field);
    buf_deinit(&body);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct webhooks *webhooks = arg;
    (void)fd;
    (void)what;
    if (webhooks->sent == 0 && webhook_outbox_count(webhooks->outbox) > 0)
        send_next(webhooks);
}

static void set_wanted(struct webhooks *webhooks)
{
    const struct config_webhooks *config = &webhooks->options.config->webhooks;
    for (size_t i = 0; i < QUEUE_EVENT_KINDS; i++) {
        webhooks->wanted[i] = config->event_count == 0;
        for (size_t k = 0; k < config->event_count; k++)
            if (strcmp(config->events[k], webhook_event_name((enum queue_event_kind)i)) == 0)
                webhooks->wanted[i] = true;
    }
}

struct webhooks *webhooks_open(const struct webhooks_options *options, struct err *err)
{
    struct webhooks *webhooks = mem_alloc(sizeof *webhooks);
    char *path = mem_text_format("%s/webhook-events", options->config->spool);
    webhooks->options = *options;
    (void)config_hold(options->config);
    webhooks->timer = event_new(options->base, -1, 0, on_timer, webhooks);
    set_wanted(webhooks);
    if (secret_file_read(options->config->webhooks.secret_file, &webhooks->secret, err) == 0)
        webhooks->outbox = webhook_outbox_open(path, err);
    free(path);
    if (webhooks->outbox == NULL)
        webhooks_close(&webhooks);
    else
        event_active(webhooks->timer, EV_TIMEOUT, 0);
    return webhooks;
}

void webhooks_close(struct webhooks **where)
{
    struct webhooks *webhooks = *where;
    *where = NULL;
    if (webhooks == NULL)
        return;
    event_free(webhooks->timer);
    webhook_outbox_close(&webhooks->outbox);
    secret_file_forget(&webhooks->secret);
    config_let_go(webhooks->options.config);
    free(webhooks);
}

void webhooks_note(struct webhooks *webhooks, const struct queue_event *event)
{
    struct buf json;
    struct err err = {.text = ""};
    if (!webhooks->wanted[event->kind])
        return;
    buf_init(&json, EVENT_BYTES_MAX);
    webhook_event_write(event, time_now_us(), &json);
    if (webhook_outbox_add(webhooks->outbox, buf_slice(&json), time_now_us(), &err) != 0 &&
        !webhooks->is_full) {
        webhooks->is_full = true;
        log_problem(webhooks, err.text);
    }
    buf_deinit(&json);
    if (webhooks->sent == 0 && !event_pending(webhooks->timer, EV_TIMEOUT, NULL))
        event_active(webhooks->timer, EV_TIMEOUT, 0);
}
