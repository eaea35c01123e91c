#include "sim/run/run_case.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/time_text.h"
#include "sim/capture/capture_notes.h"
#include "sim/check/check.h"
#include "sim/dns/dns_unbound.h"
#include "sim/inside/inside.h"
#include "sim/inside/inside_options.h"
#include "sim/mta/mta_adapter.h"
#include "sim/mta/mta_packages.h"
#include "sim/mta/mta_place.h"
#include "sim/mx/mx_model.h"
#include "sim/run/run_folder.h"
#include "sim/run/run_follow.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

#include "mta-under-test/base/poison.h"

/* A server that does not stop at the scenario's limit is ended by the clock this much later. */
static const int64_t RUN_GRACE_US = TIME_HOUR;

enum { RUN_SHARES_MAX = 8, RUN_RESOLVER_COUNT = 2, RUN_CHECKS_BYTES_MAX = 1024 * 1024 };

/* By what the scenario has as its resolver. */
static const char *const RUN_RESOLVERS[][RUN_RESOLVER_COUNT] = {
    [DNS_RESOLVER_SIM] = {"198.18.0.53", "2001:db8:18::53"},
    [DNS_RESOLVER_UNBOUND] = {DNS_UNBOUND_IPV4, DNS_UNBOUND_IPV6},
};

struct run_execution {
    const struct run_case_options *options;
    struct arena arena;
    char folder[PATH_MAX]; /* absolute, as is all that the world must find */
    struct scenario *scenario;
    struct mta_adapter *adapter;
    const char *const *layers;
    size_t layer_count;
    int64_t began_us;
    int64_t world_us; /* from its start until the evidence was whole */
    int64_t check_us;
    struct world *world;
    int done_fd;              /* tells that the evidence is whole */
    struct run_follow follow; /* its event log */
    struct world_result result;
};

/* Our end of the pipe that ends the run in order; -1 once it is closed. */
static volatile sig_atomic_t run_stop_fd = -1;

/* The first signal ends the run in order, so that its evidence is whole; the second at once: the
 * world ends with this process. */
static void run_on_end(int signal_number)
{
    if (run_stop_fd < 0)
        _exit(128 + signal_number);
    close(run_stop_fd);
    run_stop_fd = -1;
}

static const char *run_real_path(struct run_execution *run, const char *path, struct err *err)
{
    char real[PATH_MAX];
    if (realpath(path, real) == NULL) {
        err_set_errno(err, "%s: cannot be found", path);
        return NULL;
    }
    return arena_text(&run->arena, real);
}

static const char *run_folder_of(struct run_execution *run, const char *path)
{
    const char *slash = strrchr(path, '/');
    return arena_text_of(&run->arena, slice_from(path, slash > path ? (size_t)(slash - path) : 1));
}

static void run_fill_extra(struct run_execution *run, struct world_options *world)
{
    const struct mx_model *model = run->scenario->mx;
    size_t hosts = mx_model_host_count(model);
    size_t max = 0;
    for (size_t i = 0; i < hosts; i++)
        max += mx_host_address_count(mx_model_host(model, i));
    struct address *extra = arena_alloc_array(&run->arena, max, sizeof *extra);
    for (size_t i = 0; i < hosts; i++) {
        const struct mx_host *host = mx_model_host(model, i);
        for (size_t k = 0; k < mx_host_address_count(host); k++) {
            if (!network_is_anyip(mx_host_address(host, k)))
                extra[world->extra_count++] = *mx_host_address(host, k);
        }
    }
    world->extra = extra;
}

static int run_fill_resolvers(struct run_execution *run, struct world_options *world,
                              struct err *err)
{
    const char *const *texts = RUN_RESOLVERS[run->scenario->dns->resolver];
    size_t count = RUN_RESOLVER_COUNT;
    struct address *resolvers = arena_alloc_array(&run->arena, count, sizeof *resolvers);
    for (size_t i = 0; i < count; i++) {
        if (address_from_text(slice_of(texts[i]), &resolvers[i]) != 0)
            return err_set(err, "%s: no address", texts[i]);
    }
    world->resolvers = resolvers;
    world->resolver_count = network_has_ipv6() ? count : 1;
    return 0;
}

