/*
 * Addresses that get no more mail from us: since it bounced for good, since somebody complained, or
 * since somebody unsubscribed. The three are kept apart, each with its own time to live: a mailbox
 * may come back, a complaint does not. Kept in a file to which changes are appended; it is written
 * anew, without what has run out, when it is opened.
 *
 * The file has a line for each entry: "KIND MICROSECONDS ADDRESS REASON", where REASON is the rest
 * of the line.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/message/reason.h"

struct suppression;

enum suppression_kind { SUPPRESSION_BOUNCE, SUPPRESSION_COMPLAINT, SUPPRESSION_UNSUBSCRIBE };
enum { SUPPRESSION_KINDS = 3 };

struct suppression_options {
    const char *path;
    int64_t life_us[SUPPRESSION_KINDS]; /* 0: for ever */
};

/* NULL with a text. Lines that are none are left out. */
struct suppression *suppression_open(const struct suppression_options *options, int64_t now_us,
                                     struct err *err) MUST_CHECK;
void suppression_close(struct suppression **suppression);

/* Adds the address, or makes its entry of that kind new. -1: it is kept in memory, but not in the
 * file. */
int suppression_add(struct suppression *suppression, enum suppression_kind kind,
                    const char *address, const char *reason, int64_t now_us, struct err *err);

/* Why the address gets no mail: the strictest kind that holds. False: it may. Who has unsubscribed
 * wants no more newsletters, but may still want the invoices: that counts for bulk mail only. */
bool suppression_find(const struct suppression *suppression, const char *address, bool is_bulk,
                      int64_t now_us, enum suppression_kind *kind);

/* A refusal that says that the mailbox is not there and will not be (RFC 3463 5.1.x, 5.2.1), as
 * against one of this message or of ourselves. */
bool suppression_is_hard(const struct reason *reason);

/* "hard-bounce", "complaint", "unsubscribe". */
const char *suppression_kind_name(enum suppression_kind kind);
