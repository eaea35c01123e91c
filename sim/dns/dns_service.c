#include "sim/dns/dns_service.h"

#include <event2/event.h>

#include "mta-under-test/base/poison.h"

struct dns_delayed {
    struct list link;
    struct dns_service *service;
    struct event *timer;
    dns_delayed_send *send;
    void *context;
    struct dns_peer peer;
    size_t len;
    char bytes[];
};

void dns_service_init(struct dns_service *service, struct event_base *base)
{
    *service = (struct dns_service){.base = base};
    list_init(&service->delayed);
}

static void dns_delayed_free(struct dns_delayed *delayed)
{
    list_remove(&delayed->link);
    delayed->service->delayed_count--;
    event_free(delayed->timer);
    free(delayed);
}

void dns_service_deinit(struct dns_service *service)
{
    LIST_EACH(link, &service->delayed)
    {
        dns_delayed_free(LIST_ENTRY(link, struct dns_delayed, link));
    }
    dns_answerer_free(&service->answerer);
}

/* ---- the log */

static void dns_service_log(const struct dns_service *service, bool tcp,
                            const struct dns_peer *peer, const struct dns_outcome *outcome)
{
    char type[DNS_TYPE_TEXT_BYTES] = "";
    char address[ADDRESS_TEXT_BYTES];
    char rcode[DNS_RCODE_TEXT_BYTES] = "";
    struct buf name;
    buf_init(&name, (size_t)4 * DNS_NAME_BYTES_MAX);
    if (outcome->name.len > 0) {
        dns_name_to_text(outcome->name, &name);
        dns_type_to_text(outcome->type, type);
    }
    if (outcome->rcode >= 0)
        dns_rcode_to_text(outcome->rcode, rcode);
    struct json_out *event = event_begin(service->log, "dns", "query", NULL);
    json_out_slice(event, "name", buf_slice(&name));
    json_out_text(event, "type", type);
    json_out_text(event, "transport", tcp ? "tcp" : "udp");
    json_out_text(event, "client", address_to_text(&peer->client, address));
    json_out_text(event, "server", address_to_text(&peer->server, address));
    json_out_text(event, "rcode", rcode);
    json_out_int(event, "answers", (int64_t)outcome->answers);
    json_out_array(event, "data");
    for (size_t i = 0; i < outcome->data_count; i++)
        json_out_text(event, NULL, outcome->data[i]);
    json_out_end(event);
    json_out_bool(event, "truncated", outcome->truncated);
    json_out_bool(event, "authenticated", outcome->authenticated);
    if (service->silenced_by != NULL)
        json_out_text(event, "fault", service->silenced_by);
    else if (outcome->fault != NULL)
        json_out_text(event, "fault", outcome->fault->place);
    if (outcome->delay_us > 0)
        json_out_int(event, "delay", outcome->delay_us);
    event_end(service->log);
    buf_deinit(&name);
}

void dns_server_log_change(struct event_log *log, const char *zone, const char *const *records,
                           size_t count)
{
    struct json_out *event = event_begin(log, "dns", "changed", NULL);
    json_out_text(event, "zone", zone);
    json_out_array(event, "records");
    for (size_t i = 0; i < count; i++)
        json_out_text(event, NULL, records[i]);
    json_out_end(event);
    event_end(log);
}

void dns_service_answer(struct dns_service *service, struct slice bytes, bool tcp,
                        const struct dns_peer *peer, struct dns_outcome *outcome)
{
    const struct dns_request request = {
        .bytes = bytes, .tcp = tcp, .server = peer->server, .now_us = time_now_us()};
    dns_answer(service->answerer, &request, outcome);
    if (service->silenced_by != NULL) {
        outcome->action = DNS_ACTION_SILENCE;
        outcome->rcode = -1;
        outcome->delay_us = 0;
        outcome->answers = 0;
        outcome->data_count = 0;
        outcome->truncated = false;
        outcome->authenticated = false;
    }
    if (outcome->readable && service->log != NULL)
        dns_service_log(service, tcp, peer, outcome);
}

/* ---- answers that wait */

static void dns_delayed_ready(evutil_socket_t fd, short what, void *context)
{
    struct dns_delayed *delayed = context;
    (void)fd;
    (void)what;
    delayed->send(delayed->context, &delayed->peer, slice_from(delayed->bytes, delayed->len));
    dns_delayed_free(delayed);
}

void dns_service_delay(struct dns_service *service, const struct dns_outcome *outcome,
                       const struct dns_peer *peer, dns_delayed_send *send, void *context)
{
    if (service->delayed_count >= DNS_DELAYED_MAX)
        return;
    struct dns_delayed *delayed = mem_alloc(sizeof *delayed + outcome->reply.len);
    delayed->service = service;
    delayed->send = send;
    delayed->context = context;
    delayed->peer = *peer;
    delayed->len = outcome->reply.len;
    memcpy(delayed->bytes, outcome->reply.data, outcome->reply.len);
    delayed->timer = evtimer_new(service->base, dns_delayed_ready, delayed);
    list_push_back(&service->delayed, &delayed->link);
    service->delayed_count++;
    const struct timeval delay = {.tv_sec = outcome->delay_us / TIME_SECOND,
                                  .tv_usec = outcome->delay_us % TIME_SECOND};
    evtimer_add(delayed->timer, &delay);
}

size_t dns_service_forget(struct dns_service *service, const void *context)
{
    size_t count = 0;
    LIST_EACH(link, &service->delayed)
    {
        struct dns_delayed *delayed = LIST_ENTRY(link, struct dns_delayed, link);
        if (delayed->context == context) {
            dns_delayed_free(delayed);
            count++;
        }
    }
    return count;
}

bool dns_service_waits(const struct dns_service *service, const void *context)
{
    LIST_EACH(link, &service->delayed)
    {
        if (LIST_ENTRY(link, struct dns_delayed, link)->context == context)
            return true;
    }
    return false;
}
