#include "sim/inside/inside.h"

#include <assert.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/inside/inside_state.h"

#include "mta-under-test/base/poison.h"

enum { INSIDE_MEMORY_MESSAGES_MAX = 100000 };

/* How long a stopping server may take before it is killed. */
static const int64_t INSIDE_STOP_US = 60 * TIME_SECOND;

static void inside_set_timer(struct event *timer, int64_t wait_us)
{
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    event_add(timer, &wait);
}

void inside_set_stage(struct inside *inside, enum inside_stage stage)
{
    assert(stage > inside->stage || (stage == INSIDE_RUNNING && inside->stage == INSIDE_SETTLING));
    inside->stage = stage;
}

void inside_end(struct inside *inside, const char *reason, const char *detail, ...)
{
    struct err changed = {0};
    if (inside->stage >= INSIDE_STOPPING)
        return;
    va_list args;
    va_start(args, detail);
    vsnprintf(inside->end_detail, sizeof inside->end_detail, detail, args);
    va_end(args);
    inside->end_reason = reason;
    if (inside->exit_code == 0 && inside_check_sources(inside, &changed) != 0) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside->end_reason = "mta-failed";
        snprintf(inside->end_detail, sizeof inside->end_detail, "%s", changed.text);
    }
    inside_set_stage(inside, INSIDE_STOPPING);
    inside_set_timer(inside->settle_timer, INSIDE_STOP_US);
    inside_stop_server(inside);
}

/* Nothing is due any more and every recipient has its end. */
static bool inside_is_settled(const struct inside *inside)
{
    bool has_begun = inside->settle.accepted_count > 0 || inside->scenario->clients->count > 0;
    return submitter_is_done(inside->submitter) && clients_are_done(inside->clients) &&
           timeline_is_done(inside->timeline) && settle_is_settled(&inside->settle) && has_begun &&
           (inside->mta_operator == NULL || mta_operator_is_idle(inside->mta_operator)) &&
           inside->command == NULL;
}

void inside_look(void *context)
{
    struct inside *inside = context;
    if (inside->stage != INSIDE_RUNNING && inside->stage != INSIDE_SETTLING)
        return;
    bool settled = inside_is_settled(inside) && !inside->options->interactive;
    if (settled && inside->stage == INSIDE_RUNNING) {
        inside_set_stage(inside, INSIDE_SETTLING);
        inside_set_timer(inside->settle_timer, inside->scenario->settle_us);
    } else if (!settled && inside->stage == INSIDE_SETTLING) {
        inside_set_stage(inside, INSIDE_RUNNING);
        event_del(inside->settle_timer);
    }
}

static void inside_on_settled(evutil_socket_t fd, short what, void *context)
{
    struct inside *inside = context;
    (void)fd;
    (void)what;
    if (inside->stage == INSIDE_SETTLING) {
        inside_end(inside, "settled", "every recipient has its end");
    } else {
        /* The server does not stop: it is killed with the world. */
        inside_set_stage(inside, INSIDE_ENDED);
        event_base_loopbreak(inside->base);
    }
}

static void inside_on_limit(evutil_socket_t fd, short what, void *context)
{
    struct inside *inside = context;
    char limit[TIME_TEXT_BYTES];
    (void)fd;
    (void)what;
    inside_end(inside, "limit", "%s have passed",
               time_span_to_text(inside->scenario->limit_us, limit));
}

static void inside_on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    inside_end(context, "stopped", "by signal %d", (int)number);
}

/* The runner has closed its end of the pipe. */
static void inside_on_stop(evutil_socket_t fd, short what, void *context)
{
    struct inside *inside = context;
    (void)fd;
    (void)what;
    event_del(inside->stop_event);
    inside_end(inside, "stopped", "from outside");
}

