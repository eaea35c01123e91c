/*
 * What the timeline does, one function an action.
 */
#include "sim/inside/inside_state.h"

#include "sim/mx/mx_tls.h"
#include "sim/policy/policy_change.h"

#include "mta-under-test/base/poison.h"

static int inside_act_dns_set(struct inside *inside, const struct scenario_event *entry, bool over,
                              struct err *err)
{
    if (over)
        return 0;
    dns_server_log_change(inside->log, entry->zone, entry->records, entry->record_count);
    return dns_model_replace_records(inside->scenario->dns, entry->zone, entry->records,
                                     entry->record_count, err);
}

static int inside_act_dns_remove(struct inside *inside, const struct scenario_event *entry,
                                 bool over, struct err *err)
{
    if (over)
        return 0;
    dns_server_log_change(inside->log, entry->zone, NULL, 0);
    return dns_model_remove(inside->scenario->dns, entry->zone, entry->name, NULL, err);
}

static int inside_act_mta_kill(struct inside *inside, const struct scenario_event *entry, bool over,
                               struct err *err)
{
    (void)entry;
    if (inside->server == NULL)
        return 0;
    if (over)
        return mta_process_state(inside->server) == MTA_DOWN
                   ? mta_process_start(inside->server, err)
                   : 0;
    mta_process_kill(inside->server);
    return 0;
}

static int inside_act_mta_restart(struct inside *inside, const struct scenario_event *entry,
                                  bool over, struct err *err)
{
    (void)entry;
    (void)err;
    if (!over && inside->server != NULL)
        mta_process_restart(inside->server);
    return 0;
}

static int inside_act_mta_pause(struct inside *inside, const struct scenario_event *entry,
                                bool over, struct err *err)
{
    (void)entry;
    (void)err;
    if (inside->server == NULL)
        return 0;
    if (over)
        mta_process_continue(inside->server);
    else
        mta_process_pause(inside->server);
    return 0;
}

static int inside_act_mta_reload(struct inside *inside, const struct scenario_event *entry,
                                 bool over, struct err *err)
{
    return over || inside->server == NULL
               ? 0
               : mta_process_reload(inside->server, entry->settings, err);
}

static int inside_act_host_down(struct inside *inside, const struct scenario_event *entry,
                                bool over, struct err *err)
{
    if (mx_server_set_down(inside->mx, entry->host, !over) != 0)
        return err_set(err, "there is no host %s", entry->host);
    return inside_set_gate(inside, err);
}

static int inside_act_rotate_key(struct inside *inside, const struct scenario_event *entry,
                                 bool over, struct err *err)
{
    struct mx_host *host = mx_model_find_host(inside->scenario->mx, entry->host);
    (void)over;
    if (host == NULL)
        return err_set(err, "there is no host %s", entry->host);
    mx_tls_rotate(host);
    return entry->keeps_dane ? 0 : inside_publish_host_dane(inside, host, err);
}

static int inside_act_publish_dane(struct inside *inside, const struct scenario_event *entry,
                                   bool over, struct err *err)
{
    struct mx_host *host = mx_model_find_host(inside->scenario->mx, entry->host);
    (void)over;
    return host != NULL ? inside_publish_host_dane(inside, host, err)
                        : err_set(err, "there is no host %s", entry->host);
}

static int inside_act_sts_set(struct inside *inside, const struct scenario_event *entry, bool over,
                              struct err *err)
{
    (void)over;
    return policy_change_apply(inside->scenario->policy, inside->scenario->dns, POLICY_CHANGE_STS,
                               entry->spec, err);
}

static int inside_act_list_ip(struct inside *inside, const struct scenario_event *entry, bool over,
                              struct err *err)
{
    return policy_change_apply(inside->scenario->policy, inside->scenario->dns,
                               over ? POLICY_CHANGE_DELIST : POLICY_CHANGE_LIST, entry->spec, err);
}

static int inside_act_delist_ip(struct inside *inside, const struct scenario_event *entry,
                                bool over, struct err *err)
{
    (void)over;
    return policy_change_apply(inside->scenario->policy, inside->scenario->dns,
                               POLICY_CHANGE_DELIST, entry->spec, err);
}