/* What of the host must be seen inside at its own path. */
static int run_fill_shares(struct run_execution *run, struct world_options *world,
                           struct inside_options *inside, struct err *err)
{
    const struct run_options *options = run->options->run;
    struct world_share *shares = arena_alloc_array(&run->arena, RUN_SHARES_MAX, sizeof *shares);
    const char *scenario = run_real_path(run, run->scenario->file, err);
    const char *program = run_real_path(run, options->program, err);
    const char *root = run_real_path(run, options->root, err);
    if (scenario == NULL || program == NULL || root == NULL)
        return -1;
    inside->file = scenario;
    inside->root = root;
    inside->programs = run_folder_of(run, program);
    size_t count = 0;
    shares[count++] = (struct world_share){.from = root};
    shares[count++] = (struct world_share){.from = inside->programs};
    inside->home = run_folder_of(run, scenario);
    shares[count++] = (struct world_share){.from = inside->home};
    if (options->command != NULL) {
        char here[PATH_MAX];
        inside->home = getcwd(here, sizeof here) != NULL ? arena_text(&run->arena, here) : "/";
        if (strcmp(inside->home, "/") != 0)
            shares[count++] = (struct world_share){.from = inside->home};
    }
    shares[count++] = (struct world_share){.from = run->folder, .writable = true};
    world->shares = shares;
    world->share_count = count;
    world->argv = inside_options_to_argv(inside, program, &run->arena);
    return 0;
}

/* The world's ends of the two pipes: the closing of one ends the run, through the other one it
 * tells that its evidence is whole. */
static int run_make_pipes(struct run_execution *run, int inside_fds[2], struct err *err)
{
    int stop[2];
    int done[2];
    if (pipe2(stop, O_CLOEXEC) != 0 || pipe2(done, O_CLOEXEC) != 0)
        return err_set_errno(err, "a pipe cannot be made");
    inside_fds[0] = stop[0];
    run_stop_fd = stop[1];
    run->done_fd = done[0];
    inside_fds[1] = done[1];
    return 0;
}

static int run_start_world(struct run_execution *run, struct err *err)
{
    int fds[2];
    if (run_make_pipes(run, fds, err) != 0)
        return -1;
    const struct run_options *options = run->options->run;
    const struct scenario *scenario = run->scenario;
    struct inside_options inside = {
        .cell = run->options->one->cell,
        .folder = run->folder,
        .mta = run->options->one->mta,
        .seed_given = options->seed_given,
        .seed = options->seed,
        .virtual_clock = options->virtual_clock,
        .capture = options->capture != RUN_CAPTURE_OFF,
        .interactive = options->interactive,
        .stop_fd = (uint64_t)fds[0],
        .done_fd = (uint64_t)fds[1],
        .command = options->command,
    };
    struct world_options world = {
        .hostname = mta_settings_hostname(scenario->mta),
        .mta = scenario->mta->sources,
        .mta_count = scenario->mta->source_count,
        .layers = run->layers,
        .layer_count = run->layer_count,
        .many_users = run->adapter->needs_users,
        .keep_terminal = options->command != NULL,
        .virtual_clock = options->virtual_clock,
        .start_us = scenario->start_us,
        .limit_us = options->interactive ? 0 : scenario->limit_us + RUN_GRACE_US,
        .seed = scenario->seed,
        .slot = (unsigned)getppid() + run->options->slot, /* calls side by side spread too */
    };
    world.fds = fds;
    world.fd_count = 2;
    run_fill_extra(run, &world);
    if (run_fill_resolvers(run, &world, err) != 0 ||
        run_fill_shares(run, &world, &inside, err) != 0)
        return -1;
    /* The world reads the scenario itself; kept here, its internet would be in memory twice. */
    scenario_release_internet(run->scenario);
    malloc_trim(0);
    int result = world_start(&world, &run->world, err);
    close(fds[0]);
    close(fds[1]);
    return result;
}

/* The virtual clock's shim is what makes a disk slow or fail. */
static bool run_has_disk_trouble(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->event_count; i++) {
        enum scenario_action action = scenario->timeline[i].action;
        if (action == SCENARIO_DISK_SLOW || action == SCENARIO_DISK_FAILING)
            return true;
    }
    return false;
}

/* What packages bring is laid over the world's root: the server's, and those of a real resolver. */
static int run_prepare_layers(struct run_execution *run, struct err *err)
{
    const char *cache = getenv("MAILRANGE_CACHE");
    if (cache == NULL)
        cache = arena_format(&run->arena, "%s/.cache/packages", run->options->run->root);
    const struct mta_package_list server = {
        .packages = run->adapter->packages,
        .package_count = run->adapter->package_count,
        .libraries = run->adapter->libraries,
        .library_count = run->adapter->library_count,
    };
    if (mta_packages_prepare(&server, cache, &run->arena, &run->layers, &run->layer_count, err) !=
        0)
        return -1;
    if (run->scenario->dns->resolver != DNS_RESOLVER_UNBOUND)
        return 0;
    struct mta_package_list resolver = {.packages = DNS_UNBOUND_PACKAGES,
                                        .libraries = DNS_UNBOUND_LIBRARIES};
    while (DNS_UNBOUND_PACKAGES[resolver.package_count] != NULL)
        resolver.package_count++;
    while (DNS_UNBOUND_LIBRARIES[resolver.library_count] != NULL)
        resolver.library_count++;
    const char *const *layers;
    size_t count;
    if (mta_packages_prepare(&resolver, cache, &run->arena, &layers, &count, err) != 0)
        return -1;
    const char **all = arena_alloc_array(&run->arena, run->layer_count + count, sizeof *all);
    for (size_t i = 0; i < run->layer_count; i++)
        all[i] = run->layers[i];
    for (size_t i = 0; i < count; i++)
        all[run->layer_count + i] = layers[i];
    run->layers = all;
    run->layer_count += count;
    return 0;
}

