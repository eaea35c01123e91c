/*
 * Reads delivery status notifications (RFC 3464 inside multipart/report, RFC 6522), as a simulated
 * inbox receives them; and those that are a text for people, which RFC 5321 3.6.3 still allows.
 */
#pragma once

#include "mta-under-test/base/arena.h"

enum { DSN_RECIPIENTS_MAX = 1000 };

/* Fields as they stand, without the type in front ("rfc822;", "dns;"); "" if absent. */
struct dsn_recipient {
    const char *recipient; /* Final-Recipient */
    const char *original_recipient;
    const char *action; /* failed, delayed, delivered, relayed, expanded; lower case */
    const char *status; /* 5.1.1 */
    const char *diagnostic;
    const char *remote_mta;
};

struct dsn {
    const char *reporting_mta;
    struct dsn_recipient *recipients;
    size_t recipient_count;
    const char *message; /* X-Mailrange-Id of the returned message or header; "" */
};

/* True if `message` is a notification with at least one recipient. Texts are in `arena`. */
bool dsn_parse(struct slice message, struct arena *arena, struct dsn *dsn) MUST_CHECK;

/* True if the text of `message` names addresses in angle brackets, and after them quotes the header
 * of a message of the scenario: then these are its recipients, failed, with nothing else known.
 * For mail with the null reverse-path that is no report. */
bool dsn_parse_prose(struct slice message, struct arena *arena, struct dsn *dsn) MUST_CHECK;
