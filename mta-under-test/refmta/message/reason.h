/*
 * Why a recipient was not delivered to, or was: what the other server said, or what we found. It is
 * kept with the recipient as one line of text and becomes the Status and Diagnostic-Code of a
 * report (RFC 3464 2.3.4, 2.3.6).
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum { REASON_STATUS_BYTES = 12, REASON_HOST_BYTES = 256, REASON_TEXT_BYTES = 512 };

struct reason {
    char status[REASON_STATUS_BYTES]; /* enhanced status code, "5.1.1" */
    bool said;                        /* `text` is a reply of `host` */
    char host[REASON_HOST_BYTES];     /* the other server, "" if none */
    char text[REASON_TEXT_BYTES];
};

/* Texts too long are cut; control characters become spaces. */
void reason_set(struct reason *reason, const char *status, bool said, const char *host,
                const char *format, ...) PRINTF_LIKE(5, 6);

/* As one line, which reason_from_text() reads again. */
void reason_to_text(const struct reason *reason, struct buf *out);
/* Any text is taken: what has not the form becomes the `text` of a reason without a status. */
void reason_from_text(struct slice text, struct reason *reason);

/* For people: "mx.example.org said: 550 5.1.1 No such user", or the text alone. */
void reason_to_sentence(const struct reason *reason, struct buf *out);