static int run_load_scenario(struct run_execution *run, struct err *err)
{
    const struct run_options *options = run->options->run;
    const struct scenario_options load = {
        .root = options->root,
        .seed_given = options->seed_given,
        .seed = options->seed,
    };
    const struct run_case *one = run->options->one;
    run->scenario = scenario_load_cell(one->file, &load, one->cell, err);
    return run->scenario != NULL ? 0 : RUN_EXIT_USAGE;
}

static int run_load_adapter(struct run_execution *run, struct err *err)
{
    const struct run_options *options = run->options->run;
    const struct run_case *one = run->options->one;
    run->adapter = mta_adapter_load(options->root, one->mta, &run->arena, err);
    if (run->adapter == NULL)
        return RUN_EXIT_USAGE;
    if (mta_adapter_suits(run->adapter, run->scenario->mta, err) != 0)
        return RUN_EXIT_SKIPPED;
    for (size_t i = 0; i < run->scenario->event_count; i++) {
        const struct mta_settings *changed = run->scenario->timeline[i].settings;
        if (changed != NULL && mta_adapter_suits(run->adapter, changed, err) != 0)
            return RUN_EXIT_SKIPPED;
    }
    if (!options->virtual_clock && run_has_disk_trouble(run->scenario)) {
        err_set(err, "a slow or failing disk needs the virtual clock");
        return RUN_EXIT_SKIPPED;
    }
    const struct mta_setup setup = {
        .adapter = run->adapter, .settings = run->scenario->mta, .programs = ""};
    if (mta_place_check(&setup, err) != 0)
        return RUN_EXIT_USAGE;
    if (run_prepare_layers(run, err) != 0)
        return RUN_EXIT_MACHINE;
    return 0;
}

/* Why a world ended other than by itself, in words. */
static int run_judge_world(struct run_execution *run, struct err *err)
{
    const struct world_result *result = &run->result;
    switch (result->reason) {
    case WORLD_EXITED:
        if (WIFEXITED(result->status) && WEXITSTATUS(result->status) == INSIDE_EXIT_SETUP) {
            err_set(err, "the simulated internet could not be set up");
            return RUN_EXIT_MACHINE;
        }
        if (!WIFEXITED(result->status) || WEXITSTATUS(result->status) >= INSIDE_EXIT_SETUP) {
            err_set(err, "the simulated internet ended badly (wait status %d)", result->status);
            return RUN_EXIT_INTERNAL;
        }
        return 0;
    case WORLD_FAILED:
        *err = result->err;
        return RUN_EXIT_MACHINE;
    case WORLD_STUCK:
    case WORLD_KILLED:
        err_set(err, "%s", result->err.text[0] != '\0' ? result->err.text : "it was killed");
        return RUN_EXIT_INTERNAL;
    case WORLD_LIMIT:
    case WORLD_IDLE:
        break;
    }
    return 0;
}

/* Real time: for the bench, never for a comparison of runs. */
static void run_write_timing(const struct run_execution *run)
{
    struct buf text;
    struct json_out out;
    char *path = run_folder_file(run->folder, RUN_TIMING_FILE);
    buf_init(&text, 4096);
    json_out_init_pretty(&out, &text);
    json_out_object(&out, NULL);
    json_out_real(&out, "world_ms", (double)run->world_us / 1000, 3);
    json_out_real(&out, "check_ms", (double)run->check_us / 1000, 3);
    json_out_int(&out, "jumps", (int64_t)run->result.jumps);
    json_out_real(&out, "virtual_s", (double)run->result.elapsed_us / 1000000, 6);
    json_out_end(&out);
    struct err ignored = {0};
    (void)!file_write(path, buf_slice(&text), &ignored);
    buf_deinit(&text);
    free(path);
}

