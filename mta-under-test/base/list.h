/*
 * An intrusive doubly linked list: the links stand inside the elements, so linking allocates
 * nothing and an element leaves in constant time. A head that was set up with list_init() is a
 * list; an element may be in one list for each link it has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The structure of type `type` whose member `member` is at `link`. */
#define LIST_ENTRY(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Walks the links; the current one may be removed inside the loop. */
#define LIST_EACH(link, head)                                                         \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
         link = link##_next, link##_next = link->next)

static inline void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_after(struct list *where, struct list *link)
{
    link->prev = where;
    link->next = where->next;
    where->next->prev = link;
    where->next = link;
}

static inline void list_push_back(struct list *head, struct list *link)
{
    list_insert_after(head->prev, link);
}

static inline void list_push_front(struct list *head, struct list *link)
{
    list_insert_after(head, link);
}

/* Takes it out; the link then is an empty list of its own, so removing twice does no harm. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* The first link taken out, or NULL. */
static inline struct list *list_pop_front(struct list *head)
{
    if (list_is_empty(head))
        return NULL;
    struct list *link = head->next;
    head->next = link->next;
    head->next->prev = head;
    list_init(link);
    return link;
}
