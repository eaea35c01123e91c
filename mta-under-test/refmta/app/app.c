#include "mta-under-test/refmta/app/app.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/app/confinement.h"
#include "mta-under-test/refmta/app/dmarc_reporter.h"
#include "mta-under-test/refmta/app/listeners.h"
#include "mta-under-test/refmta/app/operations.h"
#include "mta-under-test/refmta/app/settings.h"
#include "mta-under-test/refmta/app/submission.h"
#include "mta-under-test/refmta/app/tls_reporter.h"
#include "mta-under-test/refmta/app/unsubscriber.h"
#include "mta-under-test/refmta/control/control.h"
#include "mta-under-test/refmta/delivery/delivery.h"
#include "mta-under-test/refmta/local/local_delivery.h"
#include "mta-under-test/refmta/queue/queue_way.h"
#include "mta-under-test/refmta/server/server.h"

#include "mta-under-test/base/poison.h"

/* How long clients and deliveries may finish what they are at when the server stops. */
enum { STOP_SECONDS = 30 };

struct app {
    const char *path;          /* of the configuration */
    struct settings *settings; /* those in force */
    struct list replaced;      /* older ones that somebody still works under */
    struct event_base *base;
    struct log *log;
    struct resolver *resolver;
    struct queue *queue;
    struct delivery *delivery;
    struct local_delivery *local;
    struct server *server;
    struct control *control;
    struct trace trace;
    struct confinement confinement;
    struct operations *operations;
    struct submission_server *submission;
    struct tls_sessions *tls_client;
    struct https_client *https;
    struct sts_lookups sts;
    struct suppression *suppression;
    struct listeners listeners;
    struct unsubscriber *unsubscriber; /* NULL: none */
    struct report_sender sender;
    struct tls_reporter *reporter;         /* NULL: none */
    struct dmarc_reporter *dmarc_reporter; /* NULL: none */
    struct event *on_term;
    struct event *on_int;
    struct event *on_hup;
    struct event *stop_timer;
    bool stopping;
    bool server_stopped;
    bool delivery_stopped;
};

static void stop_if_done(struct app *app)
{
    if (app->server_stopped && app->delivery_stopped)
        event_base_loopbreak(app->base);
}

static void on_server_stopped(void *arg)
{
    struct app *app = arg;
    app->server_stopped = true;
    stop_if_done(app);
}

static void on_delivery_stopped(void *arg)
{
    struct app *app = arg;
    app->delivery_stopped = true;
    stop_if_done(app);
}

static void on_stop_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct app *app = arg;
    log_text(app->log, "stop-forced", "not all was finished in %d s", STOP_SECONDS);
    event_base_loopbreak(app->base);
}

static void on_stop_signal(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval WAIT = {.tv_sec = STOP_SECONDS};
    (void)what;
    struct app *app = arg;
    if (app->stopping)
        return;
    app->stopping = true;
    log_text(app->log, "stopping", "signal %d", (int)fd);
    event_add(app->stop_timer, &WAIT);
    server_stop(app->server);
    delivery_stop(app->delivery);
}

/* Closes the settings that nobody works under any more. */
static void close_replaced(struct app *app)
{
    LIST_EACH(link, &app->replaced)
    {
        struct settings *settings = LIST_ENTRY(link, struct settings, link);
        if (!config_is_held(&settings->config))
            settings_close(&settings);
    }
}

static struct server_options server_options_of(struct app *app, const struct settings *settings)
{
    struct server_options options = {
        .log = app->log,
        .base = app->base,
        .queue = app->queue,
        .resolver = app->resolver,
        .trace = &app->trace,
        .on_dmarc = app->dmarc_reporter != NULL ? dmarc_reporter_note : NULL,
        .reporter = app->dmarc_reporter,
        .on_stopped = on_server_stopped,
        .arg = app,
    };
    settings_to_server(settings, &options);
    return options;
}

/* All or nothing: whatever is wrong leaves the settings as they were. */
static int change_over(struct app *app, struct settings *next, struct err *err)
{
    struct server_options options = server_options_of(app, next);
    if (settings_may_follow(app->settings, next, err) != 0 ||
        server_change(app->server, &options, err) != 0)
        return -1;
    queue_set_config(app->queue, &next->config);
    if (app->local != NULL)
        local_delivery_set_queue(app->local, app->queue, &next->config);
    delivery_set_config(app->delivery, &next->config);
    if (app->control != NULL)
        control_set_config(app->control, &next->config);
    if (app->submission != NULL)
        submission_set_settings(app->submission, next);
    list_push_back(&app->replaced, &app->settings->link);
    app->settings = next;
    close_replaced(app);
    return 0;
}

