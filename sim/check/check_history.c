#include "sim/check/check_history.h"

#include "sim/check/check_collect.h"
#include "sim/check/check_list.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* So many texts are remembered; then all are forgotten. Most of a large campaign's are new anyhow
 * (what a host says of a message), and what comes again, comes again soon: a session's name. */
enum { CHECK_TEXTS_MAX = 10000 };

const char *check_collect_keep(struct check_collector *c, const char *text)
{
    if (*text == '\0')
        return "";
    char *kept = map_get_text(&c->texts, text);
    if (kept != NULL)
        return kept;
    kept = arena_text(c->arena, text);
    if (c->texts.count == CHECK_TEXTS_MAX)
        map_deinit(&c->texts, NULL);
    map_set_text(&c->texts, text, kept);
    return kept;
}

const char *check_collect_text(struct check_collector *c, const cJSON *event, const char *key)
{
    return check_collect_keep(c, event_text(event, key));
}

void *check_collect_room(void *array, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    return mem_grow(array, count == 0 ? 1 : count * 2, size);
}

struct check_incident *check_collect_incident(struct check_collector *c,
                                              struct check_incidents *incidents, const char *what)
{
    incidents->items =
        check_collect_room(incidents->items, incidents->count, sizeof *incidents->items);
    struct check_incident *incident = &incidents->items[incidents->count++];
    *incident = (struct check_incident){
        .what = what,
        .text = "",
        .rfc = "",
        .level = "must",
        .message = "",
        .recipient = "",
        .moment = {c->at_us, c->seq, ""},
    };
    return incident;
}

void check_collect_moment(struct check_collector *c, struct check_moments *moments,
                          const char *session)
{
    moments->items = check_collect_room(moments->items, moments->count, sizeof *moments->items);
    moments->items[moments->count++] = (struct check_moment){c->at_us, c->seq, session};
}

static void on_run(struct check_collector *c, const cJSON *event)
{
    struct check_history *h = c->history;
    const char *kind = event_text(event, "kind");
    if (strcmp(kind, "start") == 0) {
        h->mta = check_collect_text(c, event, "mta");
        h->hostname = check_collect_text(c, event, "hostname");
        h->clock = check_collect_text(c, event, "clock");
        h->started = check_collect_text(c, event, "started");
        h->seed = event_int(event, "seed", 0);
    } else if (strcmp(kind, "end") == 0) {
        h->reason = check_collect_text(c, event, "reason");
        h->detail = check_collect_text(c, event, "detail");
        h->end_us = c->at_us;
        h->end_seq = c->seq;
    }
}

static void on_dns(struct check_collector *c, const cJSON *event)
{
    struct check_history *h = c->history;
    if (strcmp(event_text(event, "kind"), "query") != 0)
        return;
    check_route_note(&c->route, event);
    check_policies_note_query(&c->policies, event);
    h->queries = check_collect_room(h->queries, h->query_count, sizeof *h->queries);
    h->queries[h->query_count++] = (struct check_query){
        .name = check_collect_text(c, event, "name"),
        .type = check_collect_text(c, event, "type"),
        .nowhere = strcmp(event_text(event, "rcode"), "NXDOMAIN") == 0,
        .moment = {c->at_us, c->seq, ""},
    };
}

static void on_rule(struct check_collector *c, const cJSON *event)
{
    struct check_history *h = c->history;
    const char *host = event_text(event, "host");
    const char *name = event_text(event, "rule");
    const char *key = arena_format(c->arena, "%s\n%s", host, name);
    struct check_rule *rule = map_get_text(&c->rules, key);
    if (rule == NULL) {
        rule = arena_alloc(c->arena, sizeof *rule);
        rule->host = arena_text(c->arena, host);
        rule->name = arena_text(c->arena, name);
        map_set_text(&c->rules, key, rule);
        h->rules = check_collect_room(h->rules, h->rule_count, sizeof *h->rules);
        h->rules[h->rule_count++] = rule;
    }
    check_collect_moment(c, &rule->fired, check_collect_text(c, event, "session"));
}

static void on_violation(struct check_collector *c, const cJSON *event)
{
    struct check_incident *incident = check_collect_incident(c, &c->history->protocol, "");
    incident->what = check_collect_text(c, event, "what");
    incident->text = check_collect_text(c, event, "text");
    incident->rfc = check_collect_text(c, event, "rfc");
    incident->level = check_collect_text(c, event, "level");
    incident->moment.session = check_collect_text(c, event, "session");
}

static void on_mx(struct check_collector *c, const cJSON *event)
{
    const char *kind = event_text(event, "kind");
    if (strcmp(kind, "rule") == 0)
        on_rule(c, event);
    else if (strcmp(kind, "violation") == 0)
        on_violation(c, event);
    else
        check_session_on_mx(c, event);
}

