/*
 * Notices when somebody sends as he never did: a stolen account. Counted by hour for each sender
 * are recipients, recipients that he never wrote to, hard bounces and complaints; each is held
 * against his own history.
 *
 * The history of a count is the exponentially weighted mean and variance (weight 0.2 for the
 * latest) over the hours in which he sent anything. Past
 *
 *     limit = max(floor, mean + 6 * max(deviation, sqrt(mean)))
 *
 * there is an alarm, at most one for each count and hour. The square root is the deviation of a
 * Poisson process: who sends exactly 100 each hour may send 160. Who has fewer than 5 hours of
 * history has ten times the floor as his limit. Bounces also must be a tenth of the recipients.
 *
 * The history is in a file, written every ten minutes, at an alarm and at the end. Who was written
 * to is a bit set (8 KiB a sender, three hashes) that is not: behind a restart new recipients count
 * only when 5 hours of mail have filled it. Past some 10,000 recipients it takes the new for known.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct sender_watch;

enum sender_count {
    SENDER_RECIPIENTS,
    SENDER_NEW_RECIPIENTS, /* counted with SENDER_RECIPIENTS */
    SENDER_BOUNCES,
    SENDER_COMPLAINTS,
};

enum { SENDER_COUNTS = 4 };

struct sender_watch_options {
    const char *path;
    unsigned floors[SENDER_COUNTS];
    int64_t hold_us; /* behind an alarm his mail is held for so long; 0: never */
};

struct sender_alarm {
    enum sender_count count;
    unsigned value; /* in this hour so far */
    double mean;    /* of his history */
    double limit;
};

/* NULL with a text. */
struct sender_watch *sender_watch_open(const struct sender_watch_options *options, int64_t now_us,
                                       struct err *err) MUST_CHECK;
void sender_watch_close(struct sender_watch **watch);

/* One recipient, bounce or complaint. True with the alarm that it raises. */
bool sender_watch_note(struct sender_watch *watch, enum sender_count count, const char *sender,
                       const char *recipient, int64_t now_us,
                       struct sender_alarm *alarm) MUST_CHECK;

/* Whether his mail is to be held. */
bool sender_watch_holds(const struct sender_watch *watch, const char *sender, int64_t now_us);

/* "recipients", "new-recipients", "bounces", "complaints". */
const char *sender_count_name(enum sender_count count);
