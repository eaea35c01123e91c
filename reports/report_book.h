/*
 * The bookkeeping while an event log is read: what is looked up by name. Lives only as long as
 * that.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "reports/report_index.h"
#include "reports/report_model.h"
#include "reports/report_table.h"

enum {
    REPORT_PENDING_MAX = 5,        /* deliveries that one failed connection is counted for */
    REPORT_SCAN_MAX = 400,         /* looked at to find them */
    REPORT_TRANSACTION_MAX = 2000, /* recipients of one transaction */
};

/* A transaction that goes on at a simulated host. */
struct report_track {
    size_t session; /* index */
    char *from;
    char *last_text;    /* of its last refusal, or why TLS failed */
    size_t *recipients; /* indices of deliveries whose RCPT was accepted */
    size_t recipient_count;
    bool attempted; /* this session already stands in some delivery's attempts */
    bool taken;     /* the message of this transaction was accepted */
};

/* A recipient domain, with its deliveries in order. */
struct report_domain {
    uint32_t *deliveries;
    size_t count;
    size_t first_open; /* all before it have their end */
    /* The last connection that failed for more recipients than could be meant; the server's own log
     * then says for whom it was. */
    bool failed;
    struct report_attempt failure;
};

struct report_book {
    struct report_run *run;
    struct map tracks;              /* session id -> struct report_track */
    struct report_table messages;   /* by id */
    struct report_table exact;      /* deliveries by id and recipient */
    struct report_table recipients; /* deliveries by recipient */
    struct map domains;             /* domain -> struct report_domain */
    struct map host_domains;        /* host -> struct map of domains whose mail it takes */
    bool mta_was_ready;
    struct report_index rows; /* a finding, authentication row or gauge by its key -> index + 1 */
    struct report_finding *findings; /* that the log tells: the run's where it was not judged */
    size_t finding_count;
    size_t ended_count; /* of the sessions */
    int64_t log_at;     /* where the event at hand stands in the log */
    struct buf words;   /* put together of it */
};

void report_book_init(struct report_book *book, struct report_run *run);
void report_book_deinit(struct report_book *book);
void report_book_free_track(void *track);

/* A copy in the run's arena, cut at REPORT_TEXT_MAX. */
const char *report_book_text(struct report_book *book, const char *text);

/* The delivery of a message to a recipient, or the oldest open one of this recipient that has this
 * sender (`message` NULL); index + 1, 0 = none. `from` NULL = any sender. */
size_t report_book_find(const struct report_book *book, const char *message, const char *recipient);
size_t report_book_find_open(const struct report_book *book, const char *from,
                             const char *recipient);

size_t report_book_message(struct report_book *book, const char *id, const char *from);
size_t report_book_delivery(struct report_book *book, size_t message, const char *recipient);

/* Notes that a host takes mail for a domain, as an MX answer said. */
void report_book_link(struct report_book *book, const char *domain, const char *host);

void report_book_attempt(struct report_book *book, size_t delivery,
                         const struct report_attempt *attempt);
/* The same for the open deliveries that a connection to this host may have been for; `from` NULL =
 * any sender. Where these are more than a few, it is kept for report_book_logged(). */
void report_book_attempt_host(struct report_book *book, const char *host, const char *from,
                              const struct report_attempt *attempt);
/* The server's log says that this delivery was deferred: the connection that failed is its attempt,
 * or, where no host was reached, the log's line is. */
void report_book_logged(struct report_book *book, size_t delivery, int64_t at_us, const char *text);
void report_book_end(struct report_book *book, size_t delivery, enum report_end end, int64_t at_us);
void report_book_change(struct report_curve *curve, int64_t at_us, int32_t by);