/* The judgement in words, for whoever prints it. */
static int run_write_checks(const struct run_execution *run, const struct check_report *report,
                            struct err *err)
{
    char *path = run_folder_file(run->folder, RUN_CHECKS_FILE);
    char *notes = run_folder_file(run->folder, "packets.tsv");
    uint64_t *numbers = NULL;
    struct check_packets packets = {0};
    struct buf text;
    buf_init(&text, RUN_CHECKS_BYTES_MAX);
    /* Without a capture there are no packets to name. */
    if (file_exists(notes) && capture_notes_read(notes, &numbers, &packets.count, NULL) == 0)
        packets.numbers = numbers;
    check_report_print(report, run->options->run->verbosity == RUN_VERBOSE, &packets, &text);
    int result = file_write(path, buf_slice(&text), err);
    buf_deinit(&text);
    free(numbers);
    free(notes);
    free(path);
    return result;
}

static int run_check(struct run_execution *run, struct err *err)
{
    char *results = run_folder_file(run->folder, RUN_RESULTS_FILE);
    struct check_report *report = NULL;
    int64_t began_us = time_monotonic_us();
    int code = RUN_EXIT_INTERNAL;
    if (run_follow_judge(&run->follow, &report, err) == 0) {
        run->check_us = time_monotonic_us() - began_us;
        if (check_results_write(report, results, err) == 0 &&
            run_write_checks(run, report, err) == 0)
            code = report->verdict <= CHECK_WARNED ? RUN_EXIT_PASSED : RUN_EXIT_FAILED;
    }
    check_report_free(&report);
    free(results);
    return code;
}

/* A capture that is kept only of failed cases. */
static void run_drop_capture(struct run_execution *run, int code)
{
    if (run->options->run->capture != RUN_CAPTURE_FAILED || code != RUN_EXIT_PASSED)
        return;
    char *path = run_folder_file(run->folder, "capture.pcapng");
    unlink(path);
    free(path);
}

/* Waits for the world, going on after signals. */
static enum world_wait run_wait(struct run_execution *run, int told_fd)
{
    enum world_wait waited = WORLD_WAIT_TIMEOUT;
    while (waited == WORLD_WAIT_TIMEOUT)
        waited = world_wait(run->world, told_fd, run_follow_step(&run->follow), &run->result);
    return waited;
}

/* Until the evidence is whole, or the world has ended without that. */
static int run_world(struct run_execution *run, struct err *err)
{
    char *events = run_folder_file(run->folder, RUN_EVENTS_FILE);
    run_follow_to_judge(&run->follow, run->scenario, events);
    free(events);
    run->began_us = time_monotonic_us();
    if (run_start_world(run, err) != 0)
        return RUN_EXIT_MACHINE;
    bool is_whole = run_wait(run, run->done_fd) == WORLD_WAIT_TOLD;
    run->world_us = time_monotonic_us() - run->began_us;
    if (is_whole)
        world_look(run->world, &run->result);
    else
        world_free(&run->world);
    return is_whole ? 0 : run_judge_world(run, err);
}

static int run_judge(struct run_execution *run, struct err *err)
{
    int code = run_check(run, err);
    run_drop_capture(run, code);
    if (code > RUN_EXIT_FAILED)
        return code;
    run_write_timing(run);
    if (run->world != NULL)
        run->options->judged(code);
    return code;
}

static int run_steps(struct run_execution *run, struct err *err)
{
    int code = run_load_scenario(run, err);
    if (code == 0)
        code = run_load_adapter(run, err);
    if (code != 0)
        return code;
    code = run_world(run, err);
    if (code == 0)
        code = run_judge(run, err);
    if (run->world != NULL)
        (void)!world_wait(run->world, -1, -1, &run->result);
    world_free(&run->world);
    return code;
}

static void run_write_error(struct run_execution *run, const char *name, const char *text)
{
    char *path = run_folder_file(run->folder, name);
    struct err ignored = {0};
    (void)!file_write(path, slice_of(text), &ignored);
    free(path);
}

int run_case_execute(const struct run_case_options *options)
{
    struct run_execution run = {.options = options};
    struct err err = {0};
    sigset_t none;
    sigemptyset(&none);
    signal(SIGTERM, run_on_end);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the suite as well, which then tells us */
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (run_folder_prepare(options->folder, &err) != 0 ||
        realpath(options->folder, run.folder) == NULL) {
        fprintf(stderr, "mailrange: %s\n", err.text[0] != '\0' ? err.text : options->folder);
        return RUN_EXIT_MACHINE;
    }
    int code = run_steps(&run, &err);
    if (code > RUN_EXIT_FAILED)
        run_write_error(&run, code == RUN_EXIT_SKIPPED ? RUN_SKIPPED_FILE : RUN_ERROR_FILE,
                        err.text);
    /* What is held goes with the process: to free it would copy the pages that it shares. */
    return code;
}
