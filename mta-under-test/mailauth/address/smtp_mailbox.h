/*
 * The Mailbox of RFC 5321 section 4.1.2, as it stands in MAIL FROM and RCPT TO: exact, with no
 * comments, no folding, no obsolete forms, and with the length limits of section 4.5.3.1.
 */
#pragma once

#include "mta-under-test/base/slice.h"

enum {
    SMTP_MAILBOX_LOCAL_PART_BYTES_MAX = 64, /* 4.5.3.1.1 */
    SMTP_MAILBOX_DOMAIN_BYTES_MAX = 255,    /* 4.5.3.1.2 */
    SMTP_MAILBOX_BYTES_MAX = 254            /* 4.5.3.1.3: a path of 256 with its angle brackets */
};

enum smtp_mailbox_reason {
    SMTP_MAILBOX_VALID,
    SMTP_MAILBOX_EMPTY,
    SMTP_MAILBOX_NO_AT,
    SMTP_MAILBOX_BAD_LOCAL_PART,
    SMTP_MAILBOX_LONG_LOCAL_PART,
    SMTP_MAILBOX_BAD_DOMAIN,
    SMTP_MAILBOX_LONG_DOMAIN,
    SMTP_MAILBOX_LONG_LABEL,
    SMTP_MAILBOX_BAD_LITERAL,
    SMTP_MAILBOX_LONG,
    SMTP_MAILBOX_NOT_ASCII /* characters that need SMTPUTF8 */
};

const char *smtp_mailbox_reason_name(enum smtp_mailbox_reason reason);

struct smtp_mailbox {
    struct slice local_part; /* as written, quotes included */
    struct slice domain;     /* as written; a literal with its brackets */
    bool is_quoted;
    bool is_literal;
};

/* Reads the whole text. `allows_utf8`: also what RFC 6531 section 3.3 adds (UTF-8 in the
 * local-part, U-labels in the domain). */
enum smtp_mailbox_reason smtp_mailbox_parse(struct slice text, bool allows_utf8,
                                            struct smtp_mailbox *mailbox);
