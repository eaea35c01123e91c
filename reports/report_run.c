#include "reports/report_run.h"

#include "mta-under-test/base/file.h"
#include "reports/report_events.h"
#include "reports/report_model.h"
#include "reports/report_packets.h"
#include "reports/report_results.h"
#include "sim/capture/capture_notes.h"

#include "mta-under-test/base/poison.h"

enum {
    TIMING_BYTES_MAX = 64 * 1024,
    PROBLEM_BYTES_MAX = 64 * 1024,
    WAITING_BYTES_MAX = 1024 * 1024
};

static const char EVENTS_FILE[] = "events.jsonl";
static const double WORLD_MS_MAX = 1e12;

static struct report_run *new_run(const char *folder)
{
    struct report_run *run = mem_alloc(sizeof *run);
    arena_init(&run->arena);
    run->folder = arena_text(&run->arena, folder);
    run->name = run->about = run->file = run->cell = run->mta = "";
    run->hostname = run->clock = run->end_reason = run->end_detail = run->problem = run->waiting =
        "";
    return run;
}

static char *path_in(struct report_run *run, const char *name)
{
    return arena_format(&run->arena, "%s/%s", run->folder, name);
}

/* timing.json: real time, kept apart from what is compared between runs. */
static void read_timing(struct report_run *run, const char *path)
{
    struct buf bytes;
    struct err ignored = {0};
    buf_init(&bytes, TIMING_BYTES_MAX);
    if (file_exists(path) && file_read(path, &bytes, &ignored) == 0) {
        cJSON *timing = cJSON_ParseWithLength(bytes.data, bytes.len);
        const cJSON *world = cJSON_GetObjectItemCaseSensitive(timing, "world_ms");
        if (cJSON_IsNumber(world) && world->valuedouble >= 0 && world->valuedouble < WORLD_MS_MAX)
            report_run_set_wall(run, (int64_t)(world->valuedouble * 1000));
        cJSON_Delete(timing);
    }
    buf_deinit(&bytes);
}

static void read_waiting(struct report_run *run, const char *path)
{
    struct buf bytes;
    struct err ignored = {0};
    buf_init(&bytes, WAITING_BYTES_MAX);
    if (file_exists(path) && file_read(path, &bytes, &ignored) == 0)
        run->waiting = arena_text_of(&run->arena, slice_trim(buf_slice(&bytes)));
    buf_deinit(&bytes);
}

/* Without results the run says nothing, whatever else there is. */
static void say_problem(struct report_run *run, const char *path)
{
    struct buf bytes;
    struct err ignored = {0};
    buf_init(&bytes, PROBLEM_BYTES_MAX);
    run->verdict = REPORT_ERROR;
    run->problem = "The run left no results: results.json is missing.";
    if (file_exists(path) && file_read(path, &bytes, &ignored) == 0)
        run->problem = arena_text_of(&run->arena, slice_trim(buf_slice(&bytes)));
    buf_deinit(&bytes);
}

struct report_loading {
    struct report_run *run;
    struct report_events *events; /* NULL: they are not being read */
};

static struct report_loading *new_loading(const char *folder)
{
    struct report_loading *loading = mem_alloc(sizeof *loading);
    loading->run = new_run(folder);
    return loading;
}

static int open_events(struct report_loading *loading, struct err *err)
{
    const char *path = path_in(loading->run, EVENTS_FILE);
    loading->events = report_events_open(loading->run, path, err);
    return loading->events != NULL ? 0 : -1;
}

static int load_evidence(struct report_loading *loading, struct err *err)
{
    struct report_run *run = loading->run;
    const char *results = path_in(run, "results.json");
    const char *events = path_in(run, EVENTS_FILE);
    const char *notes = path_in(run, "packets.tsv");
    const char *capture = path_in(run, "capture.pcapng");
    if (!file_exists(results) && !file_exists(events))
        return err_set(err, "%s: no results.json and no events.jsonl here", run->folder);
    read_timing(run, path_in(run, "timing.json"));
    read_waiting(run, path_in(run, "queue.txt"));
    if (!file_exists(results))
        say_problem(run, path_in(run, "error.txt"));
    else if (report_results_read(run, results, err) != 0)
        return -1;
    if (file_exists(notes) &&
        capture_notes_read(notes, &run->packet_notes, &run->packet_note_count, err) != 0)
        return -1;
    if (loading->events == NULL && file_exists(events) && open_events(loading, err) != 0)
        return -1;
    if (loading->events != NULL && report_events_finish(&loading->events, err) != 0)
        return -1;
    if (file_exists(capture) && report_packets_read(run, capture, err) != 0)
        return -1;
    if (*run->name == '\0')
        run->name = arena_text(&run->arena, file_name(run->folder));
    return 0;
}

