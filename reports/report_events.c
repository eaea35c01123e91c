#include "reports/report_events.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/time_text.h"
#include "reports/report_book.h"
#include "reports/report_clients.h"
#include "reports/report_dialogues.h"
#include "reports/report_provider.h"
#include "reports/report_sessions.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

struct report_events {
    struct event_file *file;
    struct report_book book;
};

static const cJSON *item(const cJSON *event, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(event, key);
}

static void on_run(struct report_book *book, const cJSON *event)
{
    struct report_run *run = book->run;
    if (event_is(event, "run", "start")) {
        if (*run->name == '\0')
            run->name = report_book_text(book, event_text(event, "scenario"));
        if (*run->file == '\0')
            run->file = report_book_text(book, event_text(event, "file"));
        if (time_from_rfc3339(slice_of(event_text(event, "started")), &run->started_us) != 0)
            run->started_us = 0;
        run->seed = event_int(event, "seed", run->seed);
        run->mta = report_book_text(book, event_text(event, "mta"));
        run->hostname = report_book_text(book, event_text(event, "hostname"));
        run->clock = report_book_text(book, event_text(event, "clock"));
    } else if (event_is(event, "run", "end")) {
        run->end_reason = report_book_text(book, event_text(event, "reason"));
        run->end_detail = report_book_text(book, event_text(event, "detail"));
    }
}

static void on_submit(struct report_book *book, const cJSON *event, int64_t at_us)
{
    struct report_run *run = book->run;
    const char *id = event_text(event, "message");
    size_t message = report_book_message(book, id, event_text(event, "from"));
    bool accepted = event_is(event, "submitter", "accepted");
    if (!accepted && !event_is(event, "submitter", "refused"))
        return;
    if (!accepted)
        run->messages[message].refusal = report_book_text(book, event_text(event, "text"));
    const cJSON *to;
    cJSON_ArrayForEach(to, item(event, "to"))
    {
        if (!cJSON_IsString(to))
            continue;
        size_t index = report_book_delivery(book, message, to->valuestring);
        struct report_delivery *delivery = &run->deliveries[index];
        if (!accepted) {
            report_book_end(book, index, REPORT_REFUSED, at_us);
        } else if (delivery->accepted_us < 0) {
            delivery->accepted_us = at_us;
            report_book_change(&run->queue, at_us, 1);
        }
    }
}

/* "10 mx.a.test." gives "mx.a.test". */
static char *exchange_of(const char *data)
{
    const char *name = strrchr(data, ' ');
    name = name != NULL ? name + 1 : data;
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        len--;
    return mem_text_copy_n(name, len);
}

static const char *join_data(struct report_book *book, const cJSON *data)
{
    struct buf text;
    buf_init(&text, REPORT_TEXT_MAX);
    const cJSON *one;
    cJSON_ArrayForEach(one, data)
    {
        if (!cJSON_IsString(one))
            continue;
        if (text.len > 0)
            buf_add_text(&text, ", ");
        buf_add_text(&text, one->valuestring);
    }
    const char *joined = report_book_text(book, buf_text(&text));
    buf_deinit(&text);
    return joined;
}

/* Asked of any other address than the simulator's resolver (docs/scenario-language.md). */
static bool is_zone_server(const char *server)
{
    return *server != '\0' && !slice_is(slice_of(server), "198.18.0.53") &&
           !slice_is(slice_of(server), "2001:db8:18::53");
}

static void on_dns(struct report_book *book, const cJSON *event, int64_t at_us)
{
    struct report_run *run = book->run;
    if (!event_is(event, "dns", "query"))
        return;
    if (slice_is(slice_of(event_text(event, "type")), "MX")) {
        const cJSON *one;
        cJSON_ArrayForEach(one, item(event, "data"))
        {
            if (!cJSON_IsString(one))
                continue;
            char *host = exchange_of(one->valuestring);
            report_book_link(book, event_text(event, "name"), host);
            free(host);
        }
    }
    run->queries_seen++;
    if (run->query_count == REPORT_QUERIES_KEPT)
        return;
    run->queries = report_room(run->queries, run->query_count, sizeof *run->queries);
    run->queries[run->query_count++] = (struct report_query){
        .seq = event_int(event, "seq", -1),
        .at_us = at_us,
        .delay_us = event_int(event, "delay", 0),
        .name = report_book_text(book, event_text(event, "name")),
        .type = report_book_text(book, event_text(event, "type")),
        .transport = report_book_text(book, event_text(event, "transport")),
        .client = report_book_text(book, event_text(event, "client")),
        .rcode = report_book_text(book, event_text(event, "rcode")),
        .data = join_data(book, item(event, "data")),
        .fault = report_book_text(book, event_text(event, "fault")),
        .answers = event_int(event, "answers", 0),
        .truncated = event_bool(event, "truncated"),
        .authenticated = event_bool(event, "authenticated"),
        .at_zone = is_zone_server(event_text(event, "server")),
    };
}

