#include "sim/dns/dns_answer.h"

#include <assert.h>

#include "mta-under-test/base/rng.h"
#include "mta-under-test/base/text.h"
#include "sim/dns/dns_sign.h"

#include "mta-under-test/base/poison.h"

enum {
    DNS_BADVERS = 16,
    DNS_GARBAGE_BYTES = 48,
    DNS_ROOT_ADDRESSES = 2,
    DNS_TYPE_QUERY_ONLY_MIN = 128, /* RFC 6895 section 3.1 */
};

/* What a fault remembers. */
struct dns_fault_state {
    struct rng rng;
    int64_t used;
};

struct dns_answerer {
    struct dns_model *model;
    int64_t start_us;
    struct address *resolvers;
    size_t resolver_count;
    struct address roots[DNS_ROOT_ADDRESSES];
    struct dns_fault_state *states; /* one for each fault of the model */
    size_t state_count;
    struct rng rng;
    struct dns_rdata_list spoiled[DNS_PLAN_PARTS_MAX]; /* signatures that are not right */
    size_t spoiled_count;
    struct dns_query query;
    struct dns_plan plan;
    struct dns_message message;
};

struct dns_answerer *dns_answerer_new(struct dns_model *model,
                                      const struct dns_answer_options *options)
{
    struct dns_answerer *answerer = mem_alloc(sizeof *answerer);
    answerer->model = model;
    answerer->start_us = options->start_us;
    answerer->resolver_count = options->resolver_count;
    answerer->resolvers = mem_alloc_array(options->resolver_count + 1, sizeof(struct address));
    for (size_t i = 0; i < options->resolver_count; i++)
        answerer->resolvers[i] = options->resolvers[i];
    if (address_from_text(SLICE(DNS_ROOT_IPV4), &answerer->roots[0]) != 0 ||
        address_from_text(SLICE(DNS_ROOT_IPV6), &answerer->roots[1]) != 0)
        abort();
    answerer->state_count = model->fault_count;
    answerer->states = mem_alloc_array(model->fault_count + 1, sizeof *answerer->states);
    for (size_t i = 0; i < model->fault_count; i++)
        rng_init_salted(&answerer->states[i].rng, options->seed, model->faults[i]->place);
    rng_init_salted(&answerer->rng, options->seed, "dns garbage");
    dns_message_init(&answerer->message);
    dns_model_set_start(model, options->start_us);
    return answerer;
}

static void dns_answerer_forget_spoiled(struct dns_answerer *answerer)
{
    while (answerer->spoiled_count > 0)
        dns_rdata_clear(&answerer->spoiled[--answerer->spoiled_count]);
}

void dns_answerer_free(struct dns_answerer **answerer)
{
    if (*answerer == NULL)
        return;
    dns_message_deinit(&(*answerer)->message);
    dns_plan_deinit(&(*answerer)->plan);
    dns_answerer_forget_spoiled(*answerer);
    free((*answerer)->states);
    free((*answerer)->resolvers);
    free(*answerer);
    *answerer = NULL;
}

/* ---- faults */

/* What a resolver would meet on its way along an alias; the rest belongs to its own answer. */
static bool dns_fault_strikes_alias(const struct dns_fault *fault)
{
    return fault->answer <= DNS_FAULT_NONE || fault->answer >= DNS_FAULT_BOGUS;
}

/* The first fault that is meant for the last name of the plan at this moment and whose chance comes
 * up. */
static const struct dns_fault *dns_answer_fault(struct dns_answerer *answerer,
                                                const struct dns_request *request)
{
    const struct dns_model *model = answerer->model;
    size_t hop = answerer->plan.alias_count;
    assert(model->fault_count == answerer->state_count);
    /* What is at fault are the servers of a zone, never the root's that lead there. */
    if (model->fault_count == 0 || answerer->plan.role == DNS_ROLE_ROOT)
        return NULL;
    const struct dns_fault *chosen = NULL;
    struct buf text;
    buf_init(&text, (size_t)4 * DNS_NAME_BYTES_MAX);
    dns_name_to_text(dns_name_slice(&answerer->plan.names[hop]), &text);
    for (size_t i = 0; chosen == NULL && i < model->fault_count; i++) {
        const struct dns_fault *fault = model->faults[i];
        struct dns_fault_state *state = &answerer->states[i];
        if (!dns_fault_matches(fault, buf_slice(&text), answerer->query.type, request->tcp) ||
            (dns_fault_needs_edns(fault) && !answerer->query.edns) ||
            !dns_fault_is_on(fault, request->now_us, request->now_us - answerer->start_us) ||
            (hop > 0 && !dns_fault_strikes_alias(fault)) ||
            (fault->times > 0 && state->used >= fault->times) ||
            !rng_chance(&state->rng, fault->millionths))
            continue;
        state->used++;
        chosen = fault;
    }
    buf_deinit(&text);
    return chosen;
}

