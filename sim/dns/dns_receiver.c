#include "sim/dns/dns_receiver.h"

#include "mta-under-test/mailauth/core/dns_cache.h"

#include "mta-under-test/base/poison.h"

enum {
    DNS_RECEIVER_QUERY_BYTES = DNS_HEADER_BYTES + DNS_NAME_BYTES_MAX + 4,
    DNS_RECEIVER_KNOWN_MAX = 1000,
};

struct dns_receiver {
    const struct dns_model *model;
    struct dns_answerer *answerer;
    struct arena arena; /* of the answers given out that are not in `known` */
    struct dns_cache known;
    uint64_t change_count; /* of the model when `known` was empty */
    int64_t now_us;
};

struct dns_receiver *dns_receiver_new(struct dns_model *model,
                                      const struct dns_answer_options *options)
{
    struct dns_receiver *receiver = mem_alloc(sizeof *receiver);
    const struct dns_answer_options own = {.start_us = options->start_us, .seed = options->seed};
    receiver->model = model;
    receiver->answerer = dns_answerer_new(model, &own);
    arena_init(&receiver->arena);
    dns_cache_init(&receiver->known);
    receiver->change_count = model->change_count;
    return receiver;
}

void dns_receiver_free(struct dns_receiver **receiver)
{
    if (*receiver == NULL)
        return;
    dns_answerer_free(&(*receiver)->answerer);
    arena_deinit(&(*receiver)->arena);
    dns_cache_deinit(&(*receiver)->known);
    free(*receiver);
    *receiver = NULL;
}

static uint16_t dns_receiver_type(enum dns_type type)
{
    static const uint16_t TYPES[] = {
        [DNS_TYPE_A] = LDNS_RR_TYPE_A,     [DNS_TYPE_AAAA] = LDNS_RR_TYPE_AAAA,
        [DNS_TYPE_MX] = LDNS_RR_TYPE_MX,   [DNS_TYPE_TXT] = LDNS_RR_TYPE_TXT,
        [DNS_TYPE_PTR] = LDNS_RR_TYPE_PTR, [DNS_TYPE_TLSA] = LDNS_RR_TYPE_TLSA,
        [DNS_TYPE_SOA] = LDNS_RR_TYPE_SOA,
    };
    return TYPES[type];
}

/* RD and AD are set: it wants recursion, and to know whether the answer is authenticated. */
static size_t dns_receiver_query(const struct dns_name *name, uint16_t type,
                                 char bytes[DNS_RECEIVER_QUERY_BYTES])
{
    const char head[DNS_HEADER_BYTES] = {0, 0, 1, 0x20, 0, 1};
    const char tail[] = {(char)(type >> 8), (char)type, 0, DNS_CLASS_IN};
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, name->bytes, name->len);
    memcpy(bytes + sizeof head + name->len, tail, sizeof tail);
    return sizeof head + name->len + sizeof tail;
}

/* What an answer comes to. An answer that is no answer to the query is waited for in vain. */
static enum dns_status dns_receiver_status(const struct dns_outcome *outcome)
{
    enum dns_fault_answer fault = outcome->fault != NULL ? outcome->fault->answer : DNS_FAULT_RIGHT;
    if (outcome->action != DNS_ACTION_REPLY || fault == DNS_FAULT_WRONG_ID ||
        fault == DNS_FAULT_WRONG_NAME || fault == DNS_FAULT_GARBAGE || fault == DNS_FAULT_CUT)
        return DNS_TIMEOUT;
    if (outcome->rcode == LDNS_RCODE_NXDOMAIN)
        return DNS_NXDOMAIN;
    if (outcome->rcode != LDNS_RCODE_NOERROR || outcome->truncated ||
        fault == DNS_FAULT_CNAME_LOOP || fault == DNS_FAULT_LAME)
        return DNS_SERVFAIL;
    return DNS_OK;
}

/* ---- records */

static struct slice dns_receiver_text(struct arena *arena, struct slice data)
{
    struct buf joined;
    buf_init(&joined, DNS_RDATA_BYTES_MAX);
    while (data.len > 0) {
        size_t len = (unsigned char)*data.data;
        buf_add_slice(&joined, slice_first(slice_skip(data, 1), len));
        data = slice_skip(data, 1 + len);
    }
    struct slice text = arena_slice(arena, buf_slice(&joined));
    buf_deinit(&joined);
    return text;
}

static struct slice dns_receiver_name(struct arena *arena, struct slice wire)
{
    struct buf name;
    buf_init(&name, (size_t)4 * DNS_NAME_BYTES_MAX);
    if (!dns_wire_is_root(wire))
        dns_name_to_text(wire, &name);
    struct slice text = arena_slice(arena, buf_slice(&name));
    buf_deinit(&name);
    return text;
}

