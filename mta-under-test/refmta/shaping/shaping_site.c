#include "mta-under-test/refmta/shaping/shaping_site.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

void shaping_site_init(struct shaping_site *site, const struct shaping_receiver *receiver,
                       const struct shaping_warm_up *warm_up)
{
    *site = (struct shaping_site){.receiver = receiver, .warm_up = warm_up, .day = -1};
}

static bool holds(const struct shaping_measure *measure, struct shaping_now now)
{
    return measure->rule != NULL && now.monotonic_us < measure->until_us;
}

/* The day of the warm-up; -1 before it begins. */
static int64_t day_of(const struct shaping_site *site, int64_t wall_us)
{
    if (wall_us < site->warm_up->start_us)
        return -1;
    return (wall_us - site->warm_up->start_us) / TIME_DAY;
}

/* How long the warm-up forbids to send, 0: not. Before its first day nothing may go. */
static int64_t warm_up_wait(const struct shaping_site *site, struct shaping_now now)
{
    const struct shaping_warm_up *plan = site->warm_up;
    if (plan == NULL)
        return 0;
    int64_t day = day_of(site, now.wall_us);
    if (day < 0)
        return plan->start_us - now.wall_us;
    if (day >= (int64_t)plan->day_count)
        return 0;
    unsigned sent = day == site->day ? site->sent : 0;
    if (sent < plan->per_day[day])
        return 0;
    return plan->start_us + (day + 1) * TIME_DAY - now.wall_us;
}

int64_t shaping_site_send_at(const struct shaping_site *site, struct shaping_now now)
{
    int64_t at_us = now.monotonic_us + warm_up_wait(site, now);
    if (site->next_send_us > at_us)
        at_us = site->next_send_us;
    if (holds(&site->suspended, now) && site->suspended.until_us > at_us)
        at_us = site->suspended.until_us;
    return at_us;
}

static unsigned allowed_of(const struct shaping_site *site, struct shaping_now now, unsigned most)
{
    unsigned allowed = site->receiver->connections > 0 ? site->receiver->connections : most;
    if (holds(&site->shrunk, now) && site->shrunk.rule->connections < allowed)
        allowed = site->shrunk.rule->connections;
    if (site->probe_connections > 0 && site->probe_connections < allowed)
        allowed = site->probe_connections;
    return allowed;
}

int64_t shaping_site_connect_at(const struct shaping_site *site, struct shaping_now now,
                                unsigned most)
{
    return site->connections < allowed_of(site, now, most) ? shaping_site_send_at(site, now)
                                                           : INT64_MAX;
}

bool shaping_site_is_over(const struct shaping_site *site, struct shaping_now now, unsigned most)
{
    return site->connections > allowed_of(site, now, most);
}

static struct rate rate_of(const struct shaping_site *site, struct shaping_now now)
{
    struct rate rate = site->receiver->rate;
    if (!holds(&site->slow, now))
        return rate;
    struct rate slow = site->slow.rule->rate;
    bool is_slower = rate.count == 0 || slow.span_us / slow.count > rate.span_us / rate.count;
    return is_slower ? slow : rate;
}

void shaping_site_sent(struct shaping_site *site, struct shaping_now now)
{
    struct rate rate = rate_of(site, now);
    if (rate.count > 0) {
        int64_t from_us =
            site->next_send_us > now.monotonic_us ? site->next_send_us : now.monotonic_us;
        site->next_send_us = from_us + rate.span_us / rate.count;
    }
    if (site->warm_up == NULL)
        return;
    int64_t day = day_of(site, now.wall_us);
    site->sent = day == site->day ? site->sent + 1 : 1;
    site->day = day;
}

static void count_success(struct shaping_measure *measure)
{
    if (measure->successes_left > 0 && --measure->successes_left == 0)
        measure->rule = NULL;
}

void shaping_site_succeeded(struct shaping_site *site)
{
    count_success(&site->slow);
    count_success(&site->shrunk);
    if (site->probe_connections == 0 || ++site->probe_successes < SHAPING_PROBE_SUCCESSES)
        return;
    site->probe_successes = 0;
    site->probe_connections++;
    if (site->receiver->connections > 0 && site->probe_connections >= site->receiver->connections)
        site->probe_connections = 0;
}

static void put_in_force(struct shaping_measure *measure, const struct reply_rule *rule,
                         struct shaping_now now)
{
    int64_t until_us = rule->for_us > 0 ? now.monotonic_us + rule->for_us : INT64_MAX;
    /* The longer one stays: a mild rule must not end a strict one. */
    if (holds(measure, now) && measure->rule != rule && measure->until_us > until_us)
        return;
    *measure = (struct shaping_measure){rule, until_us, rule->successes};
}

void shaping_site_apply(struct shaping_site *site, const struct reply_rule *rule,
                        struct shaping_now now)
{
    switch (rule->action) {
    case REPLY_SUSPEND:
    case REPLY_SWITCH:
        put_in_force(&site->suspended, rule, now);
        site->probe_connections = 1;
        site->probe_successes = 0;
        break;
    case REPLY_SLOW:
        put_in_force(&site->slow, rule, now);
        if (site->next_send_us < now.monotonic_us + rule->rate.span_us / rule->rate.count)
            site->next_send_us = now.monotonic_us + rule->rate.span_us / rule->rate.count;
        break;
    case REPLY_SHRINK:
        put_in_force(&site->shrunk, rule, now);
        break;
    case REPLY_NOTHING:
        break;
    }
}

const struct reply_rule *shaping_site_reason(const struct shaping_site *site,
                                             struct shaping_now now)
{
    if (holds(&site->suspended, now))
        return site->suspended.rule;
    if (holds(&site->slow, now))
        return site->slow.rule;
    return holds(&site->shrunk, now) ? site->shrunk.rule : NULL;
}