static void dns_fault_loop(struct dns_answerer *answerer)
{
    struct slice name = dns_name_slice(&answerer->plan.names[0]);
    answerer->plan.authoritative = answerer->plan.role != DNS_ROLE_RESOLVER;
    answerer->plan.secure = false;
    dns_plan_add_made(&answerer->plan, answerer->model->ttl, name);
}

/* Points to the root, as a server does that does not know the zone it was given. */
static void dns_fault_lame(struct dns_answerer *answerer)
{
    struct dns_node *root = answerer->model->root->apex;
    dns_plan_fail(&answerer->plan, LDNS_RCODE_NOERROR);
    dns_plan_add(&answerer->plan, DNS_SECTION_AUTHORITY, dns_node_set(root, LDNS_RR_TYPE_NS),
                 root->name);
}

/* As if the query had come without its OPT record: a server of before 1999 does not see it, and
 * who gives FORMERR because of it sends none (RFC 6891 section 7). */
static void dns_fault_forget_edns(struct dns_answerer *answerer)
{
    answerer->query.edns = false;
    answerer->query.dnssec_ok = false;
    answerer->query.udp_bytes = DNS_UDP_BYTES_MIN;
    answerer->plan.dnssec = false;
}

/* What a fault does to the plan in place of resolving the last name. False if it does not, and the
 * name is to be resolved. */
static bool dns_fault_plan(struct dns_answerer *answerer, const struct dns_fault *fault)
{
    static const int RCODES[DNS_FAULT_ANSWER_COUNT] = {
        [DNS_FAULT_SERVFAIL] = LDNS_RCODE_SERVFAIL,   [DNS_FAULT_REFUSED] = LDNS_RCODE_REFUSED,
        [DNS_FAULT_FORMERR] = LDNS_RCODE_FORMERR,     [DNS_FAULT_NOTIMP] = LDNS_RCODE_NOTIMPL,
        [DNS_FAULT_OPT_FORMERR] = LDNS_RCODE_FORMERR, [DNS_FAULT_BADVERS] = DNS_BADVERS,
    };
    enum dns_fault_answer answer = fault != NULL ? fault->answer : DNS_FAULT_RIGHT;
    if (answer == DNS_FAULT_NO_EDNS || answer == DNS_FAULT_OPT_FORMERR)
        dns_fault_forget_edns(answerer);
    if (RCODES[answer] != 0)
        dns_plan_fail(&answerer->plan, RCODES[answer]);
    else if (answer == DNS_FAULT_NXDOMAIN)
        dns_plan_deny(answerer->model, &answerer->plan, LDNS_RCODE_NXDOMAIN);
    else if (answer == DNS_FAULT_NODATA)
        dns_plan_deny(answerer->model, &answerer->plan, LDNS_RCODE_NOERROR);
    else if (answer == DNS_FAULT_LAME)
        dns_fault_lame(answerer);
    else if (answer == DNS_FAULT_CNAME_LOOP)
        dns_fault_loop(answerer);
    else
        return answer == DNS_FAULT_NONE || answer == DNS_FAULT_TCP_REFUSED ||
               answer == DNS_FAULT_TRUNCATE;
    return true;
}

/* What a signature fault puts in place of a part's signatures. */
static struct dns_rdata_list dns_fault_signatures_of(const struct dns_answerer *answerer,
                                                     const struct dns_fault *fault,
                                                     const struct dns_part *part)
{
    if (fault->answer == DNS_FAULT_BOGUS)
        return dns_signatures_bogus(part->set);
    if (fault->answer == DNS_FAULT_EXPIRED)
        return dns_signatures_expired(answerer->model, part->set, part->owner);
    return (struct dns_rdata_list){0};
}

/* A resolver that validates gives SERVFAIL for what does not verify, unless told not to check. */
static void dns_fault_signatures(struct dns_answerer *answerer, const struct dns_fault *fault)
{
    struct dns_plan *plan = &answerer->plan;
    dns_answerer_forget_spoiled(answerer);
    if (plan->bogus && plan->role == DNS_ROLE_RESOLVER && !answerer->query.cd)
        dns_plan_fail(plan, LDNS_RCODE_SERVFAIL);
    if (fault == NULL || fault->answer < DNS_FAULT_BOGUS || !plan->secure)
        return;
    if (plan->role == DNS_ROLE_RESOLVER && !answerer->query.cd)
        dns_plan_fail(plan, LDNS_RCODE_SERVFAIL);
    plan->secure = false;
    for (size_t i = 0; i < plan->part_count; i++) {
        struct dns_rdata_list *list = &answerer->spoiled[answerer->spoiled_count++];
        *list = dns_fault_signatures_of(answerer, fault, &plan->parts[i]);
        plan->parts[i].signatures = list;
    }
}

