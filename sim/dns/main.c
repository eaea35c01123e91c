/*
 * mailrange-dns: serves the zones of a scenario, or of zone files, until it is stopped. For trying
 * zones out with dig, for comparing with other servers, and for the tests.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"
#include "sim/dns/dns_server.h"
#include "sim/dns/dns_spec.h"

#include "mta-under-test/base/poison.h"

static const char USAGE[] =
    "usage: mailrange-dns [OPTION]... [SCENARIO.json | ZONE=FILE]...\n"
    "Serves the \"dns\" part of scenarios, and zone files, and prints the port.\n"
    "\n"
    "  -a, --address ADDRESS     IPv4 or IPv6 address to bind (default 127.0.0.1; twice for both)\n"
    "  -p, --port PORT           port (default: a free one)\n"
    "  -r, --resolver ADDRESS    answer as a resolver there, elsewhere as the zones' own server\n"
    "  -s, --sign ZONE           sign a zone\n"
    "  -S, --seed NUMBER         for faults with a probability (default 1)\n"
    "  -l, --log FILE            write events.jsonl there\n"
    "  -e, --explain             print zones and faults in words, and end\n"
    "  -h, --help                this text\n";

enum {
    MAIN_RESOLVERS_MAX = 16,
    MAIN_EXIT_USAGE = 2,
};

struct main_settings {
    struct dns_server_options server;
    struct address resolvers[MAIN_RESOLVERS_MAX];
    const char *log;
    bool explain;
    bool help;
};

static int main_need_number(const char *text, uint64_t max, uint64_t *number, struct err *err)
{
    if (text_to_u64(slice_of(text), number) != 0 || *number > max)
        return err_set(err, "\"%s\": expected a number of at most %llu", text,
                       (unsigned long long)max);
    return 0;
}

static int main_option(int option, const char *value, struct main_settings *settings,
                       struct dns_model *model, struct err *err)
{
    struct dns_answer_options *answer = &settings->server.answer;
    uint64_t number = 0;
    switch (option) {
    case 'a':
        *(strchr(value, ':') != NULL ? &settings->server.ipv6 : &settings->server.ipv4) = value;
        return 0;
    case 'p':
        if (main_need_number(value, UINT16_MAX, &number, err) != 0)
            return -1;
        settings->server.port = (uint16_t)number;
        return 0;
    case 'r':
        if (answer->resolver_count >= MAIN_RESOLVERS_MAX ||
            address_from_text(slice_of(value), &settings->resolvers[answer->resolver_count++]) != 0)
            return err_set(err, "\"%s\": expected an address", value);
        return 0;
    case 's':
        return dns_model_add_zone(model, value, err) != 0 ? -1
                                                          : dns_model_set_signed(model, value, err);
    case 'S':
        return main_need_number(value, UINT64_MAX, &answer->seed, err);
    case 'l':
        settings->log = value;
        return 0;
    case 'e':
        settings->explain = true;
        return 0;
    default:
        settings->help = true;
        return option == 'h' ? 0 : err_set(err, "try mailrange-dns --help");
    }
}

static int main_options(int argc, char **argv, struct main_settings *settings,
                        struct dns_model *model, struct err *err)
{
    static const struct option OPTIONS[] = {
        {"address", required_argument, NULL, 'a'},
        {"port", required_argument, NULL, 'p'},
        {"resolver", required_argument, NULL, 'r'},
        {"sign", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'S'},
        {"log", required_argument, NULL, 'l'},
        {"explain", no_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "a:p:r:s:S:l:eh", OPTIONS, NULL)) != -1) {
        if (main_option(option, optarg, settings, model, err) != 0)
            return -1;
    }
    if (settings->server.ipv4 == NULL && settings->server.ipv6 == NULL)
        settings->server.ipv4 = "127.0.0.1";
    settings->server.answer.resolvers = settings->resolvers;
    return 0;
}

static int main_load_scenario(const char *path, struct dns_model *model, struct err *err)
{
    struct spec_document *document = spec_document_open(path, err);
    if (document == NULL)
        return -1;
    struct spec dns;
    char *folder = mem_text_copy(path);
    char *slash = strrchr(folder, '/');
    *(slash != NULL ? slash : folder) = '\0';
    int result = 0;
    if (spec_get(spec_root(document), "dns", &dns) &&
        (dns_spec_parse(dns, *folder != '\0' ? folder : ".", ".", model, err) != 0 ||
         dns_spec_finish(dns, model, err) != 0))
        result = -1;
    free(folder);
    spec_document_free(&document);
    return result;
}

static int main_load(const char *argument, struct dns_model *model, struct err *err)
{
    const char *equals = strchr(argument, '=');
    if (equals == NULL)
        return main_load_scenario(argument, model, err);
    FILE *file = fopen(equals + 1, "re");
    if (file == NULL)
        return err_set_errno(err, "%s", equals + 1);
    char *zone = mem_text_copy_n(argument, (size_t)(equals - argument));
    int result = dns_model_add_zone_file(model, zone, file, equals + 1, err);
    free(zone);
    (void)fclose(file);
    return result;
}

static void main_stop(evutil_socket_t signal_number, short what, void *context)
{
    bool *stopped = context;
    (void)signal_number;
    (void)what;
    *stopped = true;
}

static int main_serve(struct main_settings *settings, struct dns_model *model, struct err *err)
{
    struct event_log *log = NULL;
    settings->server.answer.start_us = time_now_us();
    if (settings->log != NULL) {
        int fd = open(settings->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0)
            return err_set_errno(err, "%s", settings->log);
        log = event_log_new(fd, settings->server.answer.start_us);
    }
    bool stopped = false;
    struct event_base *base = event_base_new();
    struct event *term = evsignal_new(base, SIGTERM, main_stop, &stopped);
    struct event *interrupt = evsignal_new(base, SIGINT, main_stop, &stopped);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    struct dns_server *server = dns_server_open(base, model, log, &settings->server, err);
    int result = server != NULL ? 0 : -1;
    if (server != NULL) {
        printf("%u\n", (unsigned)dns_server_port(server));
        (void)fflush(stdout);
        while (!stopped && event_base_loop(base, EVLOOP_ONCE) == 0) {
            if (log != NULL)
                event_log_flush(log);
        }
    }
    dns_server_close(&server);
    event_free(term);
    event_free(interrupt);
    event_base_free(base);
    return log != NULL && event_log_free(&log, err) != 0 ? -1 : result;
}

static void main_explain(const struct dns_model *model)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    dns_model_explain(model, false, &text);
    (void)fwrite(buf_text(&text), 1, text.len, stdout);
    buf_deinit(&text);
}

int main(int argc, char **argv)
{
    struct main_settings settings = {.server.answer.seed = 1};
    struct dns_model *model = dns_model_new();
    struct err err = {0};
    int result = main_options(argc, argv, &settings, model, &err);
    bool usage = result != 0;
    for (int i = optind; result == 0 && !settings.help && i < argc; i++)
        result = main_load(argv[i], model, &err);
    if (result == 0 && settings.help)
        (void)fputs(USAGE, stdout);
    else if (result == 0 && settings.explain)
        main_explain(model);
    else if (result == 0)
        result = main_serve(&settings, model, &err);
    if (result != 0)
        (void)fprintf(stderr, "mailrange-dns: %s\n", err.text);
    dns_model_free(&model);
    if (usage)
        return MAIN_EXIT_USAGE;
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