/* Takes the configuration and all files named in it anew. */
static int reload(void *arg, struct err *err)
{
    struct app *app = arg;
    if (app->stopping)
        return err_set(err, "the server is stopping");
    log_reopen(app->log);
    struct settings *next = settings_open(app->path, err);
    if (next == NULL || change_over(app, next, err) != 0) {
        log_text(app->log, "reload-failed", "%s", err->text);
        settings_close(&next);
        return -1;
    }
    log_text(app->log, "reloaded", "%s", app->path);
    return 0;
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
    struct err err;
    (void)fd;
    (void)what;
    (void)reload(arg, &err); /* it is in the log */
}

static int open_loop(struct app *app, struct err *err)
{
    app->base = event_base_new();
    if (app->base == NULL)
        return err_set(err, "cannot start the event loop");
    app->on_term = evsignal_new(app->base, SIGTERM, on_stop_signal, app);
    app->on_int = evsignal_new(app->base, SIGINT, on_stop_signal, app);
    app->on_hup = evsignal_new(app->base, SIGHUP, on_hangup, app);
    app->stop_timer = event_new(app->base, -1, 0, on_stop_timer, app);
    event_add(app->on_term, NULL);
    event_add(app->on_int, NULL);
    event_add(app->on_hup, NULL);
    return 0;
}

/* As many descriptors as we may have: each client and each delivery needs one. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* The policies of MTA-STS: those of before from the spool, new ones by HTTPS. */
static void open_sts(struct app *app)
{
    enum { HTTPS_PORT = 443 };
    const struct config *config = &app->settings->config;
    app->https = https_client_open(app->base, config->tls_trust);
    char *folder = mem_text_format("%s/mta-sts", config->spool);
    app->sts = (struct sts_lookups){.resolver = app->resolver,
                                    .client = app->https,
                                    .store = sts_store_open(folder),
                                    .log = app->log,
                                    .port = HTTPS_PORT};
    free(folder);
}

static int open_suppression(struct app *app, struct err *err)
{
    const struct config *config = &app->settings->config;
    struct suppression_options options = {
        .path = config->suppression,
        .life_us = {[SUPPRESSION_BOUNCE] = config->suppress_bounces_us,
                    [SUPPRESSION_COMPLAINT] = config->suppress_complaints_us,
                    [SUPPRESSION_UNSUBSCRIBE] = config->suppress_unsubscribes_us}};
    if (options.path == NULL)
        return 0;
    app->suppression = suppression_open(&options, time_now_us(), err);
    return app->suppression != NULL ? 0 : -1;
}

static const struct signer *signer_in_force(void *arg)
{
    const struct app *app = arg;
    return app->settings->signer;
}

static int open_reporters(struct app *app, uint64_t seed, struct err *err)
{
    const struct config *config = &app->settings->config;
    app->sender = (struct report_sender){.log = app->log, .signer = signer_in_force, .arg = app};
    struct tls_reporter_options tls = {
        .config = config,
        .log = app->log,
        .base = app->base,
        .resolver = app->resolver,
        .https = app->https,
        .seed = seed,
        .sender = &app->sender,
    };
    struct dmarc_reporter_options dmarc = {
        .config = config,
        .base = app->base,
        .log = app->log,
        .resolver = app->resolver,
        .seed = seed,
        .sender = &app->sender,
    };
    if (config->tls_reports_from != NULL)
        app->reporter = tls_reporter_open(&tls);
    if (config->dmarc_reports.from == NULL)
        return 0;
    app->dmarc_reporter = dmarc_reporter_open(&dmarc, err);
    return app->dmarc_reporter != NULL ? 0 : -1;
}

/* Those who hear what happens to mail. */
static int open_listeners(struct app *app, struct err *err)
{
    const struct config *config = &app->settings->config;
    const struct config_sender_watch *watch = &config->sender_watch;
    char *path = mem_text_format("%s/sender-history", config->spool);
    const struct sender_watch_options watch_options = {
        .path = path,
        .floors = {[SENDER_RECIPIENTS] = watch->recipients,
                   [SENDER_NEW_RECIPIENTS] = watch->new_recipients,
                   [SENDER_BOUNCES] = watch->bounces,
                   [SENDER_COMPLAINTS] = watch->complaints},
        .hold_us = watch->action == CONFIG_WATCH_HOLD ? watch->hold_us : 0,
    };
    const struct webhooks_options webhooks = {.config = config,
                                              .base = app->base,
                                              .log = app->log,
                                              .resolver = app->resolver,
                                              .https = app->https};
    int result = 0;
    app->listeners.log = app->log;
    if (watch->action != CONFIG_WATCH_OFF) {
        app->listeners.watch = sender_watch_open(&watch_options, time_now_us(), err);
        result = app->listeners.watch != NULL ? 0 : -1;
    }
    free(path);
    if (result == 0 && config->webhooks.url != NULL) {
        app->listeners.webhooks = webhooks_open(&webhooks, err);
        result = app->listeners.webhooks != NULL ? 0 : -1;
    }
    return result;
}