static void on_timeline(struct check_collector *c, const cJSON *event)
{
    struct check_history *h = c->history;
    if (strcmp(event_text(event, "action"), "network-down") != 0)
        return;
    if (event_bool(event, "over")) {
        for (size_t i = 0; i < h->outage_count; i++)
            if (h->outages[i].to_us == INT64_MAX)
                h->outages[i].to_us = c->at_us;
        return;
    }
    h->outages = check_collect_room(h->outages, h->outage_count, sizeof *h->outages);
    h->outages[h->outage_count++] = (struct check_outage){c->at_us, INT64_MAX};
}

/* What an operator had the server do with its queue. */
static void on_order(struct check_collector *c, const cJSON *event)
{
    const char *what = event_text(event, "what");
    const char *message = event_text(event, "message");
    int64_t status = event_int(event, "status", 0);
    bool all = event_bool(event, "all");
    if (status == 0 && strcmp(what, "delete") == 0)
        check_delivery_on_delete(c, event);
    if (status == 0 && (all || *message != '\0'))
        return;
    struct check_incident *incident = check_collect_incident(c, &c->history->orders, "order");
    incident->level = "should";
    incident->text =
        status == 0
            ? arena_format(c->arena, "queue-%s: no message that waited was meant by it", what)
            : arena_format(c->arena, "queue-%s: the server's command for %s ended with %lld", what,
                           all ? "all mail" : message, (long long)status);
}

static void on_mta(struct check_collector *c, const cJSON *event)
{
    struct check_history *h = c->history;
    const char *kind = event_text(event, "kind");
    if (strcmp(kind, "ready") == 0) {
        h->ready = true;
    } else if (strcmp(kind, "kill") == 0) {
        check_collect_moment(c, &h->kills, "");
    } else if (strcmp(kind, "exit") == 0 && !event_bool(event, "expected")) {
        struct check_incident *incident = check_collect_incident(c, &h->crashes, "crash");
        int64_t status = event_int(event, "status", 0);
        incident->text =
            status < 0
                ? arena_format(c->arena, "the server under test was ended by signal %lld",
                               (long long)-status)
                : arena_format(c->arena, "the server under test ended by itself with status %lld",
                               (long long)status);
    } else if (strcmp(kind, "queue") == 0) {
        h->queue_is_empty = event_bool(event, "empty");
    } else if (strcmp(kind, "order") == 0) {
        on_order(c, event);
    } else if (strcmp(kind, "log") == 0 && c->keeps_log) {
        h->log = check_collect_room(h->log, h->log_count, sizeof *h->log);
        h->log[h->log_count++] = (struct check_log_line){
            .text = check_collect_text(c, event, "text"),
            .status = check_collect_text(c, event, "status"),
            .recipient = check_collect_text(c, event, "recipient"),
            .moment = {c->at_us, c->seq, ""},
        };
    }
}

static void on_policy(struct check_collector *c, const cJSON *event)
{
    const char *kind = event_text(event, "kind");
    if (strcmp(kind, "report") == 0)
        check_accepted_asked(c, event_text(event, "to"));
    else if (strcmp(kind, "request") == 0)
        check_policies_note_request(&c->policies, event, c->at_us);
}

/* What the server said to a client, or that it ended, where the scenario wanted something else. */
static void on_client(struct check_collector *c, const cJSON *event)
{
    const char *wanted = event_text(event, "unexpected");
    if (wanted[0] == '\0')
        return;
    int64_t code = event_int(event, "code", 0);
    char *found = code > 0
                      ? mem_text_format("\"%d %s%s%s\"", (int)code, event_text(event, "enhanced"),
                                        event_text(event, "enhanced")[0] != '\0' ? " " : "",
                                        event_text(event, "text"))
                      : mem_text_copy(event_text(event, "text"));
    struct check_incident *incident = check_collect_incident(c, &c->history->answers, "answer");
    incident->level = "must";
    incident->text =
        arena_format(c->arena, "client \"%s\", step %d: expected %s, found %s",
                     event_text(event, "client"), (int)event_int(event, "step", 0), wanted, found);
    free(found);
}

static bool asks_for_log(const struct check_list *checks)
{
    for (size_t i = 0; checks != NULL && i < checks->count; i++) {
        if (checks->items[i].subject == CHECK_OF_LOG)
            return true;
    }
    return false;
}

/* Keeps what fits an expectation of events. */
static void collect_fits(struct check_collector *c, const struct check_list *checks,
                         const cJSON *event)
{
    for (size_t i = 0; i < c->history->fit_count; i++) {
        const struct check_expectation *e = &checks->items[i];
        if (e->subject == CHECK_OF_EVENTS && check_event_fits(&e->wish, event))
            check_collect_moment(c, &c->history->fits[i], check_collect_text(c, event, "session"));
    }
}

