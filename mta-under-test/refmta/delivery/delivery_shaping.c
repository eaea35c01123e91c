#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

static struct shaping_now now(void)
{
    return (struct shaping_now){time_monotonic_us(), time_now_us()};
}

static const struct shaping_rules *rules_of(const struct lane *lane)
{
    return lane->delivery->options.config->shaping_rules;
}

static unsigned most_of(const struct lane *lane)
{
    return lane->delivery->options.config->concurrency;
}

void delivery_site_free(void *value)
{
    struct delivery_site *site = value;
    event_free(site->timer);
    free(site->key);
    free(site);
}

/* A site that remembers nothing need not be kept. */
static void site_leave(struct delivery_site *site)
{
    struct shaping_now at = now();
    if (--site->lane_count > 0)
        return;
    if (!site->is_outdated && (site->state.warm_up != NULL || site->state.probe_connections > 0 ||
                               shaping_site_reason(&site->state, at) != NULL ||
                               shaping_site_send_at(&site->state, at) > at.monotonic_us))
        return;
    if (!site->is_outdated)
        map_remove(&site->delivery->sites, slice_of(site->key));
    delivery_site_free(site);
}

/* Lets the waiting lanes go on, in the order in which they came; those that still cannot wait
 * again, behind the others. */
static void wake(struct delivery_site *site)
{
    struct list lanes;
    event_del(site->timer);
    list_init(&lanes);
    for (struct list *link; (link = list_pop_front(&site->waiting)) != NULL;)
        list_push_back(&lanes, link);
    site->lane_count++; /* so that it outlives lanes which end now */
    for (struct list *link; (link = list_pop_front(&lanes)) != NULL;)
        lane_dispatch(LIST_ENTRY(link, struct lane, wait_link));
    site_leave(site);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    wake(arg);
}

static const struct shaping_warm_up *warm_up_of(const struct shaping_rules *rules,
                                                const struct routing_source *source)
{
    for (size_t i = 0; i < rules->warm_up_count; i++) {
        const struct ip_address *address = &rules->warm_ups[i].source;
        if (memcmp(address, &source->v4, sizeof *address) == 0 ||
            memcmp(address, &source->v6, sizeof *address) == 0)
            return &rules->warm_ups[i];
    }
    return NULL;
}

static struct delivery_site *site_of(struct lane *lane, const struct shaping_receiver *receiver,
                                     const struct routing_source *source)
{
    struct delivery *delivery = lane->delivery;
    bool is_known = receiver != &rules_of(lane)->others;
    char *key = mem_text_format("%s %s %s", source->name, is_known ? "receiver" : "domain",
                                is_known ? receiver->name : lane->domain);
    struct delivery_site *site = map_get_text(&delivery->sites, key);
    if (site == NULL) {
        site = mem_alloc(sizeof *site);
        site->key = key;
        site->delivery = delivery;
        shaping_site_init(&site->state, receiver, warm_up_of(rules_of(lane), source));
        list_init(&site->waiting);
        site->timer = event_new(delivery->options.base, -1, 0, on_timer, site);
        map_set_text(&delivery->sites, key, site);
        delivery_memory_restore(site);
    } else {
        free(key);
    }
    site->lane_count++;
    return site;
}

void delivery_shaping_attach(struct lane *lane)
{
    const struct route *route = lane->route;
    const char *host = route->host_count > 0 ? route->hosts[0].name : NULL;
    const struct shaping_receiver *receiver =
        shaping_rules_find(rules_of(lane), lane->domain, host);
    if (lane->sites != NULL && lane->sites[0]->state.receiver == receiver)
        return;
    delivery_shaping_detach(lane);
    lane->sites = mem_alloc_array(lane->pool->source_count, sizeof *lane->sites);
    for (size_t i = 0; i < lane->pool->source_count; i++)
        lane->sites[i] = site_of(lane, receiver, &lane->pool->sources[i]);
}

void delivery_shaping_detach(struct lane *lane)
{
    list_remove(&lane->wait_link);
    for (size_t i = 0; lane->sites != NULL && i < lane->pool->source_count; i++)
        site_leave(lane->sites[i]);
    free(lane->sites);
    lane->sites = NULL;
}

size_t delivery_shaping_pick(const struct lane *lane, int64_t *at_us)
{
    struct shaping_now at = now();
    size_t best = 0;
    *at_us = INT64_MAX;
    for (size_t i = 0; i < lane->pool->source_count; i++) {
        const struct shaping_site *state = &lane->sites[i]->state;
        int64_t when_us = shaping_site_connect_at(state, at, most_of(lane));
        bool is_freer = when_us == *at_us && when_us != INT64_MAX &&
                        state->connections < lane->sites[best]->state.connections;
        if (when_us < *at_us || is_freer) {
            best = i;
            *at_us = when_us;
        }
    }
    return best;
}

