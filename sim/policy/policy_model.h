/*
 * The policy hosts of a simulated internet ("policy"): what is said by HTTPS and DNS about mail,
 * and where reports about it go.
 *
 *     "policy": {
 *       "mta-sts":       { "bigmail.test": { "mode": "enforce", "max-age": "7d" } },
 *       "tls-reports":   { "bigmail.test": {} },
 *       "dmarc-reports": { "sender.test": { "record": "v=DMARC1; p=reject; rua=..." } },
 *       "unsubscribe":   { "news.sender.test": {} },
 *       "webhooks":      { "hooks.sender.test": { "secret": "..." } },
 *       "blocklists":    { "zen.dnsbl.test": { "listed": ["192.0.2.10"] } }
 *     }
 *
 * Read by policy_spec_parse(); policy_model_publish() then gives the hosts addresses and puts the
 * records into the zones. Everything lives in the scenario's arena; only the TLS contexts and maps
 * are released by policy_model_release().
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "sim/dns/dns_model.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_fault.h"
#include "sim/tls/tls_context.h"

enum policy_service {
    POLICY_STS,         /* GET /.well-known/mta-sts.txt (RFC 8461) */
    POLICY_TLS_REPORTS, /* POST of TLS-RPT reports (RFC 8460) */
    POLICY_UNSUBSCRIBE, /* POST of one-click requests (RFC 8058) */
    POLICY_WEBHOOKS,    /* POST of what became of mail */
};

/* The MTA-STS policy of a domain. */
struct policy_sts {
    const char *mode; /* "enforce", "testing", "none" */
    const char *const *mx;
    size_t mx_count; /* 0 until it is published: then the domain's MX hosts */
    int64_t max_age_us;
    const char *id;
    const char *text; /* the whole policy as given; NULL: it is made */
};

/* How a program knows who sends it webhooks. */
struct policy_webhook {
    const char *secret;
    const char *signature; /* name of the field */
};

enum { POLICY_ADDRESSES_MAX = 16 };

/* One HTTPS host. */
struct policy_host {
    const char *name;
    const char *domain; /* whose policy it is; the name itself for the last two services */
    enum policy_service service;
    struct address addresses[POLICY_ADDRESSES_MAX];
    size_t address_count;
    enum tls_identity_kind identity;
    struct tls_settings tls;
    struct policy_fault *faults;
    size_t fault_count;
    struct policy_sts sts;
    struct policy_webhook webhook;
    struct spec spec;

    SSL_CTX *context; /* made at the first connection */
};

enum policy_report_kind { POLICY_REPORT_TLS, POLICY_REPORT_DMARC };

/* A mailbox that reports are sent to. */
struct policy_mailbox {
    enum policy_report_kind kind;
    const char *domain; /* that the reports are about */
    const char *address;
};

/* A record to publish: the text of a TXT record. */
struct policy_record {
    const char *name; /* "_mta-sts.bigmail.test" */
    const char *text;
    struct spec spec;
};

struct policy_blocklist {
    const char *zone;
    const char *code;   /* "127.0.0.2" */
    const char *reason; /* of the TXT record, with "{ip}" in it; NULL = none */
    struct prefix *listed;
    size_t listed_count;
    struct spec spec;
};

struct policy_model {
    struct arena *arena;
    struct map hosts;      /* by name */
    struct map addresses;  /* struct address -> host */
    struct map mailboxes;  /* by address, lower case */
    struct map blocklists; /* by zone */
    struct policy_record *records;
    size_t record_count;
    unsigned next_address;
};

/* An empty model: nothing is served. */
struct policy_model *policy_model_new(struct arena *arena);
void policy_model_release(struct policy_model **model);

struct policy_host *policy_model_find_host(const struct policy_model *model, const char *name);
struct policy_host *policy_model_find_address(const struct policy_model *model,
                                              const struct address *address);
/* The report mailbox with this address, or NULL. */
const struct policy_mailbox *policy_model_find_mailbox(const struct policy_model *model,
                                                       const char *address);
struct policy_blocklist *policy_model_find_blocklist(const struct policy_model *model,
                                                     const char *zone);

/* Gives each host addresses (those of its zone, else free ones of 198.19.0.0/16 and
 * 2001:db8:19::/48) and puts records into the zones, where the scenario has none itself. To be
 * called when the zones of all hosts are there. */
int policy_model_publish(struct policy_model *model, struct dns_model *dns,
                         const struct mx_model *mx, struct err *err) MUST_CHECK;

/* All in words, for `explain`. */
void policy_model_explain(const struct policy_model *model, struct buf *out);
