/*
 * Mail that nobody announced: a command of `exec` hands it in, and it is first heard of when a host
 * is asked to take it. Which refusals and acceptances belong to one message has to be told from
 * what the hosts saw:
 *
 * A message is its Message-ID (RFC 5322 section 3.6.4: "uniquely identifies"): the same one taken
 * twice is a duplicate, two of them are two messages, however alike the rest is. Mail without one
 * cannot be told from its copy; the same content is the same message only if the host's final reply
 * to the one before was lost, so that its client had to send it again.
 *
 * A refusal tells no Message-ID. It counts for the message that was tried longest ago, unless that
 * one was refused by the same server a moment ago: no client is so quick, so there are more.
 */
#include "sim/check/check_collect.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* Sooner than this after a refusal no client tries the same server with the same message again. */
#define UNSEEN_MOMENT_US TIME_SECOND

static bool is_refused_just_now(const struct check_delivery *delivery,
                                const struct check_attempt *attempt)
{
    if (delivery->attempt_count == 0)
        return false;
    const struct check_attempt *last = &delivery->attempts[delivery->attempt_count - 1];
    return last->code >= 400 && attempt->at_us - last->end_us < UNSEEN_MOMENT_US &&
           strcmp(last->server, attempt->server) == 0;
}

/* The waiting one that was tried longest ago; `attempt` may be NULL: then it is about mail without
 * a name, and none of those letters of a client that have one. */
static struct check_delivery *waiting_one(const struct check_collector *c, const char *from,
                                          const char *recipient,
                                          const struct check_attempt *attempt)
{
    struct check_delivery *best = NULL;
    struct check_delivery *one = check_delivery_first(c, recipient);
    for (; one != NULL; one = one->next_same) {
        if (!check_delivery_is_waiting(one) ||
            !slice_equal_nocase(slice_of(one->from), slice_of(from)) ||
            (attempt != NULL ? is_refused_just_now(one, attempt) : one->by_client))
            continue;
        if (best == NULL || check_delivery_last_try_us(one) < check_delivery_last_try_us(best))
            best = one;
    }
    return best;
}

static struct check_delivery *new_one(struct check_collector *c, const char *from,
                                      const char *recipient)
{
    struct check_delivery *delivery = check_delivery_add(c, "", from, recipient);
    delivery->accepted_us = c->at_us;
    return delivery;
}

struct check_delivery *check_unseen_tried(struct check_collector *c, const char *from,
                                          const char *recipient,
                                          const struct check_attempt *attempt)
{
    /* What has the null reverse-path is a notification of the server, not mail of the command. */
    if (from[0] == '\0')
        return NULL;
    struct check_delivery *delivery = waiting_one(c, from, recipient, attempt);
    return delivery != NULL ? delivery : new_one(c, from, recipient);
}

struct check_delivery *check_unseen_accepted(struct check_collector *c, const cJSON *event,
                                             const char *recipient)
{
    const char *from = event_text(event, "from");
    const char *id = event_text(event, "message-id");
    const char *name = id[0] != '\0' ? id : event_text(event, "digest");
    struct check_delivery *delivery = check_delivery_find(c, name, recipient);
    if (delivery != NULL && (id[0] != '\0' || delivery->copy_count == 0 ||
                             !delivery->copies[delivery->copy_count - 1].reply_sent))
        return delivery;
    if (from[0] == '\0')
        return NULL;
    delivery = waiting_one(c, from, recipient, NULL);
    if (delivery == NULL)
        delivery = new_one(c, from, recipient);
    delivery->message = arena_text(c->arena, id);
    check_delivery_index(c, arena_text(c->arena, name), delivery);
    return delivery;
}

struct check_delivery *check_unseen_noticed(struct check_collector *c, const char *from,
                                            const char *recipient)
{
    struct check_delivery *delivery = waiting_one(c, from, recipient, NULL);
    if (delivery == NULL)
        delivery = check_delivery_guess(c, from, recipient);
    return delivery != NULL ? delivery : new_one(c, from, recipient);
}
