#include "mta-under-test/refmta/delivery/delivery.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

/* How long the window does not grow after it was cut. */
#define WINDOW_HOLD_US (5 * TIME_MINUTE)

static void lane_free(struct lane *lane)
{
    delivery_shaping_detach(lane);
    list_remove(&lane->room_link);
    route_free(&lane->route);
    free(lane->domain);
    free(lane);
}

/* A lane is kept as long as it has connections, asks for its route, or has something to send. */
static void lane_drop_if_done(struct lane *lane)
{
    struct delivery *delivery = lane->delivery;
    if (lane->connection_count > 0 || lane->finding || lane->destination->ready.count > 0)
        return;
    struct queue_destination *destination = lane->destination;
    list_remove(&lane->link);
    lane_free(lane);
    queue_destination_unused(delivery->queue, destination);
}

/* The name of a destination, taken apart (queue_way.h). */
static void take_way(struct lane *lane)
{
    const struct routing_rules *rules = lane->delivery->options.config->routing_rules;
    struct slice rest = slice_of(lane->destination->name);
    struct slice way = SLICE("");
    (void)slice_split(&rest, '#', &way);
    lane->pool = &lane->delivery->pool;
    lane->relay = NULL;
    for (size_t i = 0; rules != NULL && i < rules->pool_count; i++)
        if (slice_is_nocase(rest, rules->pools[i].name))
            lane->pool = &rules->pools[i];
    bool is_relay = slice_starts_with(way, SLICE("relay:"));
    if (is_relay)
        way = slice_skip(way, strlen("relay:"));
    for (size_t i = 0; is_relay && rules != NULL && i < rules->relay_count; i++)
        if (slice_is_nocase(way, rules->relays[i].name))
            lane->relay = &rules->relays[i];
    if (lane->domain == NULL)
        lane->domain = mem_text_copy_n(way.data, way.len);
}

static struct lane *lane_of(struct delivery *delivery, struct queue_destination *destination)
{
    if (destination->delivery != NULL)
        return destination->delivery;
    struct lane *lane = mem_alloc(sizeof *lane);
    unsigned max = delivery->options.config->concurrency;
    lane->delivery = delivery;
    lane->destination = destination;
    lane->window = max < LANE_WINDOW_START ? max : LANE_WINDOW_START;
    take_way(lane);
    list_init(&lane->wait_link);
    list_init(&lane->room_link);
    list_init(&lane->connections);
    list_init(&lane->idle);
    list_push_back(&delivery->lanes, &lane->link);
    destination->delivery = lane;
    return lane;
}

void lane_settle_all(struct lane *lane, struct queue_item *item, enum outcome_kind kind,
                     const struct reason *reason)
{
    struct queue_outcome *outcomes = mem_alloc_array(item->recipient_count, sizeof *outcomes);
    for (uint32_t i = 0; i < item->recipient_count; i++)
        outcomes[i] = (struct queue_outcome){.kind = kind, .reason = *reason};
    queue_settle(lane->delivery->queue, item, outcomes);
    free(outcomes);
}

void lane_unreachable(struct lane *lane, struct queue_item *item, enum outcome_kind kind,
                      const struct reason *reason)
{
    /* Others get through: this is too many connections, not a dead destination. The message waits
     * for one of them. */
    if (kind == OUTCOME_DEFERRED && lane->connection_count > 1) {
        lane->window = lane->connection_count - 1;
        lane->successes = 0;
        lane->window_held_us = time_monotonic_us() + WINDOW_HOLD_US;
        struct log_line line;
        log_begin(&line, lane->delivery->options.log, "window-cut");
        json_out_text(&line.json, "destination", lane->destination->name);
        json_out_int(&line.json, "connections", lane->window);
        json_out_text(&line.json, "reason", reason->text);
        log_end(&line);
        queue_put_back(lane->delivery->queue, item);
        return;
    }
    lane_settle_all(lane, item, kind, reason);
    route_free(&lane->route);
    if (kind == OUTCOME_DEFERRED)
        queue_destination_failed(lane->delivery->queue, lane->destination, reason);
}

void lane_succeeded(struct lane *lane)
{
    if (lane->window >= lane->delivery->options.config->concurrency ||
        time_monotonic_us() < lane->window_held_us)
        return;
    if (++lane->successes >= lane->window) {
        lane->successes = 0;
        lane->window++;
    }
}

void lane_note_refusal(struct lane *lane, const struct reason *reason)
{
    lane->refusals = reason != NULL ? lane->refusals + 1 : 0;
    if (lane->refusals < LANE_REFUSALS_MAX)
        return;
    lane->refusals = 0;
    queue_destination_failed(lane->delivery->queue, lane->destination, reason);
}

struct queue_item *lane_next_item(struct lane *lane)
{
    if (lane->delivery->stopping)
        return NULL;
    return queue_take(lane->delivery->queue, lane->destination);
}

