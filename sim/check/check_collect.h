/*
 * The state while a history is put together, shared by the files that read events. Only for this
 * folder.
 */
#pragma once

#include <cjson/cJSON.h>

#include "sim/check/check_history.h"
#include "sim/check/check_policy.h"
#include "sim/check/check_route.h"

/* Deliveries to one domain that may still be waiting. */
struct check_domain {
    const char *recipient; /* any one of it, as check_route.h asks for */
    struct check_delivery **waiting;
    size_t waiting_count;
};

struct check_collector {
    struct check_history *history;
    struct arena *arena; /* the history's */
    bool smart_host;
    bool handed_in_unseen; /* the scenario sends nothing: mail comes from a command of `exec` */
    bool keeps_log;        /* an expectation asks for lines of the server's log */
    struct check_route route;
    struct check_policies policies;
    struct check_index recipients; /* the first struct check_delivery to each */
    struct map messages;           /* ids that clients handed in */
    struct map domains;            /* struct check_domain */
    struct map hosts;              /* struct check_host */
    struct map rules;              /* struct check_rule by "host\nrule" */
    struct map sessions;           /* struct check_session, while they are open */
    struct map texts;              /* that were kept lately, for those that come again */
    const struct check_auth *auth; /* the one that was read last */
    /* Of the event at hand. */
    int64_t at_us;
    int64_t seq;
};

/* A text that lives as long as the history: the same one where it was kept before, since words,
 * names of hosts and reasons come again with each message. */
const char *check_collect_keep(struct check_collector *c, const char *text);
/* A text of the event at hand, kept. */
const char *check_collect_text(struct check_collector *c, const cJSON *event, const char *key);
/* Room for one more in an array that doubles. */
void *check_collect_room(void *array, size_t count, size_t size) MUST_CHECK;

struct check_incident *check_collect_incident(struct check_collector *c,
                                              struct check_incidents *incidents, const char *what);
void check_collect_moment(struct check_collector *c, struct check_moments *moments,
                          const char *session);

/* ---- deliveries (check_delivery.c) */

void check_delivery_on_submitter(struct check_collector *c, const cJSON *event);
/* An operator had mail deleted: an "order" event that went well. */
void check_delivery_on_delete(struct check_collector *c, const cJSON *event);
/* The delivery of a message to a recipient, NULL if there is none. */
struct check_delivery *check_delivery_find(const struct check_collector *c, const char *message,
                                           const char *recipient);
/* The first one to this recipient; the others follow by `next_same`. NULL if there is none. */
struct check_delivery *check_delivery_first(const struct check_collector *c, const char *recipient);
/* The one whose turn it was when `from` tried `recipient`; NULL if nobody asked for that. */
struct check_delivery *check_delivery_guess(const struct check_collector *c, const char *from,
                                            const char *recipient);
/* When it was tried last; -1 = never. */
int64_t check_delivery_last_try_us(const struct check_delivery *delivery);
/* A new one, from now on found by its message and recipient. */
struct check_delivery *check_delivery_add(struct check_collector *c, const char *message,
                                          const char *from, const char *to);
/* Has it found under this name of its message, which is kept, and no other; "" is no name. */
void check_delivery_index(struct check_collector *c, const char *message,
                          struct check_delivery *delivery);
void check_delivery_add_attempt(struct check_delivery *delivery,
                                const struct check_attempt *attempt);
/* Adds it to every message that waits for a recipient at the address `server`; only those of the
 * reverse-path `from` if it is not NULL. */
void check_delivery_add_for_all(struct check_collector *c, const char *server, const char *from,
                                const struct check_attempt *attempt);

/* ---- sessions at the simulated hosts (check_session.c) */

void check_session_on_mx(struct check_collector *c, const cJSON *event);
void check_session_free(void *session);

/* ---- mail that is heard of only at the hosts (check_unseen.c) */

/* Whose try it was that ended in `attempt`, a refusal; NULL for what is no mail of a sender. */
struct check_delivery *check_unseen_tried(struct check_collector *c, const char *from,
                                          const char *recipient,
                                          const struct check_attempt *attempt);
/* Which message it is that a host took for `recipient`, by the `accepted` event. */
struct check_delivery *check_unseen_accepted(struct check_collector *c, const cJSON *event,
                                             const char *recipient);
/* Which one a notification to its sender `from` is about. */
struct check_delivery *check_unseen_noticed(struct check_collector *c, const char *from,
                                            const char *recipient);

/* ---- what hosts accepted (check_accepted.c) */

struct check_session;

/* The message of an `accepted` event into the deliveries; `attempt` has what the session knows. */
void check_accepted_note(struct check_collector *c, const cJSON *event,
                         const struct check_attempt *attempt, const struct check_copy *copy);
/* The host of an `accepted` event took it in clear: may it have been sent so? */
void check_accepted_in_clear(struct check_collector *c, const cJSON *event);
/* The mail that was just taken for `mailbox` is a report that the mailbox is there for: no message
 * of the scenario explains it, but its domain asks for it. */
void check_accepted_asked(struct check_collector *c, const char *mailbox);