static void on_request(struct report_book *book, const cJSON *event, int64_t at_us)
{
    struct report_run *run = book->run;
    if (!event_is(event, "policy", "request") || run->request_count == REPORT_REQUESTS_MAX)
        return;
    run->requests = report_room(run->requests, run->request_count, sizeof *run->requests);
    run->requests[run->request_count++] = (struct report_request){
        .at_us = at_us,
        .host = report_book_text(book, event_text(event, "host")),
        .path = report_book_text(book, event_text(event, "path")),
        .error = report_book_text(book, event_text(event, "error")),
        .mode = report_book_text(book, event_text(event, "mode")),
        .max_age_s = event_int(event, "max-age", -1),
        .status = (int)event_int(event, "status", 0),
    };
}

/* The server's own log. Not every server names the message in it; then the recipient's oldest open
 * one is meant. */
static void on_log(struct report_book *book, const cJSON *event, int64_t at_us)
{
    const char *recipient = event_text(event, "recipient");
    if (!slice_is(slice_of(event_text(event, "status")), "deferred"))
        return;
    size_t found = report_book_find(book, event_text(event, "message"), recipient);
    if (found == 0)
        found = report_book_find_open(book, NULL, recipient);
    if (found != 0)
        report_book_logged(book, found - 1, at_us, event_text(event, "text"));
}

static void add_moment(struct report_book *book, int64_t at_us, const char *text)
{
    struct report_run *run = book->run;
    if (run->moment_count == REPORT_MOMENTS_MAX)
        return;
    run->moments = report_room(run->moments, run->moment_count, sizeof *run->moments);
    run->moments[run->moment_count++] =
        (struct report_moment){.at_us = at_us, .text = report_book_text(book, text)};
}

static void on_timeline(struct report_book *book, const cJSON *event, int64_t at_us)
{
    static const char *const CHOICES[] = {"message", "to", "from"};
    const char *what = event_text(event, "host");
    if (*what == '\0')
        what = event_text(event, "zone");
    if (*what == '\0')
        what = event_text(event, "as");
    /* Which mail the operator means. */
    for (size_t i = 0; *what == '\0' && i < sizeof CHOICES / sizeof CHOICES[0]; i++)
        what = event_text(event, CHOICES[i]);
    char *text = mem_text_format("%s%s%s%s", event_text(event, "action"), *what != '\0' ? " " : "",
                                 what, event_bool(event, "over") ? ": over" : "");
    add_moment(book, at_us, text);
    free(text);
}

static void end_deleted(struct report_book *book, const cJSON *event, int64_t at_us)
{
    const struct report_run *run = book->run;
    const cJSON *to;
    for (size_t i = 0; event_bool(event, "all") && i < run->delivery_count; i++) {
        if (run->deliveries[i].accepted_us >= 0)
            report_book_end(book, i, REPORT_DELETED, at_us);
    }
    cJSON_ArrayForEach(to, item(event, "to"))
    {
        size_t found = cJSON_IsString(to)
                           ? report_book_find(book, event_text(event, "message"), to->valuestring)
                           : 0;
        if (found != 0)
            report_book_end(book, found - 1, REPORT_DELETED, at_us);
    }
}

/* What the operator did; that he did it, the timeline says. */
static void on_order(struct report_book *book, const cJSON *event, int64_t at_us)
{
    int64_t status = event_int(event, "status", 0);
    if (status == 0) {
        if (slice_is(slice_of(event_text(event, "what")), "delete"))
            end_deleted(book, event, at_us);
        return;
    }
    char *text = mem_text_format("queue-%s %s: the command failed (%d)", event_text(event, "what"),
                                 event_text(event, "message"), (int)status);
    add_moment(book, at_us, text);
    free(text);
}

/* Its first start is no news. */
static void on_mta(struct report_book *book, const cJSON *event, int64_t at_us)
{
    if (event_is(event, "mta", "log")) {
        on_log(book, event, at_us);
    } else if (event_is(event, "mta", "order")) {
        on_order(book, event, at_us);
    } else if (event_is(event, "mta", "ready")) {
        if (book->mta_was_ready)
            add_moment(book, at_us, "the server is ready again");
        book->mta_was_ready = true;
    } else if (event_is(event, "mta", "exit") && !event_bool(event, "expected")) {
        /* Where the scenario killed it, its timeline says so already. */
        char *text =
            mem_text_format("the server ended by itself (%d)", (int)event_int(event, "status", 0));
        add_moment(book, at_us, text);
        free(text);
    }
}