/* The route is bad for all: each that is ready gets the same outcome. */
static void fail_ready(struct lane *lane, const struct route *route)
{
    enum outcome_kind kind = route->verdict == ROUTE_LATER ? OUTCOME_DEFERRED : OUTCOME_FAILED;
    for (struct queue_item *item; (item = lane_next_item(lane)) != NULL;) {
        lane_settle_all(lane, item, kind, &route->reason);
        if (kind == OUTCOME_DEFERRED) {
            queue_destination_failed(lane->delivery->queue, lane->destination, &route->reason);
            return;
        }
    }
}

static void log_route(const struct lane *lane, const struct route *route)
{
    struct log_line line;
    log_begin(&line, lane->delivery->options.log, "route");
    json_out_text(&line.json, "destination", lane->destination->name);
    if (route->verdict != ROUTE_GOOD) {
        json_out_text(&line.json, "reason", route->reason.text);
    } else {
        json_out_array(&line.json, "hosts");
        for (size_t i = 0; i < route->host_count; i++) {
            char text[IP_TEXT_BYTES];
            json_out_object(&line.json, NULL);
            json_out_text(&line.json, "host", route->hosts[i].name);
            json_out_int(&line.json, "preference", route->hosts[i].preference);
            json_out_array(&line.json, "addresses");
            for (size_t j = 0; j < route->hosts[i].address_count; j++)
                json_out_text(&line.json, NULL,
                              ip_address_to_text(&route->hosts[i].addresses[j], text));
            json_out_end(&line.json);
            json_out_end(&line.json);
        }
        json_out_end(&line.json);
    }
    log_end(&line);
}

static void on_route(void *arg, struct route *route)
{
    struct lane *lane = arg;
    lane->finding = false;
    if (lane->dropped) {
        route_free(&route);
        lane_free(lane);
        return;
    }
    delivery_room_note_finding(lane->delivery, false);
    log_route(lane, route);
    if (lane->is_outdated) {
        lane->is_outdated = false;
        route_free(&route);
    } else if (route->verdict == ROUTE_GOOD) {
        route_free(&lane->route);
        lane->route = route;
        delivery_shaping_attach(lane);
    } else {
        fail_ready(lane, route);
        route_free(&route);
    }
    lane_dispatch(lane);
}

bool lane_route_is_fresh(const struct lane *lane)
{
    return lane->route != NULL && time_monotonic_us() < lane->route->expires_us;
}

static void find_route(struct lane *lane)
{
    struct route_request request = {
        .resolver = lane->delivery->options.resolver,
        .config = lane->delivery->options.config,
        .destination = lane->domain,
        .relay = lane->relay,
        .pool = lane->pool,
        .sts = lane->delivery->options.sts,
        .done = on_route,
        .arg = lane,
    };
    lane->finding = true;
    delivery_room_note_finding(lane->delivery, true);
    route_find(&request);
}

/* A connection that has not the TLS which the item asks for makes room for one that has. */
static void give_to_idle(struct lane *lane, struct queue_item *item)
{
    struct delivery_connection *connection =
        LIST_ENTRY(lane->idle.next, struct delivery_connection, idle_link);
    if (delivery_tls_suits(connection, item)) {
        delivery_connection_give(connection, item);
        return;
    }
    queue_put_back(lane->delivery->queue, item);
    delivery_connection_quit(connection);
}

/* Opens one more connection for what is ready; false if that cannot be now. */
static bool open_another(struct lane *lane)
{
    int64_t at_us = 0;
    size_t source = delivery_shaping_pick(lane, &at_us);
    if (at_us > time_monotonic_us()) {
        delivery_shaping_wait(lane, source, at_us);
        return false;
    }
    struct queue_item *item = lane_next_item(lane);
    if (item == NULL)
        return false;
    delivery_connection_open(lane, item, source);
    return true;
}

/* Gives an idle connection something to do; false if nothing can be done now. */
static bool use_idle(struct lane *lane)
{
    struct delivery_connection *connection =
        LIST_ENTRY(lane->idle.next, struct delivery_connection, idle_link);
    if (delivery_shaping_send_at(connection) > time_monotonic_us()) {
        delivery_connection_quit(connection);
        return true;
    }
    struct queue_item *item = lane_next_item(lane);
    if (item != NULL)
        give_to_idle(lane, item);
    return item != NULL;
}

/* A destination that has failed is probed with one connection until it takes something. */
static unsigned window_of(const struct lane *lane)
{
    return lane->destination->failures > 0 ? 1 : lane->window;
}

