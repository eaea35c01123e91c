/*
 * Whether the sender is told what became of a recipient (RFC 3461 5.2, RFC 5321 4.5.5, RFC 3834;
 * RFC 5321 6.2 for mail whose sender is in doubt).
 * A pure function of the facts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct report_decision_facts {
    bool null_sender; /* the message is itself a report or the like */
    uint8_t notify;   /* ENVELOPE_NOTIFY_..., 0: not given */
    bool is_doubtful; /* SPF or DMARC failed: the sender is perhaps another */
    int kind;         /* enum dsn_kind */
};

enum report_verdict {
    REPORT_SEND,
    REPORT_NOT_WANTED,  /* the sender did not ask for this kind, or forbade it */
    REPORT_NULL_SENDER, /* there is nobody to tell: never a bounce to a bounce */
    REPORT_DOUBTFUL,    /* it would go to somebody whose name was forged */
    REPORT_TOO_MANY,    /* that sender has had enough of them (report_limit.h) */
};

/* Why none is sent, in words; "" for REPORT_SEND. */
const char *report_verdict_text(enum report_verdict verdict);

enum report_verdict report_decide(const struct report_decision_facts *facts);
