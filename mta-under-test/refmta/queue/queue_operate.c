#include "mta-under-test/refmta/queue/queue_operate.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_private.h"

#include "mta-under-test/base/poison.h"

/* The items that are meant, taken out of their places. */
struct choice {
    const struct queue_filter *filter;
    enum queue_action action;
    int64_t now_us;
    struct list items;
};

static bool is_meant(const struct choice *choice, const struct queue_item *item)
{
    bool is_held = item->due_us == MESSAGE_HELD_US;
    if (is_held ? choice->action == QUEUE_FLUSH || choice->action == QUEUE_HOLD
                : choice->action == QUEUE_RELEASE)
        return false;
    for (uint32_t i = 0; i < item->recipient_count; i++)
        if (!queue_filter_fits(choice->filter, item->message,
                               &item->message->recipients[item->recipients[i]], choice->now_us))
            return false;
    return true;
}

static bool wants(void *choice, struct list *link)
{
    return is_meant(choice, LIST_ENTRY(link, struct queue_item, link));
}

static void choose_held(struct queue *queue, struct choice *choice)
{
    LIST_EACH(link, &queue->held)
    {
        if (!wants(choice, link))
            continue;
        list_remove(link);
        list_push_back(&choice->items, link);
        queue->held_count--;
    }
}

/* The heap's order is no order for people; what is taken goes to the list in the order of arrival
 * as far as the heap has it. */
static void choose_waiting(struct queue *queue, struct choice *choice)
{
    struct list found;
    list_init(&found);
    for (size_t i = queue->waiting.count; i-- > 0;) {
        struct queue_item *item = queue->waiting.items[i];
        if (is_meant(choice, item))
            list_push_front(&found, &item->link);
    }
    for (struct list *link; (link = list_pop_front(&found)) != NULL;) {
        due_heap_remove(&queue->waiting, LIST_ENTRY(link, struct queue_item, link));
        list_push_back(&choice->items, link);
    }
}

static void choose(struct queue *queue, struct choice *choice)
{
    choose_waiting(queue, choice);
    choose_held(queue, choice);
    if (choice->action == QUEUE_FLUSH)
        return; /* what is ready is tried anyway */
    for (struct map_entry *at = map_first(&queue->destinations); at != NULL; at = map_next(at)) {
        struct queue_destination *destination = map_value(at);
        fair_list_choose(&destination->ready, wants, choice, &choice->items);
    }
}

/* A new due time for all its recipients, on the disk too. */
static void set_due(struct queue *queue, struct queue_item *item, int64_t due_us)
{
    struct store_commit *commit = store_commit_new();
    commit->must_succeed = true;
    item->due_us = due_us;
    for (uint32_t i = 0; i < item->recipient_count; i++) {
        struct message_recipient *recipient = &item->message->recipients[item->recipients[i]];
        recipient->due_us = due_us;
        record_update(&commit->meta, item->message->id, item->recipients[i], recipient);
    }
    store_submit(queue->store, commit);
}

static void end(struct queue *queue, struct queue_item *item, enum outcome_kind kind)
{
    struct queue_outcome *outcomes = mem_alloc_array(item->recipient_count, sizeof *outcomes);
    for (uint32_t i = 0; i < item->recipient_count; i++) {
        outcomes[i].kind = kind;
        reason_set(&outcomes[i].reason, "5.7.0", false, "", "%s by the operator of this server",
                   kind == OUTCOME_DROPPED ? "deleted" : "returned");
    }
    queue_settle(queue, item, outcomes);
    free(outcomes);
}

static void act(struct queue *queue, struct queue_item *item, const struct choice *choice)
{
    item->place = QUEUE_TAKEN;
    switch (choice->action) {
    case QUEUE_FLUSH:
        item->destination->blocked_until_us = 0;
        item->due_us = choice->now_us;
        queue_item_place(queue, item);
        return;
    case QUEUE_HOLD:
        set_due(queue, item, MESSAGE_HELD_US);
        queue_item_place(queue, item);
        return;
    case QUEUE_RELEASE:
        set_due(queue, item, choice->now_us);
        queue_item_place(queue, item);
        return;
    case QUEUE_DELETE:
        end(queue, item, OUTCOME_DROPPED);
        return;
    case QUEUE_BOUNCE:
        end(queue, item, OUTCOME_FAILED);
        return;
    }
}

size_t queue_operate(struct queue *queue, enum queue_action action,
                     const struct queue_filter *filter)
{
    queue_clock_follow(queue);
    struct choice choice = {.filter = filter, .action = action, .now_us = time_now_us()};
    size_t count = 0;
    list_init(&choice.items);
    choose(queue, &choice);
    for (struct list *link; (link = list_pop_front(&choice.items)) != NULL;) {
        struct queue_item *item = LIST_ENTRY(link, struct queue_item, link);
        count += item->recipient_count;
        act(queue, item, &choice);
    }
    queue_set_timer(queue);
    return count;
}
