#include "sim/mta/mta_operation.h"
#include "sim/mta/mta_settings.h"
#include "sim/scenario/scenario_reader.h"

#include "mta-under-test/base/poison.h"

enum { TIMELINE_TIMES_MAX = 10000 };

/* What an entry needs and may have, besides "at", "every", "times", "do" and "about". */
struct timeline_kind {
    const char *word;
    const char *needs[3];
    const char *may[8];
};

/* In the order of enum scenario_action. */
static const struct timeline_kind KINDS[SCENARIO_ACTION_COUNT] = {
    [SCENARIO_DNS_SET] = {"dns-set", {"zone", "records", NULL}, {NULL}},
    [SCENARIO_DNS_REMOVE] = {"dns-remove", {"zone", "name", NULL}, {NULL}},
    [SCENARIO_MTA_KILL] = {"mta-kill", {NULL}, {"then-restart-after", NULL}},
    [SCENARIO_MTA_RESTART] = {"mta-restart", {NULL}, {NULL}},
    [SCENARIO_MTA_PAUSE] = {"mta-pause", {"for", NULL}, {NULL}},
    [SCENARIO_MTA_RELOAD] = {"mta-reload", {"settings", NULL}, {NULL}},
    [SCENARIO_MTA_SKEW] = {"mta-skew", {"skew", NULL}, {"for", NULL}},
    [SCENARIO_HOST_DOWN] = {"host-down", {"host", NULL}, {"for", NULL}},
    [SCENARIO_DISK_FULL] = {"disk-full", {NULL}, {"for", "leaves", NULL}},
    [SCENARIO_DISK_SLOW] = {"disk-slow", {"takes", NULL}, {"for", NULL}},
    [SCENARIO_DISK_FAILING] = {"disk-failing", {NULL}, {"for", NULL}},
    [SCENARIO_NETWORK_DOWN] = {"network-down", {NULL}, {"for", "as", NULL}},
    [SCENARIO_DNS_DOWN] = {"dns-down", {NULL}, {"for", NULL}},
    [SCENARIO_ROTATE_KEY] = {"rotate-key", {"host", NULL}, {"dane", NULL}},
    [SCENARIO_STS_SET] = {"sts-set",
                          {"domain", NULL},
                          {"mode", "mx", "max-age", "id", "text", "fault", NULL}},
    [SCENARIO_LIST_IP] = {"list-ip", {"blocklist", "ip", NULL}, {"for", NULL}},
    [SCENARIO_DELIST_IP] = {"delist-ip", {"blocklist", "ip", NULL}, {NULL}},
    [SCENARIO_PUBLISH_DANE] = {"publish-dane", {"host", NULL}, {NULL}},
    [SCENARIO_QUEUE_HOLD] = {"queue-hold", {NULL}, {"message", "from", "to", NULL}},
    [SCENARIO_QUEUE_RELEASE] = {"queue-release", {NULL}, {"message", "from", "to", NULL}},
    [SCENARIO_QUEUE_FLUSH] = {"queue-flush", {NULL}, {"message", "from", "to", NULL}},
    [SCENARIO_QUEUE_DELETE] = {"queue-delete", {NULL}, {"message", "from", "to", NULL}},
    [SCENARIO_QUEUE_BOUNCE] = {"queue-bounce", {NULL}, {"message", "from", "to", NULL}},
    [SCENARIO_QUEUE_EXPLAIN] = {"queue-explain", {NULL}, {"message", "from", "to", NULL}},
    [SCENARIO_QUEUE_LIST] = {"queue-list", {NULL}, {NULL}},
};

static int read_action(struct scenario_reader *r, struct spec spec, struct scenario_event *event)
{
    const char *words[SCENARIO_ACTION_COUNT + 1] = {NULL};
    struct spec member;
    size_t action = 0;
    for (size_t i = 0; i < SCENARIO_ACTION_COUNT; i++)
        words[i] = KINDS[i].word;
    if (spec_need(spec, "do", &member, r->err) != 0 ||
        spec_read_word(member, words, &action, r->err) != 0)
        return -1;
    event->action = (enum scenario_action)action;
    return 0;
}

