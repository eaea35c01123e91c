#include "mta-under-test/refmta/app/app.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/auth/auth_users.h"
#include "mta-under-test/refmta/control/control.h"
#include "mta-under-test/refmta/delivery/delivery.h"
#include "mta-under-test/refmta/net/tls_context.h"
#include "mta-under-test/refmta/server/server.h"

#include "mta-under-test/base/poison.h"

/* How long clients and deliveries may finish what they are at when the server stops. */
enum { STOP_SECONDS = 30, PASSWORD_BYTES_MAX = 1024 };

struct app {
    const struct config *config;
    struct auth_users users;
    struct buf password; /* at the smart host */
    struct event_base *base;
    struct log *log;
    struct resolver *resolver;
    struct queue *queue;
    struct delivery *delivery;
    struct server *server;
    struct control *control;
    struct server_limits limits;
    SSL_CTX *tls_server;
    struct tls_sessions *tls_client;
    struct https_client *https;
    struct sts_lookups sts;
    struct arena rules; /* of shaping */
    struct shaping_rules shaping;
    struct signer *signer;
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

/* What is wrong in a new file keeps the users of before. */
static void reload_users(struct app *app)
{
    struct auth_users users;
    struct err err;
    if (app->config->auth_users == NULL)
        return;
    if (auth_users_load(&users, app->config->auth_users, &err) != 0) {
        log_text(app->log, "users-not-read", "%s", err.text);
        auth_users_deinit(&users);
        return;
    }
    auth_users_deinit(&app->users);
    app->users = users;
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct app *app = arg;
    log_reopen(app->log);
    reload_users(app);
}

/* The first line of the file. */
static int open_password(struct app *app, struct err *err)
{
    const char *path = app->config->smart_host_password_file;
    buf_init(&app->password, PASSWORD_BYTES_MAX);
    if (path == NULL)
        return 0;
    if (file_read(path, &app->password, err) != 0)
        return -1;
    buf_truncate(&app->password, strcspn(buf_text(&app->password), "\r\n"));
    return app->password.len > 0 ? 0 : err_set(err, "%s: has no password in its first line", path);
}

static void close_password(struct app *app)
{
    if (app->password.data != NULL)
        OPENSSL_cleanse(app->password.data, app->password.len);
    buf_deinit(&app->password);
}

static int open_rules(struct app *app, struct err *err)
{
    if (app->config->shaping == NULL)
        return shaping_rules_parse(&app->shaping, &app->rules, "", SLICE("{}"), err);
    return shaping_rules_load(&app->shaping, &app->rules, app->config->shaping, err);
}

static int open_users(struct app *app, struct err *err)
{
    return app->config->auth_users != NULL
               ? auth_users_load(&app->users, app->config->auth_users, err)
               : 0;
}

static int open_tls(struct app *app, struct err *err)
{
    const struct config *config = app->config;
    if (config->tls_certificate != NULL) {
        app->tls_server = tls_context_server(config->tls_certificate, config->tls_key, err);
        if (app->tls_server == NULL)
            return -1;
    }
    app->tls_client = tls_sessions_open(config->tls_trust, err);
    return app->tls_client != NULL ? 0 : -1;
}

static int open_signer(struct app *app, struct err *err)
{
    const struct config *config = app->config;
    if (config->dkim_domain == NULL)
        return 0;
    app->signer = signer_open(config->dkim_domain, config->dkim_selector, config->dkim_key, err);
    return app->signer != NULL ? 0 : -1;
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
static int open_sts(struct app *app, struct err *err)
{
    enum { HTTPS_PORT = 443 };
    app->https = https_client_open(app->base, app->config->tls_trust, err);
    if (app->https == NULL)
        return -1;
    char *folder = mem_text_format("%s/mta-sts", app->config->spool);
    app->sts = (struct sts_lookups){.resolver = app->resolver,
                                    .client = app->https,
                                    .store = sts_store_open(folder),
                                    .log = app->log,
                                    .port = HTTPS_PORT};
    free(folder);
    return 0;
}

static int open_delivery(struct app *app, struct err *err)
{
    const struct config *config = app->config;
    struct resolver_options resolver = {
        .base = app->base,
        .servers = config->resolvers,
        .server_count = config->resolver_count,
    };
    app->resolver = resolver_open(&resolver, err);
    if (app->resolver == NULL || open_sts(app, err) != 0)
        return -1;
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return err_set_errno(err, "no random numbers");
    struct delivery_options delivery = {
        .config = config,
        .log = app->log,
        .base = app->base,
        .resolver = app->resolver,
        .tls = app->tls_client,
        .shaping = &app->shaping,
        .sts = config->tls_sts ? &app->sts : NULL,
        .password = buf_text(&app->password),
        .seed = seed,
        .on_stopped = on_delivery_stopped,
        .arg = app,
    };
    app->delivery = delivery_open(&delivery);
    return 0;
}

static int open_rest(struct app *app, struct err *err)
{
    const struct config *config = app->config;
    struct queue_options queue = {
        .config = config,
        .log = app->log,
        .base = app->base,
        .on_ready = delivery_ready,
        .arg = app->delivery,
    };
    app->queue = queue_open(&queue, err);
    if (app->queue == NULL)
        return -1;
    delivery_set_queue(app->delivery, app->queue);
    app->limits = SERVER_LIMITS_DEFAULT;
    app->limits.message_bytes_max = config->size_limit_bytes;
    struct server_options server = {
        .config = config,
        .limits = &app->limits,
        .log = app->log,
        .base = app->base,
        .queue = app->queue,
        .users = config->auth_users != NULL ? &app->users : NULL,
        .tls = app->tls_server,
        .signer = app->signer,
        .on_stopped = on_server_stopped,
        .arg = app,
    };
    app->server = server_open(&server, err);
    if (app->server == NULL)
        return -1;
    if (config->control != NULL) {
        struct control_options control = {
            .config = config, .base = app->base, .queue = app->queue, .log = app->log};
        app->control = control_open(&control, err);
        if (app->control == NULL)
            return -1;
    }
    return 0;
}

static void app_close(struct app *app)
{
    if (app->delivery != NULL && app->queue != NULL)
        delivery_abandon(app->delivery);
    control_close(&app->control);
    /* The queue first: it still answers to clients whose messages it is storing. */
    queue_close(&app->queue);
    server_close(&app->server);
    resolver_close(&app->resolver);
    delivery_close(&app->delivery);
    SSL_CTX_free(app->tls_server);
    https_client_close(&app->https);
    sts_store_close(&app->sts.store);
    tls_sessions_close(&app->tls_client);
    auth_users_deinit(&app->users);
    close_password(app);
    signer_close(&app->signer);
    arena_deinit(&app->rules);
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
    json_out_text(&line.json, "hostname", app->config->hostname);
    json_out_array(&line.json, "ports");
    for (size_t i = 0; i < app->config->listener_count; i++)
        json_out_int(&line.json, NULL, server_port(app->server, i));
    json_out_end(&line.json);
    json_out_text(&line.json, "retry", app->config->retry_text);
    log_end(&line);
}

int app_run(const struct config *config, struct err *err)
{
    struct app app = {.config = config};
    signal(SIGPIPE, SIG_IGN);
    raise_descriptors();
    int result = open_loop(&app, err);
    if (result == 0) {
        app.log = log_open(config->log, app.base, err);
        result = app.log != NULL ? 0 : -1;
    }
    if (result == 0)
        result = open_tls(&app, err);
    if (result == 0)
        result = open_users(&app, err);
    if (result == 0)
        result = open_password(&app, err);
    if (result == 0)
        result = open_signer(&app, err);
    if (result == 0)
        result = open_rules(&app, err);
    if (result == 0)
        result = open_delivery(&app, err);
    if (result == 0)
        result = open_rest(&app, err);
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

int app_check(const struct config *config, struct err *err)
{
    struct app app = {.config = config};
    int result = open_tls(&app, err);
    if (result == 0)
        result = open_users(&app, err);
    if (result == 0)
        result = open_password(&app, err);
    if (result == 0)
        result = open_signer(&app, err);
    if (result == 0)
        result = open_rules(&app, err);
    signer_close(&app.signer);
    arena_deinit(&app.rules);
    auth_users_deinit(&app.users);
    close_password(&app);
    SSL_CTX_free(app.tls_server);
    tls_sessions_close(&app.tls_client);
    return result;
}