static void on_event(struct report_book *book, const cJSON *event)
{
    int64_t at_us = event_int(event, "at", 0);
    struct slice source = slice_of(event_text(event, "source"));
    if (at_us > book->run->end_us)
        book->run->end_us = at_us;
    if (slice_is(source, "mx"))
        report_sessions_event(book, event);
    else if (slice_is(source, "dns"))
        on_dns(book, event, at_us);
    else if (slice_is(source, "submitter"))
        on_submit(book, event, at_us);
    else if (slice_is(source, "client"))
        report_clients_event(book, event);
    else if (slice_is(source, "run"))
        on_run(book, event);
    else if (slice_is(source, "mta"))
        on_mta(book, event, at_us);
    else if (slice_is(source, "provider"))
        report_provider_event(book, event);
    else if (slice_is(source, "policy"))
        on_request(book, event, at_us);
    else if (event_is(event, "timeline", "do"))
        on_timeline(book, event, at_us);
}

/* A check may name one message ("welcome") or all that one entry made ("campaign" for
 * "campaign/7"). */
static bool names_message(const char *wanted, const char *id)
{
    size_t len = strlen(wanted);
    return len == 0 || (strncmp(wanted, id, len) == 0 && (id[len] == '\0' || id[len] == '/'));
}

/* Windows that checks demand, for the shade behind the attempts. */
static void apply_windows(struct report_run *run)
{
    for (size_t i = 0; i < run->check_count; i++) {
        const struct report_check *check = &run->checks[i];
        for (size_t d = 0; check->within_us >= 0 && d < run->delivery_count; d++) {
            struct report_delivery *delivery = &run->deliveries[d];
            bool fits = *check->recipient == '\0' ||
                        slice_is_nocase(slice_of(delivery->recipient), check->recipient);
            if (fits && names_message(check->message, run->messages[delivery->message].id))
                delivery->within_us = check->within_us;
        }
    }
}

/* What a judged run shows of them stands in its results. */
static void take_findings(struct report_book *book)
{
    if (book->run->results != NULL)
        return;
    book->run->findings = book->findings;
    book->run->finding_count = book->finding_count;
    book->findings = NULL;
}

static void add_packets(struct report_run *run)
{
    for (size_t i = 0; i < run->query_count; i++)
        run->queries[i].packet = report_run_packet(run, run->queries[i].seq);
    for (size_t i = 0; i < run->check_count; i++)
        run->checks[i].packet = report_run_packet(run, run->checks[i].seq);
    for (size_t i = 0; i < run->finding_count; i++)
        run->findings[i].packet = report_run_packet(run, run->findings[i].seq);
}

struct report_events *report_events_open(struct report_run *run, const char *path, struct err *err)
{
    struct event_file *file = event_file_open(path, err);
    if (file == NULL)
        return NULL;
    struct report_events *events = mem_alloc(sizeof *events);
    events->file = file;
    report_book_init(&events->book, run);
    return events;
}

void report_events_close(struct report_events **events)
{
    if (*events == NULL)
        return;
    event_file_close(&(*events)->file);
    report_book_deinit(&(*events)->book);
    free(*events);
    *events = NULL;
}

static int read_events(struct report_events *events, size_t events_max, struct err *err)
{
    const cJSON *event = NULL;
    for (size_t i = 0; i < events_max; i++) {
        int found = event_file_next(events->file, &event, err);
        if (found != 1)
            return found;
        events->book.log_at = event_file_at(events->file);
        on_event(&events->book, event);
    }
    return 1;
}

int report_events_follow(struct report_events *events, size_t events_max, struct err *err)
{
    event_file_follow(events->file, true);
    return read_events(events, events_max, err);
}

int report_events_finish(struct report_events **events, struct err *err)
{
    struct report_run *run = (*events)->book.run;
    event_file_follow((*events)->file, false);
    int result = read_events(*events, SIZE_MAX, err);
    if (result == 0) {
        report_sessions_finish(&(*events)->book);
        take_findings(&(*events)->book);
        apply_windows(run);
        add_packets(run);
        result = report_dialogues_read(run, (*events)->file, err);
    }
    report_events_close(events);
    return result;
}
