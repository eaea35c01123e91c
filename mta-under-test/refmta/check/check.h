/*
 * What a message from a stranger is: the checks of mailauth (iprev, HELO, blocklists, SPF, DKIM,
 * ARC, DMARC) in one run, and the Authentication-Results field that tells of them. No I/O: it asks
 * for names, and goes on when they are known:
 *
 *     while (!check_run(check))
 *         while (check_next_question(check, &question)) look it up, then check_answer()
 *
 * What is known before the content (iprev, HELO, blocklists, SPF) can be asked for at RCPT already:
 * without content these checks are made, and all others when check_add_content() has brought it.
 *
 * It does not know the server's own types of DNS and addresses, since those of mailauth have the
 * same names.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"

struct check;
struct dmarc_report; /* mailauth/dmarc/dmarc_report.h */

enum { CHECK_ZONES_MAX = 20, CHECK_RECORDS_MAX = 100 };

/* Borrowed until check_free(). */
struct check_request {
    const char *client; /* address, as text */
    const char *helo;
    const char *sender;   /* "" for the null reverse-path */
    const char *hostname; /* ours: authserv-id */
    struct slice content; /* without the fields that we add; data NULL: it has not come yet */
    int64_t now_us;
    uint64_t seed;
    const char *const *zones; /* of blocklists */
    size_t zone_count;
};

/* NULL if the message or the address cannot be read at all. */
struct check *check_new(const struct check_request *request) MUST_CHECK;
void check_free(struct check **check);

/* The content has come; it, the time and the seed stand in place of those of the request: the rest
 * is checked by the next check_run(). False if it cannot be read at all. */
bool check_add_content(struct check *check, struct slice content, int64_t now_us,
                       uint64_t seed) MUST_CHECK;

/* True when all is known; false when there are questions. */
bool check_run(struct check *check) MUST_CHECK;

struct check_question {
    unsigned type; /* as in DNS: 1 is A */
    const char *name;
};

bool check_next_question(struct check *check, struct check_question *question);

enum check_status { CHECK_FOUND, CHECK_NO_DATA, CHECK_NO_NAME, CHECK_FAILED };

struct check_record {
    const char *host; /* MX, PTR */
    uint16_t preference;
    const uint8_t *address; /* A, AAAA */
    struct slice text;      /* TXT */
};

void check_answer(struct check *check, const struct check_question *question,
                  enum check_status status, const struct check_record *records, size_t count);

/* The results, as words: "pass", "fail", "listed" ... Valid until check_free(). */
const char *check_iprev(const struct check *check);
const char *check_helo(const struct check *check);
/* "listed", "not-listed", "refused" (127.255.255.x: it says nothing of the client), "broken" ... */
const char *check_dnsbl(const struct check *check, size_t zone);
const char *check_spf(const struct check *check);
const char *check_dkim(const struct check *check);
const char *check_arc(const struct check *check);
/* "pass", "none", or for a failure what the author domain asks for: "monitor", "quarantine",
 * "reject". */
const char *check_dmarc(const struct check *check);

/* The field that tells what our policy thought of a message. */
#define CHECK_POLICY_FIELD "X-Policy"

/* Writes the Authentication-Results field, `fields`, and behind them the message without those that
 * pretend to be ours (RFC 8601 5): Authentication-Results of our name, and CHECK_POLICY_FIELD. */
void check_write(const struct check *check, struct buf *out, struct slice fields);

/*
 * What DMARC found in the message, for an aggregate report: the policy that was published, and one
 * row of count 1. `done` is what became of the message: "none", "quarantine" or "reject". Texts
 * live as long as the check and the arena. False: its domain asks for no reports, or the message is
 * itself one (else two servers would report on each other's reports for ever).
 */
bool check_dmarc_report(const struct check *check, const char *done, struct arena *arena,
                        struct dmarc_report *report) MUST_CHECK;

/*
 * Another kind of check: where the aggregate reports about a domain go (RFC 7489 7.1, RFC 9990 3),
 * by its own record and the consent of destinations elsewhere. Asks and is answered as the others
 * are. `domain` is where the policy was found; it is borrowed.
 */
struct check *check_new_targets(const char *domain) MUST_CHECK;

struct check_target {
    const char *address;
    uint64_t bytes_max;  /* of a report; 0: any */
    const char *problem; /* why none may go there; NULL: it may */
    bool is_temporary;   /* the problem may go away */
};

/* Fills in at most `max`, with addresses in the arena. With none, *failed says whether that is for
 * a failure of DNS. */
size_t check_targets(const struct check *check, struct arena *arena, struct check_target *targets,
                     size_t max, bool *failed);
