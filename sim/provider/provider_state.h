/*
 * The inside of a provider, for the files of this folder only.
 */
#pragma once

#include "sim/provider/provider.h"
#include "sim/provider/provider_record.h"

struct provider_listing {
    const struct provider_blocklist *list;
    struct address address; /* of IPv6 the /64 */
    int64_t hits;
    int64_t last_us;
    bool listed;
};

struct provider {
    const char *name; /* owned */
    struct provider_settings settings;
    uint64_t seed;
    struct map records;                  /* "ip 192.0.2.1" -> struct provider_record */
    struct map senders;                  /* author's domain -> struct provider_sender */
    struct map unsubscribed;             /* "recipient domain" -> int64_t since when */
    struct map listings;                 /* "blocklist address" -> struct provider_listing */
    struct provider_reaction *reactions; /* a heap, the earliest first; their texts are owned */
    size_t reaction_count;
    size_t reaction_size;
    struct provider_listener listener; /* may be empty */
    int64_t reported_day;              /* of the last `reputation` events */
    char reply[1024];
    struct address client; /* the last whose texts were asked for */
    char client_text[ADDRESS_TEXT_BYTES];
    char prefix_text[ADDRESS_TEXT_BYTES + 4];
};

/* An author's domain: is it a bulk sender, and what is said about it? */
struct provider_sender {
    int64_t day;
    int64_t today;
    bool is_bulk;
    struct provider_record *record; /* its complaints; of the kind DKIM, but not scored */
};

/* The text of a message's key, "" if it has none; valid until that of another client is asked for.
 */
const char *provider_key_text(struct provider *provider, const struct provider_mail *mail,
                              enum provider_key_kind kind);
/* The record of a key, with its days up to date; NULL for "". */
struct provider_record *provider_find(struct provider *provider, enum provider_key_kind kind,
                                      const char *key, int64_t now_us);
/* The domain that stands for who sends: the author's, or its organisation's. */
const char *provider_sender_domain(const struct provider *provider,
                                   const struct provider_mail *mail);
struct provider_sender *provider_find_sender(struct provider *provider, const char *domain,
                                             int64_t now_us);

/* ---- provider_readers.c */

/* The message lies in the inboxes: what its readers will do. */
void provider_readers_get(struct provider *provider, const struct provider_mail *mail);
/* What was to come by now has come. */
void provider_readers_react(struct provider *provider, int64_t now_us, struct event_log *log);
void provider_readers_free(struct provider *provider);

/* ---- provider_blocklist.c */

/* A recipient that may be a trap. */
void provider_blocklist_note(struct provider *provider, const struct provider_mail *mail,
                             const char *recipient, struct event_log *log);
/* The list that has the client, or NULL. */
const struct provider_blocklist *provider_blocklist_find(struct provider *provider,
                                                         const struct provider_mail *mail);

/* Ends the listings whose time is over; they are told. */
void provider_blocklist_expire(struct provider *provider, int64_t now_us, struct event_log *log);
/* When the next one ends; INT64_MAX = none is on. */
int64_t provider_blocklist_due_us(const struct provider *provider);

/* ---- provider_report.c */

void provider_report_verdict(const struct provider *provider, const struct provider_mail *mail,
                             const struct provider_verdict *verdict, struct event_log *log);
/* Once a day, when the first message of a new day comes: every key that had mail. */
void provider_report_day(struct provider *provider, int64_t now_us, struct event_log *log);
