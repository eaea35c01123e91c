/*
 * A mailbox provider with a memory: it judges each message by the reputation of who sends it, by
 * what a new sender may send in a day, and by the rules for (bulk) senders; its readers complain
 * and unsubscribe. One belongs to all hosts that name it.
 *
 * Each verdict, complaint and listing is an event of the source "provider" (docs/events.md). Drawn
 * is by the seed, the recipient and the message, so that the order of messages does not matter.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "sim/event/event_log.h"
#include "sim/provider/provider_settings.h"
#include "sim/value/address.h"

struct provider;

/* What is known of a message when it is judged. Texts are "" where there is nothing. */
struct provider_mail {
    int64_t now_us;      /* since 1970 */
    const char *sender;  /* the reverse-path */
    struct slice header; /* once the content is known */
    const char *session;
    const char *host;
    struct address client;
    const char *spf_domain;  /* for which SPF passed, "" if it did not */
    const char *dkim_domain; /* of a signature that passed, the aligned one first */
    const char *from_domain;
    const char *organisation;      /* the organisational domain of From (RFC 7489 3.2) */
    const char *message;           /* the scenario's id, or the Message-ID */
    bool has[PROVIDER_NEED_COUNT]; /* what the message fulfils; complaint-rate is not asked here */
    bool whole;                    /* the content is known; false at MAIL */
    const char *const *recipients;
    size_t recipient_count;
};

struct provider_verdict {
    enum provider_placement placement;
    const char *reason; /* "" where nothing stood against it; else which part decided */
    const char *reply;  /* "421 4.7.28 ..."; NULL where it is taken. Valid until the next call. */
    int64_t score;      /* in thousandths */
};

/* What a reader does with a message, some time after it came. */
struct provider_reaction {
    int64_t at_us;
    int64_t arrived_us; /* the message */
    bool complains;     /* else unsubscribes */
    bool one_click;     /* the message may be unsubscribed from with one click (RFC 8058) */
    struct address client;
    const char *host; /* that took the message */
    const char *sender;
    const char *recipient;
    const char *message;
    const char *header; /* of the message; "" where nobody listens */
    const char *from_domain;
    const char *sender_domain;            /* by which the sender is counted */
    const char *keys[PROVIDER_KEY_COUNT]; /* "" = none */
};

/* Who makes what a provider and its readers do happen in the world. All of them are called in the
 * middle of the provider's work and must not ask it for anything; texts are valid during the call.
 */
struct provider_listener {
    /* provider_due_us() may be earlier from now on. */
    void (*planned)(void *context);
    void (*reacted)(void *context, const struct provider *provider,
                    const struct provider_reaction *reaction);
    void (*listed)(void *context, const struct provider_blocklist *list,
                   const struct address *address, bool listed);
    void *context;
};

/* A provider without a log says nothing. The settings are copied; what they point to must live. */
struct provider *provider_new(const char *name, const struct provider_settings *settings,
                              uint64_t seed);
void provider_free(struct provider **provider);

const char *provider_name(const struct provider *provider);
const struct provider_settings *provider_get_settings(const struct provider *provider);

/* At MAIL: is the client blocked, or has its address used up its day? At the end of the message:
 * everything. What is taken or refused is counted. */
struct provider_verdict provider_judge(struct provider *provider, const struct provider_mail *mail,
                                       struct event_log *log);
/* A recipient was asked for; `unknown` says that there is none of that name. */
void provider_note_recipient(struct provider *provider, const struct provider_mail *mail,
                             const char *recipient, bool unknown, struct event_log *log);
/* From now on; the listener is copied. Without one, what is due happens when the provider is next
 * asked for a verdict. */
void provider_listen(struct provider *provider, const struct provider_listener *listener);
/* When a reader reacts or a listing ends, if nothing else happens; INT64_MAX = never. */
int64_t provider_due_us(const struct provider *provider);
/* All that is due by now happens. */
void provider_pass(struct provider *provider, int64_t now_us, struct event_log *log);
/* The score of the sender, all keys together or one of them (PROVIDER_KEY_COUNT = all), as it would
 * be judged now. */
int64_t provider_score(struct provider *provider, const struct provider_mail *mail,
                       enum provider_key_kind kind);