static void inside_log_start(struct inside *inside)
{
    const struct scenario *scenario = inside->scenario;
    char started[TIME_TEXT_BYTES];
    struct json_out *event = event_begin(inside->log, "run", "start", NULL);
    json_out_text(event, "scenario", scenario->name);
    json_out_text(event, "cell", scenario->cell);
    json_out_text(event, "started", time_to_rfc3339(scenario->start_us, started));
    json_out_int(event, "seed", (int64_t)scenario->seed);
    json_out_text(event, "mta", inside->options->mta);
    json_out_text(event, "hostname", mta_settings_hostname(scenario->mta));
    json_out_text(event, "clock", inside->options->virtual_clock ? "virtual" : "real");
    event_end(inside->log);
}

static void inside_log_end(struct inside *inside)
{
    struct json_out *event = event_begin(inside->log, "run", "end", NULL);
    json_out_text(event, "reason", inside->end_reason != NULL ? inside->end_reason : "stopped");
    json_out_text(event, "detail", inside->end_detail);
    event_end(inside->log);
}

static int inside_load(struct inside *inside, struct err *err)
{
    const struct inside_options *options = inside->options;
    const struct scenario_options load = {
        .root = options->root,
        .seed_given = options->seed_given,
        .seed = options->seed,
    };
    inside->scenario = scenario_load_cell(options->file, &load, options->cell, err);
    return inside->scenario != NULL ? 0 : -1;
}

static int inside_open_log(struct inside *inside, struct err *err)
{
    char *path = mem_text_format("%s/events.jsonl", inside->evidence);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        err_set_errno(err, "%s: cannot be made", path);
    else
        inside->log = event_log_new(fd, inside->options->virtual_clock ? inside->scenario->start_us
                                                                       : time_now_us());
    free(path);
    return fd < 0 ? -1 : 0;
}