void delivery_shaping_wait(struct lane *lane, size_t source, int64_t at_us)
{
    struct delivery_site *site = lane->sites[source];
    list_remove(&lane->wait_link);
    list_push_back(&site->waiting, &lane->wait_link);
    if (at_us == INT64_MAX)
        return;
    int64_t wait_us = at_us - time_monotonic_us();
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = {.tv_sec = (time_t)(wait_us / TIME_SECOND),
                           .tv_usec = (suseconds_t)(wait_us % TIME_SECOND)};
    if (!event_pending(site->timer, EV_TIMEOUT, NULL))
        event_add(site->timer, &wait);
}

int64_t delivery_shaping_send_at(const struct delivery_connection *connection)
{
    const struct shaping_site *state = &connection->site->state;
    unsigned messages = state->receiver->messages_per_connection;
    struct shaping_now at = now();
    if (connection->message_count >= (messages > 0 ? messages : LANE_MESSAGES_MAX) ||
        shaping_site_is_over(state, at, most_of(connection->lane)))
        return INT64_MAX;
    return shaping_site_send_at(state, at);
}

void delivery_shaping_opened(struct delivery_connection *connection)
{
    connection->site->state.connections++;
    connection->site->lane_count++;
}

void delivery_shaping_closed(struct delivery_connection *connection)
{
    struct delivery_site *site = connection->site;
    site->state.connections--;
    if (!list_is_empty(&site->waiting) && !site->delivery->stopping) {
        struct timeval soon = {0};
        event_add(site->timer, &soon);
    }
    site_leave(site);
}

void delivery_shaping_sent(struct delivery_connection *connection)
{
    connection->rule = NULL;
    shaping_site_sent(&connection->site->state, now());
    if (connection->site->state.warm_up != NULL)
        delivery_memory_changed(connection->lane->delivery);
}

const struct reply_rule *delivery_shaping_match(const struct delivery_connection *connection,
                                                const struct reason *reason)
{
    if (!reason->said)
        return NULL;
    return shaping_rules_match(connection->config->shaping_rules, connection->site->state.receiver,
                               slice_of(reason->text));
}

static void log_rule(const struct delivery_connection *connection, const struct reply_rule *rule,
                     const struct reason *reason)
{
    char span[TIME_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, connection->lane->delivery->options.log, "rule");
    json_out_int(&line.json, "connection", (int64_t)connection->number);
    json_out_text(&line.json, "destination", connection->lane->destination->name);
    json_out_text(&line.json, "host", connection->host);
    json_out_text(&line.json, "receiver", connection->site->state.receiver->name);
    json_out_text(&line.json, "source", connection->source->name);
    json_out_text(&line.json, "rule", rule->name);
    json_out_text(&line.json, "then", reply_action_name(rule->action));
    if (rule->sense != REPLY_AS_IT_SAYS)
        json_out_text(&line.json, "as",
                      rule->sense == REPLY_AS_TEMPORARY ? "temporary" : "permanent");
    if (rule->for_us > 0)
        json_out_text(&line.json, "for", time_span_to_text(rule->for_us, span));
    if (rule->successes > 0)
        json_out_int(&line.json, "until-successes", rule->successes);
    json_out_text(&line.json, "reply", reason->text);
    log_end(&line);
}

enum client_verdict delivery_shaping_judge(struct delivery_connection *connection,
                                           const struct reason *reason, enum client_verdict verdict)
{
    const struct reply_rule *rule = delivery_shaping_match(connection, reason);
    if (rule == NULL)
        return verdict;
    /* The same reply for each of a hundred recipients is one reply. */
    if (rule != connection->rule) {
        log_rule(connection, rule, reason);
        shaping_site_apply(&connection->site->state, rule, now());
        delivery_memory_changed(connection->lane->delivery);
        connection->rule = rule;
    }
    if (rule->sense == REPLY_AS_PERMANENT)
        return CLIENT_REFUSED;
    return rule->sense == REPLY_AS_TEMPORARY ? CLIENT_DEFERRED : verdict;
}

bool delivery_shaping_has_other(const struct delivery_connection *connection)
{
    int64_t at_us = 0;
    if (connection->lane->sites == NULL)
        return false;
    size_t source = delivery_shaping_pick(connection->lane, &at_us);
    return connection->lane->sites[source] != connection->site && at_us <= time_monotonic_us();
}
