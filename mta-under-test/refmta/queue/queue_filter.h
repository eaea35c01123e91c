/*
 * Which recipients an operator means: words with a blank between them, all of which must fit.
 *
 *     13a4f20b7c001        a queue id
 *     domain=x.test        the recipient's domain (a word with a dot alone means the same)
 *     sender=a@s.test      the reverse-path; "sender=@s.test": any of that domain; "sender=<>"
 *     older=2h newer=1d    since its receipt
 *     reason=4.7           stands in the last reply or reason
 *     held                 held by an operator or by policy
 *     all                  everything: so that nobody deletes a queue by forgetting a word
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/queue/message.h"

struct queue_filter {
    struct slice words; /* what it was read from; borrowed */
    bool is_all;        /* "all" was said */
    bool has_id;
    bool must_be_held;
    uint64_t id;
    struct slice domain; /* data NULL: any; the same for these */
    struct slice sender;
    struct slice reason;
    int64_t older_us; /* 0: any */
    int64_t newer_us; /* INT64_MAX: any */
};

/* -1 with a text that says which word is none. An empty text means everything, without `is_all`. */
int queue_filter_from_text(struct slice text, struct queue_filter *filter,
                           struct err *err) MUST_CHECK;

/* Whether a word was given that narrows it, or "all". */
bool queue_filter_is_meant(const struct queue_filter *filter);

bool queue_filter_fits(const struct queue_filter *filter, const struct message *message,
                       const struct message_recipient *recipient, int64_t now_us);
