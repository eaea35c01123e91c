/*
 * What a scenario wants of the server under test ("mta"), in a vocabulary that is no server's own:
 * every adapter translates it into its own configuration through templates. A value that a scenario
 * does not give keeps the server's own default, so that the default is what is tested.
 */
#pragma once

#include "sim/value/address.h"
#include "sim/value/spec.h"

enum { MTA_RETRY_STEPS_MAX = 64 };

enum mta_tls { MTA_TLS_OPPORTUNISTIC, MTA_TLS_REQUIRED, MTA_TLS_NONE };

/* Lines for one server's own files: "raw": { "postfix": { "main.cf": "..." } }. */
struct mta_raw {
    const char *mta;
    const char *file;
    const char *text;
};

/* The server signs what it takes for relay (RFC 6376). */
struct mta_dkim {
    const char *domain;   /* d= */
    const char *selector; /* s= */
    bool is_ed25519;      /* RFC 8463; else RSA of 2048 bits */
    bool is_published;    /* the record is put into the zone */
};

struct mta_settings {
    const char *hostname; /* "mail.sender.test" */
    const struct address *sources;
    size_t source_count;
    const char *only; /* the scenario makes sense with this server alone; NULL = with any */

    const char *retry;      /* "5m, 15m, then every 1h", as the scenario has it; NULL = default */
    int64_t first_retry_us; /* of `retry`: its first wait, and the one it goes on with */
    int64_t last_retry_us;
    const int64_t *retry_steps_us; /* all of its waits; the last one goes on */
    size_t retry_step_count;
    int64_t give_up_us;    /* 0 = default */
    int64_t warn_after_us; /* 0 = default, -1 = never */
    enum mta_tls tls;
    bool dane;                   /* looks for TLSA records */
    bool mta_sts;                /* looks for MTA-STS policies */
    bool require_tls;            /* knows REQUIRETLS and TLS-Required (RFC 8689) */
    const char *smart_host;      /* "relay.test:587"; NULL = straight to the MX hosts */
    const char *smart_host_user; /* NULL = without a login */
    const char *smart_host_password;
    int64_t concurrency;          /* connections to one destination; 0 = default */
    int64_t size_limit;           /* bytes; 0 = default */
    const char *const *relay_for; /* domains whose mail is taken from anybody */
    size_t relay_for_count;
    const char *const *local_domains;
    size_t local_domain_count;

    const struct mta_dkim *dkim; /* NULL = it does not sign */

    bool has_skew;     /* the server's own clock is wrong (libfaketime) */
    bool skew_changes; /* in the middle of the run (mta_skew_set()) */
    int64_t skew_us;
    double drift;

    /* Bits, 1 << enum mta_operation: what the timeline has an operator do with the queue, and what
     * of that with single messages. */
    unsigned operations;
    unsigned operations_on_one;

    const struct mta_raw *raw;
    size_t raw_count;

    char *const *command; /* "command": a program instead of an adapter; NULL-terminated */
    struct spec given;    /* "settings" as the scenario has it; json is NULL where it has none */
    struct spec spec;     /* for messages; json is NULL where the scenario says nothing */
};

/* The forms that a retry schedule may have; a server may know some of them only. */
enum mta_retry_form {
    MTA_RETRY_UNIFORM,  /* one wait, again and again */
    MTA_RETRY_DOUBLING, /* each wait twice the one before, up to a last one that goes on */
    MTA_RETRY_STEPS,    /* any list of waits */
};

/* The narrowest form that `retry` has; MTA_RETRY_UNIFORM where there is none. */
enum mta_retry_form mta_settings_retry_form(const struct mta_settings *settings);

/* `spec.json` NULL gives the defaults. In `arena`. */
int mta_settings_parse(struct spec spec, struct arena *arena, struct mta_settings **settings,
                       struct err *err) MUST_CHECK;

/* "+11m" or "-2h". */
int mta_settings_read_skew(struct spec spec, int64_t *skew_us, struct err *err) MUST_CHECK;

/* What holds once `spec`, an object like "settings", has changed what `base` says. Identities
 * (keys, the smart host) stay. In `arena`. */
int mta_settings_change(const struct mta_settings *base, struct spec spec, struct arena *arena,
                        const struct mta_settings **settings, struct err *err) MUST_CHECK;

const char *mta_settings_hostname(const struct mta_settings *settings);
/* The domain whose server it is: "sender.test" of "mail.sender.test". */
const char *mta_settings_domain(const struct mta_settings *settings);
/* In words, for `explain`. */
void mta_settings_explain(const struct mta_settings *settings, struct buf *out);
