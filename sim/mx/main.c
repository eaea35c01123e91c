/*
 * mx-stand: runs the hosts of a JSON file outside of any world, on one port of the loopback, for
 * trying profiles and rules by hand and for the bench.
 *
 *     mx-stand [-p PORT] [-h HOST] [-e EVENTS] [-s FOLDER] [-c CA] [HOSTS.json]
 *
 * The file is what stands under "hosts" in a scenario; without one there is a host mx.test that
 * takes everything. HOST answers (the first by default). The port is printed when it listens.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_server.h"

#include "mta-under-test/base/poison.h"

struct stand {
    const char *file;
    const char *host;
    const char *events;
    const char *store;
    const char *authority;
    uint16_t port;
    struct event_base *base;
    struct arena arena;
    struct spec_document *document;
    struct mx_model *model;
    struct tls_authority *tls;
    struct event_log *log;
    struct mx_server *server;
};

static int stand_usage(void)
{
    fputs("usage: mx-stand [-p PORT] [-h HOST] [-e EVENTS] [-s FOLDER] [-c CA] [HOSTS.json]\n",
          stderr);
    return 2;
}

static int stand_read_options(struct stand *stand, int argc, char **argv)
{
    int option;
    uint64_t port = 0;
    while ((option = getopt(argc, argv, "p:h:e:s:c:")) != -1) {
        if (option == 'p' && (text_to_u64(slice_of(optarg), &port) != 0 || port > 65535))
            return -1;
        if (option == 'h')
            stand->host = optarg;
        if (option == 'e')
            stand->events = optarg;
        if (option == 's')
            stand->store = optarg;
        if (option == 'c')
            stand->authority = optarg;
        if (option == '?')
            return -1;
    }
    stand->port = (uint16_t)port;
    stand->file = optind < argc ? argv[optind] : NULL;
    return optind + 1 < argc ? -1 : 0;
}

static int stand_load(struct stand *stand, struct err *err)
{
    if (stand->file == NULL)
        stand->document = spec_document_parse("(built in)", SLICE("{\"mx.test\": {}}"), err);
    else
        stand->document = spec_document_open(stand->file, err);
    if (stand->document == NULL ||
        mx_spec_parse(spec_root(stand->document), ".", 1, &stand->arena, &stand->model, err) != 0)
        return -1;
    if (mx_model_host_count(stand->model) == 0)
        return err_set(err, "%s has no host", stand->file);
    if (stand->host == NULL)
        stand->host = mx_host_name(mx_model_host(stand->model, 0));
    return 0;
}

static int stand_open(struct stand *stand, struct err *err)
{
    int64_t now_us = time_now_us();
    if (stand->events != NULL) {
        int fd = open(stand->events, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0)
            return err_set_errno(err, "%s", stand->events);
        stand->log = event_log_new(fd, now_us);
    }
    stand->tls = tls_authority_new(now_us, 1, err);
    if (stand->tls == NULL)
        return -1;
    if (stand->authority != NULL &&
        file_write(stand->authority, slice_of(tls_authority_root_pem(stand->tls)), err) != 0)
        return -1;
    const struct mx_listener listener = {"127.0.0.1", stand->port, 25};
    const struct mx_server_options options = {
        .listeners = &listener,
        .listener_count = 1,
        .host = stand->host,
        .start_us = now_us,
        .authority = stand->tls,
        .store_folder = stand->store,
    };
    stand->server = mx_server_open(stand->base, stand->model, stand->log, &options, err);
    if (stand->server == NULL)
        return -1;
    printf("%u\n", (unsigned)mx_server_port(stand->server, 0));
    fflush(stdout);
    return 0;
}

static void stand_on_signal(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(context);
}

static void stand_run(struct stand *stand)
{
    struct event *stop = evsignal_new(stand->base, SIGTERM, stand_on_signal, stand->base);
    struct event *interrupt = evsignal_new(stand->base, SIGINT, stand_on_signal, stand->base);
    event_add(stop, NULL);
    event_add(interrupt, NULL);
    event_base_dispatch(stand->base);
    event_free(stop);
    event_free(interrupt);
}

int main(int argc, char **argv)
{
    struct stand stand = {0};
    struct err err = {0};
    if (stand_read_options(&stand, argc, argv) != 0)
        return stand_usage();
    stand.base = event_base_new();
    bool good = stand_load(&stand, &err) == 0 && stand_open(&stand, &err) == 0;
    if (good)
        stand_run(&stand);
    mx_server_close(&stand.server);
    if (event_log_free(&stand.log, &err) != 0)
        good = false;
    tls_authority_free(&stand.tls);
    mx_model_release(&stand.model);
    spec_document_free(&stand.document);
    arena_deinit(&stand.arena);
    event_base_free(stand.base);
    if (!good)
        fprintf(stderr, "mx-stand: %s\n", err.text);
    return good ? 0 : 1;
}
