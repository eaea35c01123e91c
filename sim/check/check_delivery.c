#include "mta-under-test/base/text.h"
#include "sim/check/check_collect.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

const char *const CHECK_OUTCOME_WORDS[] = {"delivered", "deferred", "rejected", "broken"};

/* ---- asking */

const struct check_notice *check_delivery_bounce(const struct check_delivery *delivery)
{
    for (size_t i = 0; i < delivery->notice_count; i++) {
        if (delivery->notices[i].failed)
            return &delivery->notices[i];
    }
    return NULL;
}

/* RFC 5321 section 6.1: a failure of mail with the null reverse-path is told to nobody. */
static bool is_discarded(const struct check_delivery *delivery)
{
    return delivery->from[0] == '\0' && delivery->attempt_count > 0 &&
           delivery->attempts[delivery->attempt_count - 1].outcome == CHECK_ATTEMPT_REJECTED;
}

enum check_end check_delivery_end(const struct check_delivery *delivery)
{
    if (delivery->copy_count > 0)
        return CHECK_DELIVERED;
    if (check_delivery_bounce(delivery) != NULL)
        return CHECK_BOUNCED;
    if (delivery->refused || delivery->accepted_us < 0)
        return CHECK_REFUSED;
    if (delivery->deleted_us >= 0)
        return CHECK_DELETED;
    return is_discarded(delivery) ? CHECK_DISCARDED : CHECK_QUEUED;
}

int64_t check_delivery_end_us(const struct check_delivery *delivery)
{
    const struct check_notice *bounce = check_delivery_bounce(delivery);
    if (delivery->copy_count > 0)
        return delivery->copies[0].at_us;
    if (bounce != NULL)
        return bounce->at_us;
    if (delivery->refused)
        return delivery->submitted_us;
    if (delivery->deleted_us >= 0)
        return delivery->deleted_us;
    return is_discarded(delivery) ? delivery->attempts[delivery->attempt_count - 1].end_us : -1;
}

bool check_delivery_is_waiting(const struct check_delivery *delivery)
{
    return !delivery->refused && delivery->copy_count == 0 && delivery->deleted_us < 0 &&
           check_delivery_bounce(delivery) == NULL && !is_discarded(delivery);
}

/* ---- finding */

struct check_delivery *check_delivery_find(const struct check_collector *c, const char *message,
                                           const char *recipient)
{
    return check_index_find(&c->history->index, message, recipient);
}

int64_t check_delivery_last_try_us(const struct check_delivery *delivery)
{
    return delivery->attempt_count > 0 ? delivery->attempts[delivery->attempt_count - 1].at_us : -1;
}

/* ---- attempts */

void check_delivery_add_attempt(struct check_delivery *delivery,
                                const struct check_attempt *attempt)
{
    delivery->attempts =
        check_collect_room(delivery->attempts, delivery->attempt_count, sizeof *delivery->attempts);
    struct check_attempt *added = &delivery->attempts[delivery->attempt_count++];
    *added = *attempt;
    added->first_of_round =
        delivery->attempt_count == 1 || added->at_us - added[-1].end_us > CHECK_ROUND_GAP_US;
    if (added->first_of_round)
        delivery->round_count++;
}

/* Is it one that the attempt may have been for? */
static bool may_be_for(const struct check_delivery *delivery, const char *from,
                       const struct check_attempt *attempt)
{
    return check_delivery_is_waiting(delivery) && delivery->submitted_us <= attempt->at_us &&
           (from == NULL || slice_equal_nocase(slice_of(delivery->from), slice_of(from)));
}

static void domain_add_for_all(struct check_domain *domain, const char *from,
                               const struct check_attempt *attempt)
{
    struct check_attempt added = *attempt;
    size_t kept = 0;
    size_t candidates = 0;
    for (size_t i = 0; i < domain->waiting_count; i++)
        candidates += may_be_for(domain->waiting[i], from, attempt) ? 1 : 0;
    added.shared = candidates > 1;
    for (size_t i = 0; i < domain->waiting_count; i++) {
        struct check_delivery *delivery = domain->waiting[i];
        if (!check_delivery_is_waiting(delivery))
            continue;
        domain->waiting[kept++] = delivery;
        if (may_be_for(delivery, from, attempt))
            check_delivery_add_attempt(delivery, &added);
    }
    domain->waiting_count = kept;
}

void check_delivery_add_for_all(struct check_collector *c, const char *server, const char *from,
                                const struct check_attempt *attempt)
{
    for (struct map_entry *entry = map_first(&c->domains); entry != NULL; entry = map_next(entry)) {
        struct check_domain *domain = map_value(entry);
        if (domain->waiting_count == 0)
            continue;
        if (check_route_judge(&c->route, domain->recipient, server) == CHECK_ROUTE_RIGHT)
            domain_add_for_all(domain, from, attempt);
    }
}

/* ---- submission */

static void domain_add(struct check_collector *c, struct check_delivery *delivery)
{
    const char *at = strrchr(delivery->to, '@');
    if (at == NULL)
        return;
    char *name = mem_text_copy(at + 1);
    text_to_lower(name);
    struct check_domain *domain = map_get_text(&c->domains, name);
    if (domain == NULL) {
        domain = mem_alloc(sizeof *domain);
        domain->recipient = delivery->to;
        map_set_text(&c->domains, name, domain);
    }
    free(name);
    domain->waiting =
        check_collect_room(domain->waiting, domain->waiting_count, sizeof(struct check_delivery *));
    domain->waiting[domain->waiting_count++] = delivery;
}