void lane_dispatch(struct lane *lane)
{
    struct delivery *delivery = lane->delivery;
    if (lane_settle_inside(lane)) {
        lane_drop_if_done(lane);
        return;
    }
    while (!delivery->stopping && lane->destination->ready.count > 0 && !lane->finding) {
        if (!list_is_empty(&lane->idle)) {
            if (!use_idle(lane))
                break;
            continue;
        }
        if (lane->connection_count >= window_of(lane) || !delivery_room_for(lane))
            break;
        if (!lane_route_is_fresh(lane)) {
            find_route(lane);
            return; /* on_route() goes on, and may have dropped the lane */
        }
        if (!open_another(lane))
            break;
    }
    lane_drop_if_done(lane);
}

void lane_connection_gone(struct lane *lane)
{
    lane_dispatch(lane);
}

void delivery_ready(void *arg, struct queue_destination *destination)
{
    struct delivery *delivery = arg;
    if (!delivery->stopping)
        lane_dispatch(lane_of(delivery, destination));
}

static void set_source(struct delivery *delivery)
{
    const struct config *config = delivery->options.config;
    delivery->source = (struct routing_source){.name = "default",
                                               .v4 = config->source_v4,
                                               .v6 = config->source_v6,
                                               .hostname = config->hostname};
}

static void set_limits(struct delivery *delivery)
{
    const struct delivery_options *options = &delivery->options;
    delivery->limits = options->limits != NULL
                           ? *options->limits
                           : delivery_limits_of(options->config->outbound_connections);
}

struct delivery *delivery_open(const struct delivery_options *options)
{
    struct delivery *delivery = mem_alloc(sizeof *delivery);
    delivery->options = *options;
    set_limits(delivery);
    rng_init(&delivery->rng, options->seed);
    list_init(&delivery->lanes);
    list_init(&delivery->idle);
    list_init(&delivery->unheard);
    list_init(&delivery->silent);
    for (enum room room = 0; room < ROOM_COUNT; room++)
        list_init(&delivery->crowded[room]);
    delivery->room_event = event_new(options->base, -1, 0, delivery_room_on_event, delivery);
    delivery->patience_timer = event_new(options->base, -1, 0, delivery_room_on_patience, delivery);
    map_init(&delivery->address_faults);
    map_init(&delivery->sites);
    set_source(delivery);
    delivery->pool = (struct routing_pool){"default", &delivery->source, 1};
    delivery_memory_open(delivery);
    return delivery;
}

void delivery_set_queue(struct delivery *delivery, struct queue *queue)
{
    delivery->queue = queue;
}

static void quit_idle(struct lane *lane)
{
    LIST_EACH(link, &lane->connections)
    {
        struct delivery_connection *connection = LIST_ENTRY(link, struct delivery_connection, link);
        if (connection->is_idle)
            delivery_connection_quit(connection);
    }
}

/* The lane's way, by the new rules. */
static void renew_lane(struct lane *lane)
{
    quit_idle(lane);
    delivery_shaping_detach(lane);
    route_free(&lane->route);
    lane->is_outdated = lane->finding;
    take_way(lane);
}

void delivery_set_config(struct delivery *delivery, const struct config *config)
{
    delivery->options.config = config;
    set_limits(delivery);
    set_source(delivery);
    LIST_EACH(link, &delivery->lanes)
    renew_lane(LIST_ENTRY(link, struct lane, link));
    delivery_memory_renew(delivery);
    LIST_EACH(link, &delivery->lanes)
    lane_dispatch(LIST_ENTRY(link, struct lane, link));
}

size_t delivery_connection_count(const struct delivery *delivery)
{
    return delivery->connection_count;
}

void delivery_stop(struct delivery *delivery)
{
    delivery->stopping = true;
    LIST_EACH(lane_link, &delivery->lanes)
    {
        quit_idle(LIST_ENTRY(lane_link, struct lane, link));
    }
    if (delivery->connection_count == 0)
        delivery->options.on_stopped(delivery->options.arg);
}

void delivery_abandon(struct delivery *delivery)
{
    delivery->stopping = true;
    LIST_EACH(lane_link, &delivery->lanes)
    {
        struct lane *lane = LIST_ENTRY(lane_link, struct lane, link);
        LIST_EACH(link, &lane->connections)
        delivery_connection_abandon(LIST_ENTRY(link, struct delivery_connection, link));
        list_remove(&lane->link);
        list_remove(&lane->room_link);
        lane->destination->delivery = NULL;
        if (lane->finding)
            lane->dropped = true;
        else
            lane_free(lane);
    }
}

void delivery_close(struct delivery **where)
{
    struct delivery *delivery = *where;
    *where = NULL;
    if (delivery == NULL)
        return;
    delivery_memory_close(delivery);
    event_free(delivery->room_event);
    event_free(delivery->patience_timer);
    map_deinit(&delivery->address_faults, free);
    map_deinit(&delivery->sites, delivery_site_free);
    free(delivery);
}