static void collect(struct check_collector *c, const cJSON *event)
{
    static const struct {
        const char *source;
        void (*on_event)(struct check_collector *c, const cJSON *event);
    } SOURCES[] = {
        {"mx", on_mx},
        {"submitter", check_delivery_on_submitter},
        {"dns", on_dns},
        {"mta", on_mta},
        {"timeline", on_timeline},
        {"run", on_run},
        {"provider", check_provider_on_event},
        {"policy", on_policy},
        {"client", on_client},
    };
    c->at_us = event_int(event, "at", 0);
    c->seq = event_int(event, "seq", -1);
    c->history->end_us = c->at_us;
    c->history->event_count++;
    const char *source = event_text(event, "source");
    for (size_t i = 0; i < sizeof SOURCES / sizeof SOURCES[0]; i++) {
        if (strcmp(SOURCES[i].source, source) == 0) {
            SOURCES[i].on_event(c, event);
            return;
        }
    }
}

static void free_domain(void *value)
{
    struct check_domain *domain = value;
    free(domain->waiting);
    free(domain);
}

static void collector_deinit(struct check_collector *c)
{
    check_index_deinit(&c->recipients);
    map_deinit(&c->messages, NULL);
    map_deinit(&c->domains, free_domain);
    map_deinit(&c->hosts, NULL);
    map_deinit(&c->rules, NULL);
    map_deinit(&c->sessions, check_session_free);
    map_deinit(&c->texts, NULL);
    check_route_deinit(&c->route);
    check_policies_deinit(&c->policies);
}

struct check_reading {
    struct event_file *file;
    const struct check_list *checks;
    struct check_collector collector;
};

struct check_reading *check_reading_open(const char *events_path,
                                         const struct check_history_options *options,
                                         struct err *err)
{
    struct event_file *file = event_file_open(events_path, err);
    if (file == NULL)
        return NULL;
    struct check_history *h = mem_alloc(sizeof *h);
    h->mta = h->hostname = h->clock = h->started = h->reason = h->detail = "";
    h->end_seq = -1;
    h->fit_count = options->checks != NULL ? options->checks->count : 0;
    h->fits = mem_alloc_array(h->fit_count + 1, sizeof *h->fits);
    struct check_reading *reading = mem_alloc(sizeof *reading);
    reading->file = file;
    reading->checks = options->checks;
    reading->collector = (struct check_collector){.history = h,
                                                  .arena = &h->arena,
                                                  .recipients = {.kind = CHECK_INDEX_RECIPIENTS},
                                                  .smart_host = options->smart_host,
                                                  .handed_in_unseen = options->handed_in_unseen,
                                                  .keeps_log = asks_for_log(options->checks)};
    check_route_init(&reading->collector.route, &h->arena);
    check_policies_init(&reading->collector.policies, &h->arena);
    return reading;
}

void check_reading_close(struct check_reading **reading)
{
    if (*reading == NULL)
        return;
    event_file_close(&(*reading)->file);
    collector_deinit(&(*reading)->collector);
    check_history_free(&(*reading)->collector.history);
    free(*reading);
    *reading = NULL;
}

/* 1 after `events_max` events, 0 at the end of the log, -1. */
static int read_events(struct check_reading *reading, size_t events_max, struct err *err)
{
    const cJSON *event = NULL;
    for (size_t i = 0; i < events_max; i++) {
        int found = event_file_next(reading->file, &event, err);
        if (found != 1)
            return found;
        collect(&reading->collector, event);
        collect_fits(&reading->collector, reading->checks, event);
    }
    return 1;
}

int check_reading_follow(struct check_reading *reading, size_t events_max, struct err *err)
{
    event_file_follow(reading->file, true);
    return read_events(reading, events_max, err);
}

int check_reading_finish(struct check_reading **reading, struct check_history **history,
                         struct err *err)
{
    event_file_follow((*reading)->file, false);
    int result = read_events(*reading, SIZE_MAX, err);
    *history = NULL;
    if (result == 0) {
        *history = (*reading)->collector.history;
        (*reading)->collector.history = NULL;
    }
    check_reading_close(reading);
    return result;
}

static void free_host(struct check_host *host)
{
    for (size_t i = 0; i < CHECK_COUNT_COUNT; i++)
        free(host->counts[i].items);
    free(host->closed.items);
}

void check_history_free(struct check_history **history)
{
    struct check_history *h = *history;
    if (h == NULL)
        return;
    free(h->provider_events);
    for (size_t i = 0; i < h->delivery_count; i++) {
        free(h->deliveries[i]->attempts);
        free(h->deliveries[i]->copies);
        free(h->deliveries[i]->notices);
    }
    for (size_t i = 0; i < h->host_count; i++)
        free_host(h->hosts[i]);
    for (size_t i = 0; i < h->rule_count; i++)
        free(h->rules[i]->fired.items);
    for (size_t i = 0; i < h->fit_count; i++)
        free(h->fits[i].items);
    free(h->fits);
    free(h->deliveries);
    check_index_deinit(&h->index);
    free(h->hosts);
    free(h->rules);
    free(h->queries);
    free(h->log);
    free(h->protocol.items);
    free(h->wrong_hosts.items);
    free(h->wrong_bounces.items);
    free(h->in_clear.items);
    free(h->crashes.items);
    free(h->answers.items);
    free(h->orders.items);
    free(h->unasked.items);
    free(h->kills.items);
    free(h->outages);
    arena_deinit(&h->arena);
    free(h);
    *history = NULL;
}