void check_delivery_index(struct check_collector *c, const char *message,
                          struct check_delivery *delivery)
{
    if (message[0] != '\0')
        check_index_set(&c->history->index, message, delivery);
}

struct check_delivery *check_delivery_add(struct check_collector *c, const char *message,
                                          const char *from, const char *to)
{
    struct check_history *h = c->history;
    struct check_delivery *delivery = arena_alloc(c->arena, sizeof *delivery);
    delivery->message = check_collect_keep(c, message);
    delivery->from = check_collect_keep(c, from);
    delivery->to = check_collect_keep(c, to);
    delivery->submitted_us = c->at_us;
    delivery->submit_seq = c->seq;
    delivery->accepted_us = -1;
    delivery->deleted_us = -1;
    delivery->refusal = "";
    check_delivery_index(c, delivery->message, delivery);
    struct check_delivery *first = check_delivery_first(c, to);
    if (first == NULL) {
        check_index_set(&c->recipients, "", delivery);
        first = delivery;
    } else {
        first->last_same->next_same = delivery;
    }
    first->last_same = delivery;
    domain_add(c, delivery);
    h->deliveries = check_collect_room(h->deliveries, h->delivery_count, sizeof *h->deliveries);
    h->deliveries[h->delivery_count++] = delivery;
    return delivery;
}

struct check_delivery *check_delivery_first(const struct check_collector *c, const char *recipient)
{
    return check_index_find(&c->recipients, "", recipient);
}

struct check_delivery *check_delivery_guess(const struct check_collector *c, const char *from,
                                            const char *recipient)
{
    struct check_delivery *one = check_delivery_first(c, recipient);
    struct check_delivery *best = NULL;
    int best_rank = -1;
    for (; one != NULL; one = one->next_same) {
        /* A server may rewrite the reverse-path (VERP, SRS): that is only the second choice. */
        int rank = (check_delivery_is_waiting(one) ? 2 : 0) +
                   (slice_equal_nocase(slice_of(one->from), slice_of(from)) ? 1 : 0);
        if (rank > best_rank || (rank == best_rank && check_delivery_last_try_us(one) <
                                                          check_delivery_last_try_us(best))) {
            best = one;
            best_rank = rank;
        }
    }
    return best;
}

/* Handed in: a second time only if the first try did not end in an acceptance. */
static void on_submit(struct check_collector *c, const cJSON *event)
{
    const char *message = event_text(event, "message");
    bool by_client = event_text(event, "client")[0] != '\0';
    bool is_new = true;
    const cJSON *to = NULL;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        const char *recipient = cJSON_GetStringValue(to);
        if (recipient == NULL)
            continue;
        struct check_delivery *known = check_delivery_find(c, message, recipient);
        if (known == NULL) {
            check_delivery_add(c, message, event_text(event, "from"), recipient)->by_client =
                by_client;
        } else {
            known->refused = false;
            is_new = false;
        }
    }
    /* A client may hand in one message for different recipients, time after time. */
    if (by_client)
        is_new = map_set_text(&c->messages, message, c) == NULL;
    c->history->submitted_count += is_new ? 1 : 0;
}

/* What is known of the event's message to the recipient `to`; NULL if nothing is. */
static struct check_delivery *delivery_to(struct check_collector *c, const cJSON *event,
                                          const cJSON *to)
{
    const char *recipient = cJSON_GetStringValue(to);
    if (recipient == NULL)
        return NULL;
    return check_delivery_find(c, event_text(event, "message"), recipient);
}

static void on_accepted(struct check_collector *c, const cJSON *event)
{
    const cJSON *to = NULL;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        struct check_delivery *delivery = delivery_to(c, event, to);
        if (delivery == NULL)
            continue;
        delivery->accepted_us = c->at_us;
        delivery->refused = false;
    }
}

static void on_refused(struct check_collector *c, const cJSON *event)
{
    const cJSON *to = NULL;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        struct check_delivery *delivery = delivery_to(c, event, to);
        if (delivery == NULL || delivery->accepted_us >= 0)
            continue;
        delivery->refused = true;
        delivery->refusal_code = (int)event_int(event, "code", 0);
        delivery->refusal = check_collect_text(c, event, "text");
        delivery->submit_seq = c->seq;
    }
}

/* The server may have the message although nobody was told: what comes next is a second one. */
static void on_broken(struct check_collector *c, const cJSON *event)
{
    const cJSON *to = NULL;
    if (strcmp(event_text(event, "stage"), "data-end") != 0)
        return;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        struct check_delivery *delivery = delivery_to(c, event, to);
        if (delivery != NULL)
            delivery->sent_again = true;
    }
}

static void note_deleted(struct check_collector *c, struct check_delivery *delivery)
{
    if (delivery != NULL && delivery->accepted_us >= 0 && check_delivery_is_waiting(delivery))
        delivery->deleted_us = c->at_us;
}

void check_delivery_on_delete(struct check_collector *c, const cJSON *event)
{
    const cJSON *to = NULL;
    for (size_t i = 0; event_bool(event, "all") && i < c->history->delivery_count; i++)
        note_deleted(c, c->history->deliveries[i]);
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        note_deleted(c, delivery_to(c, event, to));
    }
}

void check_delivery_on_submitter(struct check_collector *c, const cJSON *event)
{
    const char *kind = event_text(event, "kind");
    if (strcmp(kind, "submit") == 0)
        on_submit(c, event);
    else if (strcmp(kind, "accepted") == 0)
        on_accepted(c, event);
    else if (strcmp(kind, "refused") == 0)
        on_refused(c, event);
    else if (strcmp(kind, "broken") == 0)
        on_broken(c, event);
}
