/*
 * The Mailbox of RFC 5321 section 4.1.2, as it stands in MAIL FROM and RCPT TO: exact, with no
 * comments, no folding, no obsolete forms, and with the length limits of section 4.5.3.1.
 */
#pragma once

#include "mta-under-test/base/slice.h"

enum {
    MAILBOX_LOCAL_PART_BYTES_MAX = 64, /* 4.5.3.1.1 */
    MAILBOX_DOMAIN_BYTES_MAX = 255,    /* 4.5.3.1.2 */
    MAILBOX_BYTES_MAX = 254            /* 4.5.3.1.3: a path of 256 with its angle brackets */
};

enum mailbox_reason {
    MAILBOX_VALID,
    MAILBOX_EMPTY,
    MAILBOX_NO_AT,
    MAILBOX_BAD_LOCAL_PART,
    MAILBOX_LONG_LOCAL_PART,
    MAILBOX_BAD_DOMAIN,
    MAILBOX_LONG_DOMAIN,
    MAILBOX_LONG_LABEL,
    MAILBOX_BAD_LITERAL,
    MAILBOX_LONG,
    MAILBOX_NOT_ASCII /* characters that need SMTPUTF8 */
};

const char *mailbox_reason_name(enum mailbox_reason reason);

struct mailbox {
    struct slice local_part; /* as written, quotes included */
    struct slice domain;     /* as written; a literal with its brackets */
    bool is_quoted;
    bool is_literal;
};

/* Reads the whole text. `allows_utf8`: also what RFC 6531 section 3.3 adds (UTF-8 in the
 * local-part, U-labels in the domain). */
enum mailbox_reason mailbox_parse(struct slice text, bool allows_utf8, struct mailbox *mailbox);

/* Only the domain (a name or an address literal). */
enum mailbox_reason mailbox_parse_domain(struct slice text, bool allows_utf8);