static int open_delivery(struct app *app, struct err *err)
{
    const struct config *config = &app->settings->config;
    struct resolver_options resolver = {
        .base = app->base,
        .servers = config->resolvers,
        .server_count = config->resolver_count,
    };
    if (open_suppression(app, err) != 0)
        return -1;
    app->tls_client = tls_sessions_open(config->tls_trust, err);
    app->resolver = resolver_open(&resolver, err);
    if (app->tls_client == NULL || app->resolver == NULL)
        return -1;
    open_sts(app);
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return err_set_errno(err, "no random numbers");
    if (open_listeners(app, err) != 0 || open_reporters(app, seed, err) != 0)
        return -1;
    struct delivery_options delivery = {
        .config = config,
        .log = app->log,
        .base = app->base,
        .resolver = app->resolver,
        .tls = app->tls_client,
        .sts = config->tls_sts ? &app->sts : NULL,
        .suppression = app->suppression,
        .on_tls = app->reporter != NULL ? tls_reporter_note : NULL,
        .reporter = app->reporter,
        .trace = &app->trace,
        .signer = signer_in_force,
        .seed = seed,
        .on_stopped = on_delivery_stopped,
        .arg = app,
    };
    app->delivery = delivery_open(&delivery);
    return 0;
}

/* What is local goes into mailboxes, the rest out. */
static void on_ready(void *arg, struct queue_destination *destination)
{
    struct app *app = arg;
    if (slice_starts_with(slice_of(destination->name), slice_of(QUEUE_WAY_LOCAL)))
        local_delivery_ready(app->local, destination);
    else
        delivery_ready(app->delivery, destination);
}

static bool must_hold(void *arg, const struct message *message)
{
    const struct app *app = arg;
    return listeners_must_hold(&app->listeners, message);
}

static void on_event(void *arg, const struct queue_event *event)
{
    const struct app *app = arg;
    listeners_tell(&app->listeners, event);
}

static int open_unsubscriber(struct app *app, struct err *err)
{
    const struct unsubscriber_options options = {.settings = app->settings,
                                                 .base = app->base,
                                                 .log = app->log,
                                                 .queue = app->queue,
                                                 .suppression = app->suppression};
    if (app->settings->one_click.url == NULL)
        return 0;
    app->unsubscriber = unsubscriber_open(&options, err);
    return app->unsubscriber != NULL ? 0 : -1;
}

/* The ways in for operators. */
static int open_access(struct app *app, struct err *err)
{
    const struct config *config = &app->settings->config;
    if (config->submission.address.family != 0) {
        struct submission_options submission = {
            .settings = app->settings, .base = app->base, .log = app->log, .queue = app->queue};
        app->submission = submission_open(&submission, err);
        if (app->submission == NULL)
            return -1;
    }
    if (config->operations.address.family != 0) {
        struct operations_options operations = {
            .endpoint = config->operations,
            .base = app->base,
            .log = app->log,
            .queue = app->queue,
            .server = app->server,
            .delivery = app->delivery,
            .confinement = &app->confinement,
            .is_stopping = &app->stopping,
        };
        app->operations = operations_open(&operations, err);
        if (app->operations == NULL)
            return -1;
    }
    if (open_unsubscriber(app, err) != 0)
        return -1;
    if (config->control != NULL) {
        struct control_options control = {
            .scene = {.queue = app->queue,
                      .config = config,
                      .trace = &app->trace,
                      .reload = reload,
                      .arg = app},
            .base = app->base,
            .log = app->log,
        };
        app->control = control_open(&control, err);
        if (app->control == NULL)
            return -1;
    }
    return 0;
}

/* Binds the ports; nobody is served before the loop runs. */
static int open_server(struct app *app, struct err *err)
{
    struct server_options options = server_options_of(app, app->settings);
    app->server = server_open(&options, err);
    return app->server != NULL ? 0 : -1;
}

static int begin_confinement(struct app *app, struct err *err)
{
    return confinement_begin(&app->confinement, &app->settings->config, err);
}