/* The keys that this action knows. */
static int check_keys(struct scenario_reader *r, struct spec spec, const struct timeline_kind *kind)
{
    const char *keys[16] = {"at", "every", "times", "do", "about"};
    size_t count = 5;
    for (size_t i = 0; kind->needs[i] != NULL; i++)
        keys[count++] = kind->needs[i];
    for (size_t i = 0; kind->may[i] != NULL; i++)
        keys[count++] = kind->may[i];
    keys[count] = NULL;
    if (spec_check_keys(spec, keys, r->err) != 0)
        return -1;
    for (size_t i = 0; kind->needs[i] != NULL; i++) {
        struct spec member;
        if (!spec_get(spec, kind->needs[i], &member))
            return spec_error(spec, r->err, "\"%s\" needs \"%s\"", kind->word, kind->needs[i]);
    }
    return 0;
}

/* What only some actions have. */
static int read_details(struct scenario_reader *r, struct spec spec, struct scenario_event *event)
{
    static const char *const SILENCES[] = {"silent", "unreachable", NULL};
    struct spec member;
    size_t as = SCENARIO_SILENT;
    if ((spec_get(spec, "leaves", &member) &&
         spec_read_size(member, &event->leaves_bytes, r->err) != 0) ||
        (spec_get(spec, "takes", &member) &&
         spec_read_span(member, &event->takes_us, r->err) != 0) ||
        (spec_get(spec, "skew", &member) &&
         mta_settings_read_skew(member, &event->skew_us, r->err) != 0) ||
        (spec_get(spec, "as", &member) && spec_read_word(member, SILENCES, &as, r->err) != 0))
        return -1;
    event->as = (enum scenario_silence)as;
    return 0;
}

static int read_values(struct scenario_reader *r, struct spec spec, struct scenario_event *event)
{
    struct spec member;
    static const char *const DANE[] = {"follows", "stays", NULL};
    const char *about = NULL;
    size_t dane = 0;
    event->for_us = -1;
    if ((spec_get(spec, "about", &member) && spec_read_text(member, &about, r->err) != 0) ||
        (spec_get(spec, "zone", &member) &&
         spec_read_domain(member, r->arena, &event->zone, r->err) != 0) ||
        (spec_get(spec, "name", &member) && spec_read_text(member, &event->name, r->err) != 0) ||
        (spec_get(spec, "host", &member) &&
         spec_read_domain(member, r->arena, &event->host, r->err) != 0) ||
        (spec_get(spec, "domain", &member) &&
         spec_read_domain(member, r->arena, &event->domain, r->err) != 0) ||
        (spec_get(spec, "blocklist", &member) &&
         spec_read_domain(member, r->arena, &event->blocklist, r->err) != 0) ||
        (spec_get(spec, "ip", &member) && spec_read_text(member, &event->ip, r->err) != 0) ||
        (spec_get(spec, "dane", &member) && spec_read_word(member, DANE, &dane, r->err) != 0) ||
        (spec_get(spec, "records", &member) &&
         spec_read_texts(member, r->arena, &event->records, &event->record_count, r->err) != 0) ||
        (spec_get(spec, "for", &member) && spec_read_span(member, &event->for_us, r->err) != 0) ||
        (spec_get(spec, "then-restart-after", &member) &&
         spec_read_span(member, &event->for_us, r->err) != 0))
        return -1;
    event->keeps_dane = dane == 1;
    return 0;
}

/* Which of the mail that waits is meant. */
static int read_choice(struct scenario_reader *r, struct spec spec, struct scenario_event *event)
{
    struct spec member;
    if ((spec_get(spec, "message", &member) &&
         pattern_read(member, r->arena, &event->message, r->err) != 0) ||
        (spec_get(spec, "from", &member) &&
         pattern_read(member, r->arena, &event->from, r->err) != 0) ||
        (spec_get(spec, "to", &member) && pattern_read(member, r->arena, &event->to, r->err) != 0))
        return -1;
    return 0;
}

/* "every" and "times" come together, and one end comes before the next begin. */
static int read_repetition(struct scenario_reader *r, struct spec spec,
                           struct scenario_event *event)
{
    struct spec every;
    struct spec times;
    bool has_every = spec_get(spec, "every", &every);
    bool has_times = spec_get(spec, "times", &times);
    event->times = 1;
    if (!has_every && !has_times)
        return 0;
    if (!has_times)
        return spec_error(every, r->err, "it needs \"times\": how often it happens");
    if (!has_every)
        return spec_error(times, r->err, "it needs \"every\": so long after each other");
    if (spec_read_span(every, &event->every_us, r->err) != 0 ||
        spec_read_int(times, 1, TIMELINE_TIMES_MAX, &event->times, r->err) != 0)
        return -1;
    if (event->every_us <= 0)
        return spec_expected(every, r->err, "a span of more than nothing");
    if (event->for_us >= event->every_us)
        return spec_error(every, r->err,
                          "it begins again before it is over; make it longer than "
                          "\"for\" (\"then-restart-after\")");
    return 0;
}