/* The question's name in small letters, as some servers keep it. */
static void dns_fault_lower_letters(struct dns_message *message)
{
    size_t at = DNS_HEADER_BYTES;
    while (message->bytes[at] > 0) {
        size_t end = at + 1 + message->bytes[at];
        while (++at < end)
            message->bytes[at] = (unsigned char)text_lower((char)message->bytes[at]);
    }
}

/* What a fault does to the bytes of a message that is ready. */
static void dns_fault_spoil(struct dns_answerer *answerer, const struct dns_fault *fault)
{
    struct dns_message *message = &answerer->message;
    if (fault == NULL)
        return;
    if (fault->answer == DNS_FAULT_WRONG_ID) {
        message->bytes[0] ^= 0x55;
        message->bytes[1] ^= 0xaa;
    } else if (fault->answer == DNS_FAULT_WRONG_NAME && message->bytes[DNS_HEADER_BYTES] > 0) {
        unsigned char *c = message->bytes + DNS_HEADER_BYTES + 1;
        *c = *c == 'x' ? 'y' : 'x';
    } else if (fault->answer == DNS_FAULT_WRONG_CASE) {
        dns_fault_lower_letters(message);
    } else if (fault->answer == DNS_FAULT_CUT) {
        message->len -= message->len / 3;
    } else if (fault->answer == DNS_FAULT_GARBAGE) {
        for (message->len = 0; message->len < DNS_GARBAGE_BYTES; message->len++)
            message->bytes[message->len] = (unsigned char)rng_below(&answerer->rng, 256);
    }
}

/* ---- the right answer */

static enum dns_role dns_answer_role(const struct dns_answerer *answerer,
                                     const struct address *server)
{
    if (answerer->resolver_count == 0)
        return DNS_ROLE_RESOLVER;
    for (size_t i = 0; i < answerer->resolver_count; i++) {
        if (address_equal(&answerer->resolvers[i], server))
            return DNS_ROLE_RESOLVER;
    }
    for (size_t i = 0; i < DNS_ROOT_ADDRESSES; i++) {
        if (address_equal(&answerer->roots[i], server))
            return DNS_ROLE_ROOT;
    }
    return DNS_ROLE_AUTHORITATIVE;
}

/* Why a query is not answered from the zones, or NOERROR. */
static int dns_query_error(enum dns_query_status status, const struct dns_query *query)
{
    if (status == DNS_QUERY_NOTIMP)
        return LDNS_RCODE_NOTIMPL;
    if (status == DNS_QUERY_BADVERS)
        return DNS_BADVERS;
    if (status != DNS_QUERY_OK || query->type == 0 || query->type == LDNS_RR_TYPE_OPT)
        return LDNS_RCODE_FORMERR;
    if (query->class != DNS_CLASS_IN || query->type == LDNS_RR_TYPE_AXFR ||
        query->type == LDNS_RR_TYPE_IXFR)
        return LDNS_RCODE_REFUSED;
    if (query->type >= DNS_TYPE_QUERY_ONLY_MIN && query->type < LDNS_RR_TYPE_ANY)
        return LDNS_RCODE_NOTIMPL;
    return LDNS_RCODE_NOERROR;
}

/* Resolves, going through aliases. A fault of a name on the way strikes a resolver as it would if
 * it went there. The last one that struck is in `outcome`. */
static void dns_answer_resolve(struct dns_answerer *answerer, const struct dns_request *request,
                               struct dns_outcome *outcome)
{
    struct dns_plan *plan = &answerer->plan;
    const struct dns_fault *fault = dns_answer_fault(answerer, request);
    enum dns_step step = DNS_STEP_ALIAS;
    while (step == DNS_STEP_ALIAS) {
        if (fault != NULL) {
            outcome->fault = fault;
            outcome->delay_us += fault->delay_us;
        }
        if (dns_fault_plan(answerer, fault))
            return;
        step = dns_resolve_step(answerer->model, plan);
        fault = NULL;
        if (step == DNS_STEP_ALIAS && plan->role == DNS_ROLE_RESOLVER)
            fault = dns_answer_fault(answerer, request);
    }
}

