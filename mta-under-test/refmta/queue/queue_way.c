#include "mta-under-test/refmta/queue/queue_way.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_private.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

enum { HEAD_BYTES_MAX = 64 << 10 };

static bool any_asks_for_header(const struct routing_rules *rules)
{
    for (size_t i = 0; rules != NULL && i < rules->rule_count; i++)
        if (rules->rules[i].header != NULL)
            return true;
    return false;
}

void queue_way_open(struct queue_way *way, const struct queue *queue, const struct message *message)
{
    *way = (struct queue_way){.queue = queue, .message = message};
    if (!any_asks_for_header(queue->config->routing_rules))
        return;
    uint32_t total = message->entry.content_len;
    size_t want = total < HEAD_BYTES_MAX ? total : HEAD_BYTES_MAX;
    way->head = mem_alloc(want);
    ssize_t got = queue_read(message, 0, way->head, want);
    way->head_len = got > 0 ? (size_t)got : 0;
}

void queue_way_close(struct queue_way *way)
{
    free(way->head);
    way->head = NULL;
}

/* The ways that lead nowhere outside; false for others. A notification is never held back: it is
 * the answer to somebody's own mail. */
static bool is_inside(const struct queue_way *way, const char *recipient,
                      char name[QUEUE_WAY_BYTES])
{
    const struct queue *queue = way->queue;
    enum suppression_kind kind = SUPPRESSION_BOUNCE;
    if (queue->suppression == NULL)
        return false;
    const struct config_domains *feedback_to = &queue->config->feedback_to;
    const struct config_unsubscribe *unsubscribe = &queue->config->unsubscribe;
    if (glob_matches_any(feedback_to->names, feedback_to->count, recipient)) {
        snprintf(name, QUEUE_WAY_BYTES, "%s", QUEUE_WAY_FEEDBACK);
        return true;
    }
    if (way->message->sender[0] == '\0' ||
        !suppression_find(
            queue->suppression, recipient,
            glob_matches_any(unsubscribe->senders, unsubscribe->sender_count, way->message->sender),
            time_now_us(), &kind))
        return false;
    snprintf(name, QUEUE_WAY_BYTES, "%s%s", QUEUE_WAY_SUPPRESSED, suppression_kind_name(kind));
    return true;
}

const char *queue_way_of(const struct queue_way *way, uint32_t index, char name[QUEUE_WAY_BYTES])
{
    const struct routing_rules *rules = way->queue->config->routing_rules;
    const char *recipient = way->message->recipients[index].address;
    if (is_inside(way, recipient, name))
        return name;
    const struct config *config = way->queue->config;
    if (config_is_local(config, message_domain(recipient))) {
        snprintf(name, QUEUE_WAY_BYTES, "%s%s", QUEUE_WAY_LOCAL, strrchr(recipient, '@') + 1);
        text_to_lower(name);
        return name;
    }
    struct slice domain =
        config->smart_host != NULL ? slice_of(config->smart_host) : message_domain(recipient);
    struct routing_facts facts = {.sender = way->message->sender,
                                  .recipient = recipient,
                                  .headers = slice_from(way->head, way->head_len)};
    const struct routing_rule *rule = rules != NULL ? routing_rules_find(rules, &facts) : NULL;
    if (rule != NULL && rule->relay != NULL)
        domain = slice_of(rule->relay->name);
    snprintf(name, QUEUE_WAY_BYTES, "%s%.*s%s%s",
             rule != NULL && rule->relay != NULL ? "relay:" : "", SLICE_ARG(domain),
             rule != NULL && rule->pool != NULL ? "#" : "",
             rule != NULL && rule->pool != NULL ? rule->pool->name : "");
    text_to_lower(name);
    return name;
}
