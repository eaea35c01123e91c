#include "mta-under-test/refmta/shaping/shaping_memory.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

/* Measures that only successes end are not kept for ever where no mail goes any more. */
#define KEPT_MAX_US (7 * TIME_DAY)

static int64_t to_wall(int64_t at_us, struct shaping_now now)
{
    int64_t left_us = at_us - now.monotonic_us;
    return now.wall_us + (left_us < KEPT_MAX_US ? left_us : KEPT_MAX_US);
}

static bool holds(const struct shaping_measure *measure, struct shaping_now now)
{
    return measure->rule != NULL && measure->until_us > now.monotonic_us;
}

/* The latest time at which any of it counts. */
static int64_t end_of(const struct shaping_site *site, struct shaping_now now)
{
    const struct shaping_measure *measures[] = {&site->suspended, &site->slow, &site->shrunk};
    int64_t end_us = 0;
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++)
        if (holds(measures[i], now) && to_wall(measures[i]->until_us, now) > end_us)
            end_us = to_wall(measures[i]->until_us, now);
    if (site->warm_up != NULL && site->day >= 0) {
        int64_t day_us = site->warm_up->start_us + (site->day + 1) * TIME_DAY;
        end_us = day_us > end_us ? day_us : end_us;
    }
    /* After a suspension the first messages are a probe. */
    if (site->probe_connections > 0 && end_us < now.wall_us + TIME_HOUR)
        end_us = now.wall_us + TIME_HOUR;
    return end_us;
}

static void write_measure(const char *kind, const struct shaping_measure *measure,
                          struct shaping_now now, struct buf *out)
{
    if (holds(measure, now))
        buf_format(out, "\t%s\t%s\t%lld\t%u", kind, measure->rule->name,
                   (long long)to_wall(measure->until_us, now), measure->successes_left);
}

bool shaping_memory_write(const struct shaping_site *site, struct shaping_now now, struct buf *out)
{
    int64_t end_us = end_of(site, now);
    if (end_us <= now.wall_us)
        return false;
    buf_format(out, "%lld\t%lld\t%u\t%u\t%u", (long long)end_us, (long long)site->day, site->sent,
               site->probe_connections, site->probe_successes);
    write_measure("suspended", &site->suspended, now, out);
    write_measure("slow", &site->slow, now, out);
    write_measure("shrunk", &site->shrunk, now, out);
    return true;
}

static const struct reply_rule *find_rule(const struct shaping_rules *rules,
                                          const struct shaping_receiver *receiver,
                                          struct slice name)
{
    const struct shaping_receiver *lists[] = {receiver, &rules->others};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->rule_count; i++)
            if (slice_is(name, lists[k]->rules[i].name))
                return &lists[k]->rules[i];
    return NULL;
}

static bool take_number(struct slice *rest, int64_t least, int64_t most, int64_t *number)
{
    struct slice field;
    return slice_split(rest, '\t', &field) && text_to_i64(field, number) == 0 && *number >= least &&
           *number <= most;
}

static struct shaping_measure *measure_of(struct shaping_site *site, struct slice kind)
{
    if (slice_is(kind, "suspended"))
        return &site->suspended;
    if (slice_is(kind, "slow"))
        return &site->slow;
    return slice_is(kind, "shrunk") ? &site->shrunk : NULL;
}

/* A rule that changed its kind meanwhile says something else now. */
static bool is_of_kind(const struct reply_rule *rule, struct slice kind)
{
    switch (rule->action) {
    case REPLY_SUSPEND:
    case REPLY_SWITCH:
        return slice_is(kind, "suspended");
    case REPLY_SLOW:
        return slice_is(kind, "slow");
    case REPLY_SHRINK:
        return slice_is(kind, "shrunk");
    case REPLY_NOTHING:
        break;
    }
    return false;
}

/* False at the end, or where the line is broken. */
static bool read_measure(struct shaping_site *site, const struct shaping_rules *rules,
                         struct slice *rest, struct shaping_now now)
{
    struct slice kind;
    struct slice name;
    int64_t until_us = 0;
    int64_t successes = 0;
    if (rest->len == 0 || !slice_split(rest, '\t', &kind) || !slice_split(rest, '\t', &name) ||
        !take_number(rest, 0, INT64_MAX, &until_us) ||
        !take_number(rest, 0, UINT32_MAX, &successes))
        return false;
    struct shaping_measure *measure = measure_of(site, kind);
    const struct reply_rule *rule = find_rule(rules, site->receiver, name);
    int64_t left_us = until_us - now.wall_us;
    if (measure != NULL && rule != NULL && is_of_kind(rule, kind) && left_us > 0)
        *measure = (struct shaping_measure){
            rule, now.monotonic_us + (left_us < KEPT_MAX_US ? left_us : KEPT_MAX_US),
            (unsigned)successes};
    return true;
}

void shaping_memory_read(struct shaping_site *site, const struct shaping_rules *rules,
                         struct slice line, struct shaping_now now)
{
    int64_t end_us = 0;
    int64_t day = 0;
    int64_t sent = 0;
    int64_t probes = 0;
    int64_t successes = 0;
    if (!take_number(&line, 0, INT64_MAX, &end_us) || end_us <= now.wall_us ||
        !take_number(&line, -1, INT32_MAX, &day) || !take_number(&line, 0, UINT32_MAX, &sent) ||
        !take_number(&line, 0, UINT16_MAX, &probes) ||
        !take_number(&line, 0, UINT16_MAX, &successes))
        return;
    site->day = day;
    site->sent = (unsigned)sent;
    site->probe_connections = (unsigned)probes;
    site->probe_successes = (unsigned)successes;
    while (read_measure(site, rules, &line, now))
        ;
}

bool shaping_memory_holds(struct slice line, int64_t wall_us)
{
    int64_t end_us = 0;
    return take_number(&line, 0, INT64_MAX, &end_us) && end_us > wall_us;
}
