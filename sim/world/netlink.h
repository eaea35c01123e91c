/*
 * The little of rtnetlink (rtnetlink(7)) that a world needs: messages are collected, sent together
 * and acknowledged one by one. A socket belongs to the network namespace in which it was opened, so
 * one process can set up two namespaces by holding a socket of each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mta-under-test/base/err.h"

enum { NETLINK_BATCH_BYTES = 16 * 1024, NETLINK_MESSAGE_BYTES_MAX = 1024, NETLINK_BATCH_MAX = 128 };

struct netlink {
    int fd;
    uint32_t seq;
    size_t used;
    size_t message; /* where the open message starts */
    uint32_t first_seq;
    const char *labels[NETLINK_BATCH_MAX]; /* what each waiting message is for */
    unsigned count;
    _Alignas(8) char batch[NETLINK_BATCH_BYTES];
};

int netlink_open(struct netlink *netlink, struct err *err) MUST_CHECK;
void netlink_close(struct netlink *netlink);

/* Starts a request of `type` with its fixed header. `label` says in an error what it was for; it
 * must live until the flush. Sends what waits first if there is no room left. */
int netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags, const char *label,
                  struct err *err) MUST_CHECK;
void netlink_add(struct netlink *netlink, const void *data, size_t len);
void netlink_attribute(struct netlink *netlink, uint16_t type, const void *data, size_t len);
void netlink_attribute_u32(struct netlink *netlink, uint16_t type, uint32_t value);
void netlink_attribute_text(struct netlink *netlink, uint16_t type, const char *text);
/* An attribute that holds attributes: the mark that nest_begin gives goes to nest_end. */
size_t netlink_nest_begin(struct netlink *netlink, uint16_t type);
void netlink_nest_end(struct netlink *netlink, size_t mark);
void netlink_end(struct netlink *netlink);

/* Sends all and reads the acknowledgements; -1 with the label of the first that was refused. */
int netlink_flush(struct netlink *netlink, struct err *err) MUST_CHECK;