static int end_confinement(struct app *app, struct err *err)
{
    return confinement_end(&app->confinement, &app->settings->config, err);
}

static int open_log(struct app *app, struct err *err)
{
    app->log = log_open(app->settings->config.log, app->base, err);
    return app->log != NULL ? 0 : -1;
}

static int open_queue(struct app *app, struct err *err)
{
    struct queue_options queue = {
        .config = &app->settings->config,
        .log = app->log,
        .base = app->base,
        .suppression = app->suppression,
        .on_ready = on_ready,
        .must_hold = must_hold,
        .on_event = on_event,
        .arg = app,
    };
    if (app->settings->config.local.domain_count > 0) {
        app->local = local_delivery_open(app->base, err);
        if (app->local == NULL)
            return -1;
    }
    app->queue = queue_open(&queue, err);
    if (app->queue == NULL)
        return -1;
    delivery_set_queue(app->delivery, app->queue);
    if (app->local != NULL)
        local_delivery_set_queue(app->local, app->queue, &app->settings->config);
    app->sender.queue = app->queue;
    struct server_options server = server_options_of(app, app->settings);
    server_serve(app->server, &server);
    return 0;
}

static void app_close(struct app *app)
{
    if (app->delivery != NULL && app->queue != NULL)
        delivery_abandon(app->delivery);
    control_close(&app->control);
    operations_close(&app->operations);
    local_delivery_close(&app->local);
    submission_close(&app->submission);
    unsubscriber_close(&app->unsubscriber);
    /* The queue first: it still answers to clients whose messages it is storing. */
    queue_close(&app->queue);
    server_close(&app->server);
    resolver_close(&app->resolver);
    delivery_close(&app->delivery);
    tls_reporter_close(&app->reporter);
    dmarc_reporter_close(&app->dmarc_reporter);
    https_client_close(&app->https);
    webhooks_close(&app->listeners.webhooks);
    sender_watch_close(&app->listeners.watch);
    sts_store_close(&app->sts.store);
    tls_sessions_close(&app->tls_client);
    suppression_close(&app->suppression);
    LIST_EACH(link, &app->replaced)
    {
        struct settings *settings = LIST_ENTRY(link, struct settings, link);
        settings_close(&settings);
    }
    settings_close(&app->settings);
    log_close(&app->log);
    struct event *events[] = {app->on_term, app->on_int, app->on_hup, app->stop_timer};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i] != NULL)
            event_free(events[i]);
    if (app->base != NULL)
        event_base_free(app->base);
}

static void log_started(struct app *app)
{
    struct log_line line;
    log_begin(&line, app->log, "started");
    json_out_text(&line.json, "hostname", app->settings->config.hostname);
    json_out_array(&line.json, "ports");
    for (size_t i = 0; i < app->settings->config.listener_count; i++)
        json_out_int(&line.json, NULL, server_port(app->server, i));
    json_out_end(&line.json);
    if (app->submission != NULL)
        json_out_int(&line.json, "http-submission-port", submission_port(app->submission));
    if (app->unsubscriber != NULL)
        json_out_int(&line.json, "unsubscribe-port", unsubscriber_port(app->unsubscriber));
    if (app->operations != NULL)
        json_out_int(&line.json, "operations-port", operations_port(app->operations));
    json_out_int(&line.json, "user-id", geteuid());
    json_out_int(&line.json, "landlock", app->confinement.landlock);
    json_out_bool(&line.json, "seccomp", app->confinement.seccomp);
    json_out_text(&line.json, "retry", app->settings->config.retry_text);
    log_end(&line);
}

/* In this order: ports while it still may, files and threads when it is confined. */
static int open_all(struct app *app, struct err *err)
{
    static int (*const STEPS[])(struct app * app, struct err * err) = {
        open_loop,     open_server, begin_confinement, open_log,
        open_delivery, open_queue,  open_access,       end_confinement,
    };
    int result = 0;
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0] && result == 0; i++)
        result = STEPS[i](app, err);
    return result;
}

int app_run(const char *path, struct settings *settings, struct err *err)
{
    struct app app = {.path = path, .settings = settings};
    list_init(&app.replaced);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptors();
    int result = open_all(&app, err);
    if (result == 0) {
        log_started(&app);
        queue_start(app.queue);
        if (event_base_dispatch(app.base) < 0)
            result = err_set(err, "the event loop has failed");
        log_text(app.log, "stopped", "%zu messages are in the queue",
                 queue_message_count(app.queue));
    }
    app_close(&app);
    return result;
}