static struct dns_record dns_receiver_record(struct arena *arena, enum dns_type type,
                                             struct slice data)
{
    struct dns_record record = {0};
    switch (type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        memcpy(record.address, data.data, data.len < 16 ? data.len : 16);
        break;
    case DNS_TYPE_MX:
        record.preference =
            (uint16_t)((unsigned char)data.data[0] << 8 | (unsigned char)data.data[1]);
        record.data = dns_receiver_name(arena, slice_skip(data, 2));
        break;
    case DNS_TYPE_PTR:
        record.data = dns_receiver_name(arena, data);
        break;
    case DNS_TYPE_TXT:
        record.data = dns_receiver_text(arena, data);
        break;
    case DNS_TYPE_SOA:
        break;
    case DNS_TYPE_TLSA:
    default:
        record.data = arena_slice(arena, data);
        break;
    }
    return record;
}

/* The records of the type in the answer; aliases on the way are left out. */
static void dns_receiver_take(struct dns_receiver *receiver, enum dns_type type,
                              struct dns_answer *answer)
{
    const struct dns_plan *plan = dns_answerer_plan(receiver->answerer);
    uint16_t wanted = dns_receiver_type(type);
    for (size_t i = 0; i < plan->part_count; i++) {
        const struct dns_part *part = &plan->parts[i];
        if (part->section != DNS_SECTION_ANSWER || part->set->type != wanted)
            continue;
        struct dns_record *records =
            arena_alloc_array(&receiver->arena, part->set->records.count, sizeof *records);
        struct slice data;
        for (size_t at = 0; dns_rdata_next(&part->set->records, &at, &data);)
            records[answer->count++] = dns_receiver_record(&receiver->arena, type, data);
        answer->records = records;
        return;
    }
    answer->status = DNS_NODATA;
}

static const struct dns_answer *dns_receiver_ask(struct dns_receiver *receiver, enum dns_type type,
                                                 struct slice name)
{
    struct dns_answer *answer = arena_alloc(&receiver->arena, sizeof *answer);
    char bytes[DNS_RECEIVER_QUERY_BYTES];
    struct dns_name wire;
    struct dns_outcome outcome;
    answer->status = DNS_NXDOMAIN;
    if (dns_name_from_text(name, &wire) != 0)
        return answer;
    size_t len = dns_receiver_query(&wire, dns_receiver_type(type), bytes);
    struct dns_request request = {.bytes = slice_from(bytes, len), .now_us = receiver->now_us};
    dns_answer(receiver->answerer, &request, &outcome);
    if (outcome.action == DNS_ACTION_REPLY && outcome.truncated) {
        request.tcp = true;
        dns_answer(receiver->answerer, &request, &outcome);
    }
    answer->status = dns_receiver_status(&outcome);
    answer->authenticated = outcome.authenticated;
    if (answer->status == DNS_OK)
        dns_receiver_take(receiver, type, answer);
    return answer;
}

/* What a fault does depends on the moment, on chance and on how often one has asked. Without any an
 * answer holds until a zone changes. */
static bool dns_receiver_remembers(const struct dns_receiver *receiver)
{
    return receiver->model->fault_count == 0 &&
           receiver->model->change_count == receiver->change_count;
}

static const struct dns_answer *dns_receiver_lookup(void *context, enum dns_type type,
                                                    struct slice name)
{
    struct dns_receiver *receiver = context;
    if (!dns_receiver_remembers(receiver))
        return dns_receiver_ask(receiver, type, name);
    const struct dns_answer *known = dns_cache_get(&receiver->known, type, name);
    if (known != NULL)
        return known;
    return dns_cache_put(&receiver->known, type, name, dns_receiver_ask(receiver, type, name));
}

struct dns_resolver dns_receiver_at(struct dns_receiver *receiver, int64_t now_us)
{
    arena_deinit(&receiver->arena);
    arena_init(&receiver->arena);
    if (receiver->change_count != receiver->model->change_count ||
        receiver->known.answers.count > DNS_RECEIVER_KNOWN_MAX) {
        dns_cache_deinit(&receiver->known);
        dns_cache_init(&receiver->known);
        receiver->change_count = receiver->model->change_count;
    }
    receiver->now_us = now_us;
    return (struct dns_resolver){.context = receiver, .lookup = dns_receiver_lookup};
}

const char *dns_receiver_client_name(struct dns_receiver *receiver, const struct address *client,
                                     int64_t now_us)
{
    struct dns_resolver resolver = dns_receiver_at(receiver, now_us);
    struct buf arpa;
    buf_init(&arpa, DNS_NAME_BYTES_MAX);
    address_to_reverse_name(client, &arpa);
    const struct dns_answer *answer = dns_lookup(&resolver, DNS_TYPE_PTR, buf_slice(&arpa));
    buf_deinit(&arpa);
    if (answer->status != DNS_OK || answer->count == 0)
        return NULL;
    return arena_text_of(&receiver->arena, answer->records[0].data);
}