static void dns_answer_texts(const struct dns_plan *plan, struct dns_outcome *outcome)
{
    for (size_t i = 0; outcome->answers > 0 && i < plan->part_count; i++) {
        const struct dns_part *part = &plan->parts[i];
        const char *text = "";
        for (size_t k = 0;
             part->section == DNS_SECTION_ANSWER && text != NULL &&
             outcome->data_count < DNS_SET_TEXTS_MAX && outcome->data_count < outcome->answers;
             k++) {
            text = dns_rrset_text(part->set, k);
            if (text != NULL)
                outcome->data[outcome->data_count++] = text;
        }
    }
}

/* Where even a message over TCP does not hold the answer, nobody can have it. */
static void dns_answer_refuse(struct dns_answerer *answerer)
{
    dns_plan_fail(&answerer->plan, LDNS_RCODE_SERVFAIL);
    dns_message_begin(&answerer->message, &answerer->query, DNS_MESSAGE_BYTES_MAX);
}

/* Writes the planned answer. */
static void dns_answer_write(struct dns_answerer *answerer, bool by_tcp,
                             struct dns_outcome *outcome)
{
    const struct dns_plan *plan = &answerer->plan;
    const struct dns_query *query = &answerer->query;
    struct dns_message *message = &answerer->message;
    const struct dns_fault *fault = outcome->fault;
    bool resolver = plan->role == DNS_ROLE_RESOLVER;
    struct dns_message_end end = {
        .rcode = plan->rcode,
        .authoritative = plan->authoritative,
        .recursion_available = resolver,
        .authenticated = resolver && plan->secure && (query->dnssec_ok || query->ad),
        .udp_bytes = answerer->model->udp_bytes,
    };
    if (fault != NULL && fault->ttl_given) {
        message->ttl_given = true;
        message->ttl = fault->ttl;
    }
    if (fault != NULL && fault->answer == DNS_FAULT_TRUNCATE) {
        message->truncated = true;
        end.authenticated = false; /* of nothing */
    } else {
        dns_message_plan(message, plan);
        if (message->truncated && by_tcp) {
            dns_answer_refuse(answerer);
            end.rcode = plan->rcode;
            end.authoritative = false;
            end.authenticated = false;
        }
    }
    dns_message_end(message, query, &end);
    dns_fault_spoil(answerer, fault);
    outcome->reply = slice_from((const char *)message->bytes, message->len);
    outcome->rcode = plan->rcode;
    outcome->answers = message->counts[DNS_SECTION_ANSWER];
    outcome->truncated = message->truncated;
    outcome->authenticated = end.authenticated;
    dns_answer_texts(plan, outcome);
}

static size_t dns_answer_limit(const struct dns_answerer *answerer,
                               const struct dns_request *request)
{
    if (request->tcp)
        return DNS_MESSAGE_BYTES_MAX;
    size_t limit = answerer->query.udp_bytes;
    return limit < answerer->model->udp_bytes ? limit : answerer->model->udp_bytes;
}

void dns_answer(struct dns_answerer *answerer, const struct dns_request *request,
                struct dns_outcome *outcome)
{
    struct dns_query *query = &answerer->query;
    struct dns_plan *plan = &answerer->plan;
    *outcome = (struct dns_outcome){.action = DNS_ACTION_SILENCE, .rcode = -1};
    enum dns_query_status status = dns_query_parse(request->bytes, query);
    if (status == DNS_QUERY_DROP)
        return;
    dns_plan_begin(plan, dns_answer_role(answerer, &request->server), &query->name, query->type);
    plan->dnssec = query->dnssec_ok;
    outcome->readable = true;
    outcome->name = dns_name_slice(&query->name);
    outcome->type = query->type;
    int error = dns_query_error(status, query);
    if (error != LDNS_RCODE_NOERROR) {
        dns_plan_fail(plan, error);
    } else {
        dns_answer_resolve(answerer, request, outcome);
        dns_fault_signatures(answerer, outcome->fault);
    }
    enum dns_fault_answer answer =
        outcome->fault != NULL ? outcome->fault->answer : DNS_FAULT_RIGHT;
    if (answer == DNS_FAULT_NONE)
        return;
    if (answer == DNS_FAULT_TCP_REFUSED) {
        outcome->action = DNS_ACTION_RESET;
        return;
    }
    outcome->action = DNS_ACTION_REPLY;
    /* Only now: a fault may have struck out the client's OPT record, which says how much it takes.
     */
    dns_message_begin(&answerer->message, query, dns_answer_limit(answerer, request));
    dns_answer_write(answerer, request->tcp, outcome);
}

const struct dns_plan *dns_answerer_plan(const struct dns_answerer *answerer)
{
    return &answerer->plan;
}
