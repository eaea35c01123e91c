/*
 * The server under test, the mail that is handed to it, and the command of exec.
 */
#include "sim/inside/inside_state.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/check/check_list.h"
#include "sim/mta/mta_skew.h"
#include "sim/mta/mta_sources.h"
#include "sim/mta/mta_spawn.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

#include "mta-under-test/base/poison.h"

static void inside_on_command_end(void *context, int status)
{
    struct inside *inside = context;
    command_free(&inside->command);
    if (inside->options->interactive) {
        inside_end(inside, "command", "%s ended", inside->command_name);
        return;
    }
    if (status != 0) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside_end(inside, "command-failed", "%s ended with %d%s", inside->command_name, status,
                   status == 128 + SIGSYS ? MTA_SPAWN_SIGSYS : "");
        return;
    }
    /* What it handed in is not known by name: its mail has the rest of the scenario's time, unless
     * nothing is expected of it. */
    if (inside->scenario->message_count == 0 && inside->scenario->checks->count == 0)
        inside_end(inside, "command", "%s ended", inside->command_name);
    inside_look(inside);
}

static int inside_start_command(struct inside *inside, char *const *argv, struct err *err)
{
    inside->command_name = argv[0];
    const struct command_options options = {
        .base = inside->base,
        .argv = argv,
        .network_fd = inside->server_network,
        .home = inside->options->home,
        .ended = inside_on_command_end,
        .context = inside,
    };
    inside->command = command_start(&options, err);
    return inside->command != NULL ? 0 : -1;
}

static void inside_begin(struct inside *inside)
{
    struct err err = {0};
    inside_set_stage(inside, INSIDE_RUNNING);
    inside->timeline =
        timeline_new(inside->base, inside->log, inside->scenario, inside_act, inside);
    submitter_start(inside->submitter);
    clients_start(inside->clients);
    if (inside->options->command != NULL &&
        inside_start_command(inside, inside->options->command, &err) != 0) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside_end(inside, "command", "%s", err.text);
    }
    inside_look(inside);
}

int inside_check_sources(const struct inside *inside, struct err *err)
{
    return mta_sources_check(inside->server_network, inside->scenario->mta, err);
}

/* The scenario begins when the server is ready for the first time. */
static void inside_on_ready(void *context)
{
    struct inside *inside = context;
    struct err err = {0};
    if (inside->stage != INSIDE_STARTING)
        return;
    if (inside_check_sources(inside, &err) == 0) {
        inside_begin(inside);
        return;
    }
    inside->exit_code = INSIDE_EXIT_SERVER;
    inside_end(inside, "mta-failed", "%s", err.text);
}

static void inside_on_server_end(void *context, bool expected, const char *why)
{
    struct inside *inside = context;
    if (inside->stage == INSIDE_STOPPING) {
        inside_set_stage(inside, INSIDE_ENDED);
        event_base_loopbreak(inside->base);
    } else if (!expected) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside_end(inside, "mta-failed", "%s", why);
    }
}

static char **inside_submit_words(void *context, const struct submit_message *message,
                                  struct arena *arena, struct err *err)
{
    const struct inside *inside = context;
    const struct mta_setup setup = {
        .adapter = inside->adapter,
        .settings = inside->scenario->mta,
        .programs = inside->options->programs,
    };
    return mta_submit_words(&setup, message->entry->from, message->to, message->to_count, arena,
                            err);
}

/* Mail for a host that the scenario names, and not for the inbox of the server's own domain: that
 * the server may keep. */
static bool inside_leaves(void *context, const char *recipient)
{
    const struct scenario *scenario = ((const struct inside *)context)->scenario;
    struct slice mailbox = slice_of(recipient);
    for (size_t i = 0; i < mx_model_host_count(scenario->mx); i++) {
        const struct mx_host *host = mx_model_host(scenario->mx, i);
        if (mx_host_spec(host).json != NULL && mx_host_is_meant(host, mailbox))
            return true;
    }
    struct slice domain = slice_skip(mailbox, slice_find_last(mailbox, '@') + 1);
    return scenario->smart_host && !slice_is_nocase(domain, mta_settings_domain(scenario->mta));
}

