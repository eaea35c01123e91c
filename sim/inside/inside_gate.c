/*
 * The network before the hosts: which addresses are shut, and until when.
 */
#include "sim/inside/inside_state.h"

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_report.h"

#include "mta-under-test/base/poison.h"

static int64_t inside_since_start_us(const struct inside *inside)
{
    return time_now_us() - inside->scenario->start_us;
}

static enum net_condition_kind inside_condition(void *context, const struct address *address)
{
    const struct inside *inside = context;
    const struct mx_host *host = mx_model_find_address(inside->scenario->mx, address);
    return host != NULL
               ? mx_host_network(host, address, time_now_us(), inside_since_start_us(inside))
               : NET_OPEN;
}

static void inside_on_turned_away(void *context, const struct net_syn *syn,
                                  enum net_condition_kind kind)
{
    const struct inside *inside = context;
    const struct mx_refusal refusal = {
        .host = mx_model_find_address(inside->scenario->mx, &syn->server),
        .client = &syn->client,
        .server = &syn->server,
        .port = syn->server_port,
        .how = NET_CONDITION_WORDS[kind],
    };
    mx_report_refused(inside->log, &refusal);
}

/* The addresses of a host that are shut now, behind those that are in the list. */
static size_t inside_add_shut(const struct inside *inside, const struct mx_host *host,
                              struct address *list, size_t count)
{
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        const struct address *address = mx_host_address(host, i);
        if (mx_host_network(host, address, time_now_us(), inside_since_start_us(inside)) !=
            NET_OPEN)
            list[count++] = *address;
    }
    return count;
}

static void inside_arm_gate(struct inside *inside, int64_t next_us)
{
    int64_t since_us = inside_since_start_us(inside);
    if (next_us == INT64_MAX)
        return;
    int64_t wait_us = next_us - since_us;
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    event_add(inside->gate_timer, &wait);
}

int inside_set_gate(struct inside *inside, struct err *err)
{
    const struct mx_model *mx = inside->scenario->mx;
    int64_t now_us = time_now_us();
    int64_t since_us = inside_since_start_us(inside);
    int64_t next_us = INT64_MAX;
    size_t addresses = 0;
    size_t count = 0;
    for (size_t i = 0; i < mx_model_host_count(mx); i++)
        addresses += mx_host_address_count(mx_model_host(mx, i));
    struct address *list = mem_alloc_array(addresses + 1, sizeof *list);
    for (size_t i = 0; i < mx_model_host_count(mx); i++) {
        const struct mx_host *host = mx_model_host(mx, i);
        int64_t at_us = mx_host_network_next_us(host, now_us, since_us);
        count = inside_add_shut(inside, host, list, count);
        if (at_us < next_us)
            next_us = at_us;
    }
    int result = net_gate_shut(inside->gate, list, count, err);
    free(list);
    inside_arm_gate(inside, next_us);
    return result;
}

static void inside_on_gate_time(evutil_socket_t fd, short what, void *context)
{
    struct inside *inside = context;
    struct err err;
    (void)fd;
    (void)what;
    if (inside_set_gate(inside, &err) != 0) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside_end(inside, "mta-failed", "%s", err.text);
    }
}

/* A scenario in which every network is open needs no gate. */
static bool inside_needs_gate(const struct inside *inside)
{
    const struct scenario *scenario = inside->scenario;
    for (size_t i = 0; i < mx_model_host_count(scenario->mx); i++) {
        const struct mx_host *host = mx_model_host(scenario->mx, i);
        if (host->network_count > 0 || host->down || host->down_window_given)
            return true;
    }
    for (size_t i = 0; i < scenario->event_count; i++) {
        if (scenario->timeline[i].action == SCENARIO_HOST_DOWN)
            return true;
    }
    return false;
}

int inside_open_gate(struct inside *inside, struct err *err)
{
    int listeners[NET_GATE_LISTENERS_MAX];
    if (!inside_needs_gate(inside))
        return 0;
    const struct net_gate_options options = {
        .listeners = listeners,
        .listener_count = mx_server_listeners(inside->mx, listeners, NET_GATE_LISTENERS_MAX),
        .condition = inside_condition,
        .turned_away = inside_on_turned_away,
        .context = inside,
    };
    inside->gate = net_gate_open(inside->base, &options, err);
    if (inside->gate == NULL)
        return -1;
    inside->gate_timer = evtimer_new(inside->base, inside_on_gate_time, inside);
    return inside_set_gate(inside, err);
}

void inside_close_gate(struct inside *inside)
{
    net_gate_close(&inside->gate);
    if (inside->gate_timer != NULL)
        event_free(inside->gate_timer);
    inside->gate_timer = NULL;
}
