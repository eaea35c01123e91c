/*
 * Which way the recipients of a message go, as the name of a destination, which is what the queue
 * groups by: "DOMAIN" for its MX hosts, the smart host, or "relay:NAME"; with "#POOL" behind it
 * where a rule names the addresses to send from. Two ways lead nowhere outside: "suppressed:KIND"
 * for who gets no more mail, "feedback:" for bounces and complaints that come back to us. Neither
 * ":" nor "#" can stand in a domain.
 */
#pragma once

#include "mta-under-test/refmta/queue/queue.h"

enum { QUEUE_WAY_BYTES = 512 };

#define QUEUE_WAY_SUPPRESSED "suppressed:"
#define QUEUE_WAY_FEEDBACK "feedback:"

/* For all recipients of one message; the caller's storage. */
struct queue_way {
    const struct queue *queue;
    const struct message *message;
    char *head; /* of the content, for rules over the header; NULL: no rule asks for it */
    size_t head_len;
};

void queue_way_open(struct queue_way *way, const struct queue *queue,
                    const struct message *message);
void queue_way_close(struct queue_way *way);
/* Returns `name`. */
const char *queue_way_of(const struct queue_way *way, uint32_t index, char name[QUEUE_WAY_BYTES]);