static int read_event(struct scenario_reader *r, struct spec spec, struct scenario_event *event)
{
    struct spec at;
    event->spec = spec;
    if (!spec_is_object(spec))
        return spec_expected(spec, r->err,
                             "an object like {\"at\": \"30m\", \"do\": \"mta-restart\"}");
    if (read_action(r, spec, event) != 0 || check_keys(r, spec, &KINDS[event->action]) != 0 ||
        spec_need(spec, "at", &at, r->err) != 0 || spec_read_span(at, &event->at_us, r->err) != 0 ||
        read_values(r, spec, event) != 0 || read_details(r, spec, event) != 0 ||
        read_choice(r, spec, event) != 0 || read_repetition(r, spec, event) != 0)
        return -1;
    if (event->at_us >= r->scenario->limit_us)
        return spec_error(at, r->err, "the run has ended by then (\"clock\": \"limit\")");
    if (event->every_us > (r->scenario->limit_us - event->at_us) / event->times)
        return spec_error(spec, r->err,
                          "the run has ended before it has happened %lld times (\"clock\": "
                          "\"limit\")",
                          (long long)event->times);
    return 0;
}

/* A server whose clock is to go wrong must be started so that it can. */
static int prepare_skew(struct scenario_reader *r, const struct scenario_event *events,
                        size_t count)
{
    struct mta_settings *settings = r->scenario->mta;
    for (size_t i = 0; i < count; i++) {
        if (events[i].action != SCENARIO_MTA_SKEW)
            continue;
        if (settings->drift < 1.0 || settings->drift > 1.0)
            return spec_error(events[i].spec, r->err,
                              "a clock that drifts (\"mta\": \"clock\") cannot be set as well");
        settings->has_skew = true;
        settings->skew_changes = true;
    }
    return 0;
}

_Static_assert(SCENARIO_QUEUE_LIST - SCENARIO_QUEUE_HOLD == (int)MTA_LIST,
               "the actions are in the order of enum mta_operation");

/* The server that the scenario can be run with must have these commands. */
static void note_operations(struct scenario_reader *r, const struct scenario_event *events,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct scenario_event *event = &events[i];
        if (event->action < SCENARIO_QUEUE_HOLD || event->action > SCENARIO_QUEUE_LIST)
            continue;
        unsigned bit = 1U << (event->action - SCENARIO_QUEUE_HOLD);
        r->scenario->mta->operations |= bit;
        if (event->message != NULL || event->from != NULL || event->to != NULL)
            r->scenario->mta->operations_on_one |= bit;
    }
}

/* Each change of the configuration builds upon the one before. */
static int read_changes(struct scenario_reader *r, struct scenario_event *events, size_t count)
{
    const struct mta_settings *settings = r->scenario->mta;
    for (size_t i = 0; i < count; i++) {
        struct spec member;
        if (events[i].action != SCENARIO_MTA_RELOAD ||
            !spec_get(events[i].spec, "settings", &member))
            continue;
        if (mta_settings_change(settings, member, r->arena, &events[i].settings, r->err) != 0)
            return -1;
        settings = events[i].settings;
    }
    return 0;
}

int scenario_read_timeline(struct scenario_reader *r, struct spec spec)
{
    if (spec_check_array(spec, r->err) != 0)
        return -1;
    size_t count = spec_count(spec);
    struct scenario_event *events = arena_alloc_array(r->arena, count + 1, sizeof *events);
    /* Known from now on, so that their patterns are released after an error, too. */
    r->scenario->timeline = events;
    for (size_t i = 0; i < count; i++) {
        r->scenario->event_count = i + 1;
        if (read_event(r, spec_at(spec, i), &events[i]) != 0)
            return -1;
        if (i == 0 || events[i].at_us >= events[i - 1].at_us)
            continue;
        char before[TIME_TEXT_BYTES];
        char after[TIME_TEXT_BYTES];
        return spec_error(events[i].spec, r->err,
                          "the timeline goes back: %s stands behind %s; put the entries in order",
                          time_span_to_text(events[i].at_us, after),
                          time_span_to_text(events[i - 1].at_us, before));
    }
    note_operations(r, events, count);
    return prepare_skew(r, events, count) != 0 ? -1 : read_changes(r, events, count);
}