static void inside_make_submitter(struct inside *inside, struct err *err)
{
    struct submitter_options options = {
        .base = inside->base,
        .log = inside->log,
        .scenario = inside->scenario,
        .server = inside->scenario->mta->sources[0],
        .has_source = true,
        .helo = "client.submitter.test",
        .network_fd = inside->server_network,
        .output = inside->server_log,
        .words_context = inside,
    };
    if (inside->adapter != NULL && inside->adapter->submit.word_count > 0)
        options.words = inside_submit_words;
    if (inside->adapter != NULL && inside->adapter->login_port > 0) {
        inside->login.user = inside->adapter->login_user;
        inside->login.password = inside->adapter->login_password;
        options.login = &inside->login;
        options.port_override = (uint16_t)inside->adapter->login_port;
    }
    const char *source = address_is_ipv4(&options.server) ? NETWORK_GATEWAY_V4 : NETWORK_GATEWAY_V6;
    if (address_from_text(slice_of(source), &options.source) != 0)
        err_set(err, "%s: no address", source);
    inside->submitter = submitter_new(&options);
    const struct clients_options clients = {
        .base = inside->base,
        .log = inside->log,
        .list = inside->scenario->clients,
        .authority = inside->authority,
        .server = options.server,
        .source = options.source,
        .leaves = inside_leaves,
        .changed = inside_look,
        .context = inside,
    };
    inside->clients = clients_new(&clients);
}

static int inside_make_server(struct inside *inside, struct err *err)
{
    const struct inside_options *options = inside->options;
    const struct mta_process_options process = {
        .base = inside->base,
        .log = inside->log,
        .settings = inside->scenario->mta,
        .adapter = inside->adapter,
        .programs = options->programs,
        .output = inside->server_log,
        .queue = inside->queue_list,
        .network_fd = inside->server_network,
        .spared = inside->unbound,
        /* Of a campaign a second at once: each pause is a step of the clock. */
        .log_pause_us = inside_is_campaign(inside) ? TIME_SECOND : TIME_MS,
        .ready = inside_on_ready,
        .ended = inside_on_server_end,
        .context = inside,
    };
    if (process.settings->skew_changes && mta_skew_set(process.settings->skew_us, err) != 0)
        return -1;
    inside_open_queue(inside);
    inside->server = mta_process_new(&process);
    return mta_process_start(inside->server, err);
}

int inside_open_server_network(struct inside *inside, struct err *err)
{
    inside->server_network = open(WORLD_MTA_NETWORK, O_RDONLY | O_CLOEXEC);
    return inside->server_network >= 0
               ? 0
               : err_set_errno(err, "%s: cannot be opened", WORLD_MTA_NETWORK);
}

int inside_start_server(struct inside *inside, struct err *err)
{
    if (inside->scenario->mta->command == NULL) {
        inside->server_log = mem_text_format("%s/server.log", inside->evidence);
        inside->queue_list = mem_text_format("%s/queue.txt", inside->evidence);
        inside->adapter =
            mta_adapter_load(inside->options->root, inside->options->mta, &inside->arena, err);
        if (inside->adapter == NULL)
            return -1;
    }
    inside_make_submitter(inside, err);
    if (inside->adapter != NULL)
        return inside_make_server(inside, err);
    /* A program instead of a server: it delivers by itself, and the run is its run. */
    inside_begin(inside);
    if (inside->command == NULL && inside->stage == INSIDE_RUNNING)
        return inside_start_command(inside, inside->scenario->mta->command, err);
    return 0;
}

void inside_stop_server(struct inside *inside)
{
    command_free(&inside->command);
    if (inside->server != NULL && mta_process_state(inside->server) != MTA_DOWN) {
        mta_process_stop(inside->server);
        return;
    }
    inside_set_stage(inside, INSIDE_ENDED);
    event_base_loopbreak(inside->base);
}

/* The server's own log file stands beside what it wrote on stdout and stderr. */
static void inside_keep_log(const struct inside *inside)
{
    enum { LOG_BYTES_MAX = 256 * 1024 * 1024 };
    struct buf text;
    if (inside->adapter == NULL || inside->adapter->log == NULL)
        return;
    buf_init(&text, LOG_BYTES_MAX);
    if (file_read(inside->adapter->log, &text, NULL) == 0) {
        int fd = open(inside->server_log, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd >= 0) {
            (void)!file_write_fd(fd, buf_slice(&text));
            close(fd);
        }
    }
    buf_deinit(&text);
}

void inside_end_server(struct inside *inside)
{
    if (inside->server != NULL)
        mta_process_finish(inside->server);
    inside_keep_log(inside);
}

void inside_free_server(struct inside *inside)
{
    mta_process_free(&inside->server);
    mta_adapter_release(inside->adapter);
    free(inside->server_log);
    inside->server_log = NULL;
    free(inside->queue_list);
    inside->queue_list = NULL;
    if (inside->server_network >= 0)
        close(inside->server_network);
    inside->server_network = -1;
}