static const struct {
    const char *name;
    inside_action *act;
} INSIDE_ACTIONS[SCENARIO_ACTION_COUNT] = {
    [SCENARIO_DNS_SET] = {"dns-set", inside_act_dns_set},
    [SCENARIO_DNS_REMOVE] = {"dns-remove", inside_act_dns_remove},
    [SCENARIO_MTA_KILL] = {"mta-kill", inside_act_mta_kill},
    [SCENARIO_MTA_RESTART] = {"mta-restart", inside_act_mta_restart},
    [SCENARIO_MTA_PAUSE] = {"mta-pause", inside_act_mta_pause},
    [SCENARIO_MTA_RELOAD] = {"mta-reload", inside_act_mta_reload},
    [SCENARIO_MTA_SKEW] = {"mta-skew", inside_act_mta_skew},
    [SCENARIO_HOST_DOWN] = {"host-down", inside_act_host_down},
    [SCENARIO_DISK_FULL] = {"disk-full", inside_act_disk_full},
    [SCENARIO_DISK_SLOW] = {"disk-slow", inside_act_disk_slow},
    [SCENARIO_DISK_FAILING] = {"disk-failing", inside_act_disk_failing},
    [SCENARIO_NETWORK_DOWN] = {"network-down", inside_act_network_down},
    [SCENARIO_DNS_DOWN] = {"dns-down", inside_act_dns_down},
    [SCENARIO_ROTATE_KEY] = {"rotate-key", inside_act_rotate_key},
    [SCENARIO_STS_SET] = {"sts-set", inside_act_sts_set},
    [SCENARIO_LIST_IP] = {"list-ip", inside_act_list_ip},
    [SCENARIO_DELIST_IP] = {"delist-ip", inside_act_delist_ip},
    [SCENARIO_PUBLISH_DANE] = {"publish-dane", inside_act_publish_dane},
    [SCENARIO_QUEUE_HOLD] = {"queue-hold", inside_act_queue},
    [SCENARIO_QUEUE_RELEASE] = {"queue-release", inside_act_queue},
    [SCENARIO_QUEUE_FLUSH] = {"queue-flush", inside_act_queue},
    [SCENARIO_QUEUE_DELETE] = {"queue-delete", inside_act_queue},
    [SCENARIO_QUEUE_BOUNCE] = {"queue-bounce", inside_act_queue},
    [SCENARIO_QUEUE_EXPLAIN] = {"queue-explain", inside_act_queue},
    [SCENARIO_QUEUE_LIST] = {"queue-list", inside_act_queue_list},
};

void inside_act(void *context, const struct scenario_event *entry, bool over)
{
    struct inside *inside = context;
    struct err err = {0};
    struct json_out *event = event_begin(inside->log, "timeline", "do", NULL);
    json_out_text(event, "action", INSIDE_ACTIONS[entry->action].name);
    json_out_text(event, "place", entry->spec.path);
    json_out_bool(event, "over", over);
    if (entry->zone != NULL)
        json_out_text(event, "zone", entry->zone);
    if (entry->host != NULL)
        json_out_text(event, "host", entry->host);
    if (entry->action == SCENARIO_DISK_FULL)
        json_out_int(event, "leaves", entry->leaves_bytes);
    if (entry->action == SCENARIO_MTA_SKEW)
        json_out_int(event, "skew", entry->skew_us);
    if (entry->action == SCENARIO_DISK_SLOW)
        json_out_int(event, "takes", entry->takes_us);
    if (entry->action == SCENARIO_NETWORK_DOWN)
        json_out_text(event, "as", entry->as == SCENARIO_SILENT ? "silent" : "unreachable");
    if (entry->domain != NULL)
        json_out_text(event, "domain", entry->domain);
    if (entry->blocklist != NULL)
        json_out_text(event, "blocklist", entry->blocklist);
    if (entry->ip != NULL)
        json_out_text(event, "ip", entry->ip);
    if (entry->message != NULL)
        json_out_text(event, "message", pattern_text(entry->message));
    if (entry->from != NULL)
        json_out_text(event, "from", pattern_text(entry->from));
    if (entry->to != NULL)
        json_out_text(event, "to", pattern_text(entry->to));
    event_end(inside->log);
    if (INSIDE_ACTIONS[entry->action].act(inside, entry, over, &err) != 0) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside_end(inside, "mta-failed", "%s: %s", entry->spec.path, err.text);
    }
    inside_look(inside);
}
