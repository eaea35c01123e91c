/*
 * What is ready for one destination, in the order in which it is to be tried: higher priority first
 * (RFC 6710), and within one priority the senders by turns, so that a newsletter of a hundred
 * thousand does not stand in front of a password reset. Senders are told apart by a hash of their
 * domain into a few lanes (stochastic fair queueing): two that meet in one lane share its turns.
 * Within a lane the order is that of arrival.
 */
#pragma once

#include "mta-under-test/base/list.h"
#include "mta-under-test/base/slice.h"

enum { FAIR_PRIORITY_MAX = 9, FAIR_CLASSES = 2 * FAIR_PRIORITY_MAX + 1, FAIR_LANES = 16 };

struct fair_class;

/* The caller's storage; all zero is an empty list. The links are the elements' own. */
struct fair_list {
    struct fair_class **classes; /* one for each priority; NULL while the list is empty */
    size_t count;
};

/* `priority` is that of the message, -9 to 9; `sender` its reverse-path. */
void fair_list_add(struct fair_list *list, struct list *link, struct slice sender, int priority);
/* The next one taken out, or NULL. */
struct list *fair_list_take(struct fair_list *list);
/* Takes out each element for which `wants` is true, to the end of `out`. */
void fair_list_choose(struct fair_list *list, bool (*wants)(void *arg, struct list *link),
                      void *arg, struct list *out);
