/*
 * Reports about mail that come to a policy host or a mailbox: TLS reports (RFC 8460) and DMARC
 * aggregate reports (RFC 9990), read and judged. A report that breaks its RFC is taken all the
 * same; what is wrong stands in the event `report`.
 */
#pragma once

#include "sim/event/event_log.h"
#include "sim/policy/policy_model.h"

/* How a report came. */
struct policy_delivery {
    enum policy_report_kind kind;
    const char *domain;  /* that it should be about */
    const char *via;     /* "https" or "mail" */
    const char *to;      /* host or mailbox */
    struct slice type;   /* Content-Type */
    struct slice bytes;  /* as sent, compressed or not */
    const char *problem; /* with the message around it, a constant text; NULL if there is none */
};

/* Writes the event; true if the report is right. `log` may be NULL. */
bool policy_report_take(struct event_log *log, const struct policy_delivery *delivery);

/* Looks through a message that a simulated host accepted for a report, and takes it; a message
 * without one is a report that is wrong. */
void policy_report_take_mail(struct event_log *log, const struct policy_mailbox *mailbox,
                             struct slice message);