static void inside_make_timers(struct inside *inside)
{
    static const int SIGNALS[INSIDE_SIGNALS] = {SIGTERM, SIGINT};
    inside->limit_timer = evtimer_new(inside->base, inside_on_limit, inside);
    inside->settle_timer = evtimer_new(inside->base, inside_on_settled, inside);
    if (!inside->options->interactive)
        inside_set_timer(inside->limit_timer, inside->scenario->limit_us);
    for (int i = 0; i < INSIDE_SIGNALS; i++) {
        inside->signals[i] = evsignal_new(inside->base, SIGNALS[i], inside_on_signal, inside);
        event_add(inside->signals[i], NULL);
    }
    inside->stop_event = event_new(inside->base, (evutil_socket_t)inside->options->stop_fd,
                                   EV_READ | EV_PERSIST, inside_on_stop, inside);
    event_add(inside->stop_event, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool inside_is_campaign(const struct inside *inside)
{
    size_t messages = 0;
    for (size_t i = 0; i < inside->scenario->message_count; i++)
        messages += inside->scenario->messages[i].instances;
    return messages > INSIDE_MEMORY_MESSAGES_MAX;
}

/* What a large campaign leaves does not fit into memory; that what happens at one moment may then
 * be told in another order is the price. */
static bool inside_keeps_in_memory(const struct inside *inside)
{
    return inside->options->virtual_clock && !inside_is_campaign(inside);
}

static int inside_open(struct inside *inside, struct err *err)
{
    settle_init(&inside->settle, inside_look, inside);
    if (inside_load(inside, err) != 0)
        return -1;
    inside->evidence = evidence_open(inside->options->folder, inside_keeps_in_memory(inside), err);
    if (inside->evidence == NULL || inside_open_log(inside, err) != 0)
        return -1;
    inside->base = event_base_new();
    if (inside->base == NULL)
        return err_set(err, "the event loop cannot be made");
    inside_make_timers(inside);
    event_log_listen(inside->log, settle_on_event, &inside->settle);
    if (inside_open_internet(inside, err) != 0)
        return -1;
    if (inside_open_server_network(inside, err) != 0 || inside_open_capture(inside, err) != 0)
        return -1;
    inside_log_start(inside);
    return inside->scenario->dns->resolver == DNS_RESOLVER_UNBOUND
               ? inside_start_unbound(inside, err)
               : inside_start_server(inside, err);
}

/* What is collected goes to the kernel before the loop rests, so that evidence is on the disk when
 * something ends us and whoever looks on sees it; in virtual time, where the next events are never
 * far, in whole pages. */
static void inside_loop(struct inside *inside)
{
    bool is_watched = inside->options->interactive || !inside->options->virtual_clock;
    void (*flush)(struct event_log * log) = is_watched ? event_log_flush : event_log_flush_pages;
    while (inside->stage != INSIDE_ENDED && !event_log_failed(inside->log)) {
        flush(inside->log);
        event_base_loop(inside->base, EVLOOP_ONCE);
    }
}

static void inside_free_timers(struct inside *inside)
{
    if (inside->limit_timer != NULL)
        event_free(inside->limit_timer);
    if (inside->settle_timer != NULL)
        event_free(inside->settle_timer);
    if (inside->stop_event != NULL)
        event_free(inside->stop_event);
    for (int i = 0; i < INSIDE_SIGNALS; i++) {
        if (inside->signals[i] != NULL)
            event_free(inside->signals[i]);
    }
}

/* All that comes into the evidence, to the end. The first error stays in `err`. */
static int inside_end_evidence(struct inside *inside, struct err *err)
{
    struct err later = {0};
    int result = 0;
    command_free(&inside->command);
    submitter_free(&inside->submitter);
    clients_free(&inside->clients);
    timeline_free(&inside->timeline);
    inside_stop_unbound(inside);
    inside_close_queue(inside);
    inside_end_server(inside);
    if (inside_close_internet(inside, &later) != 0)
        result = err_set(err, "%s", later.text);
    if (inside->log != NULL && inside->stage == INSIDE_ENDED)
        inside_log_end(inside);
    if (capture_notes_close(&inside->notes, &later) != 0)
        result = err_set(err, "%s", later.text);
    if (event_log_free(&inside->log, &later) != 0)
        result = err_set(err, "%s", later.text);
    if (inside->capture != NULL && capture_end(inside->capture, &later) != 0)
        result = err_set(err, "%s", later.text);
    if (inside->evidence != NULL &&
        evidence_keep(inside->evidence, inside->options->folder, &later) != 0)
        result = err_set(err, "%s", later.text);
    return result;
}

static void inside_free(struct inside *inside)
{
    struct err ignored = {0};
    capture_ring_drop(&inside->ring);
    (void)!capture_close(&inside->capture, &ignored);
    inside_free_server(inside);
    free(inside->evidence);
    inside_free_timers(inside);
    if (inside->base != NULL)
        event_base_free(inside->base);
    settle_deinit(&inside->settle);
    scenario_free(&inside->scenario);
    arena_deinit(&inside->arena);
}

/* The runner judges while this process and its world dissolve, which takes the kernel a while. */
static void inside_tell(const struct inside *inside)
{
    unsigned char code = (unsigned char)inside->exit_code;
    (void)!write((int)inside->options->done_fd, &code, 1);
}

int inside_run(const struct inside_options *options, struct err *err)
{
    struct inside inside = {.options = options, .server_network = -1, .unbound_fd = -1};
    /* What OpenSSL holds goes with the process: no run waits until all of it is freed. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    (void)fcntl((int)options->done_fd, F_SETFD, FD_CLOEXEC);
    inside_begin_capture(&inside);
    if (inside_open(&inside, err) != 0) {
        struct err ignored = {0};
        (void)!inside_end_evidence(&inside, &ignored);
        inside_free(&inside);
        return INSIDE_EXIT_SETUP;
    }
    inside_loop(&inside);
    if (inside.exit_code != 0 && err->text[0] == '\0')
        err_set(err, "%s", inside.end_detail);
    if (inside_end_evidence(&inside, err) == 0)
        inside_tell(&inside);
    else
        inside.exit_code = INSIDE_EXIT_INTERNAL;
    inside_free(&inside);
    return inside.exit_code;
}