struct report_loading *report_loading_open(const char *folder, struct err *err)
{
    struct report_loading *loading = new_loading(folder);
    if (open_events(loading, err) != 0)
        report_loading_close(&loading);
    return loading;
}

int report_loading_follow(struct report_loading *loading, size_t events_max, struct err *err)
{
    return report_events_follow(loading->events, events_max, err);
}

struct report_run *report_loading_finish(struct report_loading **loading, struct err *err)
{
    struct report_run *run = NULL;
    if (load_evidence(*loading, err) == 0) {
        run = (*loading)->run;
        (*loading)->run = NULL;
    }
    report_loading_close(loading);
    return run;
}

void report_loading_close(struct report_loading **loading)
{
    if (*loading == NULL)
        return;
    report_events_close(&(*loading)->events);
    report_run_free(&(*loading)->run);
    free(*loading);
    *loading = NULL;
}

struct report_run *report_run_load(const char *folder, struct err *err)
{
    struct report_loading *loading = new_loading(folder);
    return report_loading_finish(&loading, err);
}

struct report_run *report_run_of_problem(const char *name, const char *file, const char *problem)
{
    struct report_run *run = new_run("");
    run->name = arena_text(&run->arena, name);
    run->file = arena_text(&run->arena, file);
    run->problem = arena_text(&run->arena, problem);
    run->verdict = REPORT_ERROR;
    return run;
}

static void free_sessions(struct report_session *sessions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(sessions[i].steps);
        arena_deinit(&sessions[i].arena);
    }
    free(sessions);
}

void report_run_free(struct report_run **where)
{
    struct report_run *run = *where;
    if (run == NULL)
        return;
    *where = NULL;
    free_sessions(run->sessions, run->session_count);
    free_sessions(run->clients, run->client_count);
    for (size_t i = 0; i < run->delivery_count; i++)
        free(run->deliveries[i].attempts);
    free(run->checks);
    free(run->findings);
    free(run->messages);
    free(run->deliveries);
    free(run->queries);
    for (size_t i = 0; i < run->auth_count; i++)
        for (size_t method = 0; method < REPORT_AUTH_METHODS; method++)
            free(run->auth[i].methods[method].facts);
    free(run->auth);
    for (size_t i = 0; i < run->gauge_count; i++)
        free(run->gauges[i].readings);
    free(run->gauges);
    free(run->requests);
    for (size_t i = 0; i < run->provider_count; i++) {
        for (size_t k = 0; k < run->providers[i].reputation_count; k++)
            free(run->providers[i].reputations[k].days);
        free(run->providers[i].slices);
    }
    free(run->providers);
    free(run->moments);
    free(run->queue.changes);
    free(run->connections.changes);
    free(run->packet_notes);
    free(run->results);
    arena_deinit(&run->arena);
    free(run);
}

void report_run_set_wall(struct report_run *run, int64_t wall_us)
{
    run->wall_given = true;
    run->wall_us = wall_us;
}

bool report_run_passed(const struct report_run *run)
{
    return run->verdict == REPORT_PASSED || run->verdict == REPORT_WARNED;
}

const char *report_attempt_host(const struct report_run *run, const struct report_attempt *attempt)
{
    return attempt->session > 0 ? run->sessions[attempt->session - 1].host : "";
}

uint64_t report_run_packet(const struct report_run *run, int64_t seq)
{
    if (seq < 0 || (uint64_t)seq >= run->packet_note_count)
        return 0;
    return run->packet_notes[seq];
}

size_t report_run_count(const struct report_run *run, enum report_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < run->check_count; i++)
        count += run->checks[i].verdict == verdict;
    return count;
}

size_t report_run_judged(const struct report_run *run)
{
    return run->check_count - report_run_count(run, REPORT_NOTED);
}
