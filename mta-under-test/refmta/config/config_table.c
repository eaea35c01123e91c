#include "mta-under-test/refmta/config/config_table.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

enum {
    CONCURRENCY_MAX = 1000,
    OUTBOUND_CONNECTIONS_MIN = 4, /* the least of which the room has a part for each kind */
    OUTBOUND_CONNECTIONS_MAX = 100000,
    DNS_PORT = 53
};

static const char *const MODES[] = {"relay", "submission", NULL};
static const char *const LISTENER_TLS[] = {"none", "starttls", "implicit", NULL};

static const struct config_key LISTENER_KEYS[] = {
    {"address", CONFIG_ADDRESS(struct config_listener, endpoint.address), .is_needed = true,
     .help = "the local address, IPv4 or IPv6"},
    {"port", CONFIG_PORT(struct config_listener, endpoint.port, 0), .is_needed = true,
     .help = "the local port; 0 for any that is free"},
    {"mode", CONFIG_WORD(struct config_listener, mode, enum config_mode, MODES),
     .fallback = "\"relay\"", .help = "`relay` for other servers, `submission` for users"},
    {"tls", CONFIG_WORD(struct config_listener, tls, enum config_listener_tls, LISTENER_TLS),
     .fallback = "\"none\"", .help = "whether TLS is offered, or spoken from the first byte on"},
    {"proxies", CONFIG_LIST(struct config_listener, proxies, CONFIG_TYPE_NETWORK, proxy_count),
     .fallback = "[]",
     .help = "connections from these begin with a header of HAProxy's PROXY protocol, version 1 or "
             "2, which says who the client is"},
    {"xclient", CONFIG_LIST(struct config_listener, xclients, CONFIG_TYPE_NETWORK, xclient_count),
     .fallback = "[]",
     .help = "these may say by XCLIENT, as Postfix describes it, who the client is"},
    CONFIG_END,
};

static const struct config_object LISTENER = {.size = sizeof(struct config_listener),
                                              .keys = LISTENER_KEYS};

static const char *const DELIVERY_TLS[] = {"opportunistic", "required", "none", NULL};

static const struct config_key TLS_KEYS[] = {
    {"mode", CONFIG_WORD(struct config, tls_mode, enum tls_mode, DELIVERY_TLS),
     .fallback = "\"opportunistic\"",
     .help = "for deliveries: TLS where offered and clear text where it fails, verified TLS or no "
             "delivery, or no TLS"},
    {"dane", CONFIG_FLAG(struct config, tls_dane), .fallback = "false",
     .help = "whether TLSA records are followed (RFC 7672): only where the resolvers validate and "
             "the way to them is safe, since their AD bit counts"},
    {"mta-sts", CONFIG_FLAG(struct config, tls_sts), .fallback = "true", .is_fixed = true,
     .help = "whether policies of MTA-STS are looked for and kept (RFC 8461)"},
    {"certificate", CONFIG_FILE(struct config, tls_certificate),
     .help = "PEM file for listeners with TLS"},
    {"key", CONFIG_FILE(struct config, tls_key), .help = "PEM file of its private key"},
    {"trust", CONFIG_FILE(struct config, tls_trust), .is_fixed = true,
     .help = "PEM file of the authorities that deliveries trust; without it those of the system"},
    CONFIG_END,
};

static int check_tls(struct config_reader *reader, const char *path, void *target)
{
    const struct config *config = target;
    if ((config->tls_certificate == NULL) != (config->tls_key == NULL))
        return config_mistake(reader, path, "\"certificate\" and \"key\" belong together");
    return 0;
}

static const struct config_object TLS = {.keys = TLS_KEYS, .check = check_tls};

static const struct config_key SMART_HOST_KEYS[] = {
    {"host", CONFIG_HOSTNAME(struct config, smart_host), .is_needed = true, .is_fixed = true,
     .help = "all mail goes there instead of to the MX hosts"},
    {"port", CONFIG_PORT(struct config, smart_host_port, 1), .fallback = "25", .is_fixed = true,
     .help = "its port"},
    {"user", CONFIG_TEXT(struct config, smart_host_user),
     .help = "with it refmta logs in, by AUTH PLAIN or LOGIN, in verified TLS only; a refused "
             "login defers the mail"},
    {"password-file", CONFIG_FILE(struct config, smart_host_password_file),
     .help = "its first line is the password"},
    CONFIG_END,
};

static int check_smart_host(struct config_reader *reader, const char *path, void *target)
{
    const struct config *config = target;
    if ((config->smart_host_user == NULL) != (config->smart_host_password_file == NULL))
        return config_mistake(reader, path, "\"user\" and \"password-file\" belong together");
    return 0;
}

static const struct config_object SMART_HOST = {.keys = SMART_HOST_KEYS, .check = check_smart_host};

static const struct config_key DKIM_KEYS[] = {
    {"domain", CONFIG_HOSTNAME(struct config, dkim_domain), .is_needed = true,
     .help = "the domain that signs mail of `relay-networks` and of users (RFC 6376)"},
    {"selector", CONFIG_HOSTNAME(struct config, dkim_selector), .is_needed = true,
     .help = "the name of the key in DNS"},
    {"key", CONFIG_FILE(struct config, dkim_key), .is_needed = true,
     .help = "PEM file of the private key, RSA or Ed25519 (RFC 8463)"},
    CONFIG_END,
};

static const struct config_object DKIM = {.keys = DKIM_KEYS};

static const char *const BARE[] = {"refuse", "normalise", NULL};
static const char *const SENDER[] = {"keep", "user", NULL};
static const char *const VRFY[] = {"neutral", "off", "own", NULL};
static int parse_time(struct slice text, void *out)
{
    return time_from_rfc3339(text, out);
}

#define TIME(whole, member) \
    CONFIG_PARSED(whole, member, int64_t, parse_time, "a time like \"2026-03-02T00:00:00Z\"")

static const struct config_key DKIM_KEY_KEYS[] = {
    {"domain", CONFIG_HOSTNAME(struct config_dkim_key, domain), .is_needed = true,
     .help = "signs mail whose From is in it or below it; the nearest of all keys counts"},
    {"selector", CONFIG_HOSTNAME(struct config_dkim_key, selector), .is_needed = true,
     .help = "the name of the key in DNS"},
    {"key", CONFIG_FILE(struct config_dkim_key, key), .is_needed = true,
     .help = "PEM file of the private key, RSA or Ed25519; one of each give two signatures"},
    {"from", TIME(struct config_dkim_key, from_us), .help = "it signs from then on"},
    {"until", TIME(struct config_dkim_key, until_us), .help = "it signs before then"},
    CONFIG_END,
};

static const struct config_key SRS_KEYS[] = {
    {"domain", CONFIG_HOSTNAME(struct config, srs_domain), .is_needed = true,
     .help = "a local domain, to which bounces come back"},
    {"key-file", CONFIG_FILE(struct config, srs_key_file), .is_needed = true,
     .help = "secrets, a line each: the first signs, all are taken, so that they can be changed"},
    {"life", CONFIG_SPAN(struct config, srs_life_us), .fallback = "\"21d\"",
     .help = "how long a bounce may take"},
    CONFIG_END,
};

static const struct config_object SRS = {.keys = SRS_KEYS};

static const struct config_object DKIM_KEY = {.size = sizeof(struct config_dkim_key),
                                              .keys = DKIM_KEY_KEYS};

static const struct config_key OPERATIONS_KEYS[] = {
    {"address", CONFIG_ADDRESS(struct config, operations.address), .is_needed = true,
     .help = "a local address, of a network that only operators reach: there is no login"},
    {"port", CONFIG_PORT(struct config, operations.port, 0), .is_needed = true,
     .help = "`/metrics` for Prometheus, `/health` for whoever watches"},
    CONFIG_END,
};

static const struct config_object OPERATIONS = {.keys = OPERATIONS_KEYS};

static const struct config_key SUBMISSION_KEYS[] = {
    {"address", CONFIG_ADDRESS(struct config, submission.address), .is_needed = true,
     .is_fixed = true, .help = "the local address"},
    {"port", CONFIG_PORT(struct config, submission.port, 0), .is_needed = true, .is_fixed = true,
     .help = "`POST /v1/messages`"},
    {"tls", CONFIG_FLAG(struct config, submission_tls), .fallback = "true", .is_fixed = true,
     .help = "with the certificate of `tls`; without only on a loopback address"},
    {"tokens", CONFIG_FILE(struct config, submission_tokens), .is_needed = true,
     .help = "a file of lines `NAME SHA256`: who may send, by the hash of his token"},
    CONFIG_END,
};

static bool is_loopback(const struct ip_address *address)
{
    static const uint8_t V6[16] = {[15] = 1};
    return address->family == AF_INET ? address->bytes[0] == 127
                                      : memcmp(address->bytes, V6, sizeof V6) == 0;
}

static int check_submission(struct config_reader *reader, const char *path, void *target)
{
    const struct config *config = target;
    (void)path;
    if (!config->submission_tls && !is_loopback(&config->submission.address))
        return config_mistake(reader, "http-submission.tls",
                              "a token must not be said in clear text outside of this machine");
    return 0;
}

static const struct config_object SUBMISSION = {.keys = SUBMISSION_KEYS, .check = check_submission};

static const struct config_key TLS_REPORTS_KEYS[] = {
    {"from", CONFIG_TEXT(struct config, tls_reports_from), .is_needed = true, .is_fixed = true,
     .help = "the mailbox that they come from, and that answers go to"},
    {"organization", CONFIG_TEXT(struct config, tls_reports_name), .is_fixed = true,
     .help = "who makes them; by default the host name"},
    CONFIG_END,
};

static const struct config_object TLS_REPORTS = {.keys = TLS_REPORTS_KEYS};

static const struct config_key SUPPRESSION_KEYS[] = {
    {"file", CONFIG_FILE(struct config, suppression), .is_needed = true, .is_fixed = true,
     .help = "where the addresses are kept that get no more mail, a line each; in the spool, or in "
             "a folder of `sandbox.writable`"},
    {"hard-bounces", CONFIG_SPAN_OR_NEVER(struct config, suppress_bounces_us),
     .fallback = "\"90d\"", .is_fixed = true,
     .help =
         "how long for a mailbox that is not there (5.1.1 and its like); `never`: it never ends"},
    {"complaints", CONFIG_SPAN_OR_NEVER(struct config, suppress_complaints_us),
     .fallback = "\"never\"", .is_fixed = true, .help = "how long after a complaint"},
    {"unsubscribes", CONFIG_SPAN_OR_NEVER(struct config, suppress_unsubscribes_us),
     .fallback = "\"never\"", .is_fixed = true, .help = "how long after an unsubscription"},
    {"feedback-to",
     CONFIG_LIST(struct config, feedback_to.names, CONFIG_TYPE_TEXT, feedback_to.count),
     .fallback = "[]",
     .help = "addresses of ours (globs) whose mail is read as bounces (RFC 3464, or by VERP) and "
             "complaints (RFC 5965), and goes nowhere else"},
    CONFIG_END,
};

static const struct config_object SUPPRESSION = {.keys = SUPPRESSION_KEYS};

static const struct config_key SANDBOX_KEYS[] = {
    {"enabled", CONFIG_FLAG(struct config, sandbox), .fallback = "true",
     .help = "whether it restricts itself with Landlock and seccomp, where the kernel has them"},
    {"writable",
     CONFIG_LIST(struct config, sandbox_writable, CONFIG_TYPE_FILE, sandbox_writable_count),
     .fallback = "[]",
     .help = "folders that it may write to besides the spool and those of the log and the control "
             "socket"},
    CONFIG_END,
};

static const struct config_object SANDBOX = {.keys = SANDBOX_KEYS};

static const char *const DURABILITIES[] = {"full", "off", NULL};

static const struct config_key KEYS[] = {
    {"hostname", CONFIG_HOSTNAME(struct config, hostname), .is_needed = true,
     .help = "the name in the banner, in EHLO and in Received"},
    {"listeners", CONFIG_LIST(struct config, listeners, CONFIG_TYPE_OBJECT, listener_count),
     .items_min = 1, .object = &LISTENER, .is_needed = true, .help = "where it listens"},
    {"spool", CONFIG_FILE(struct config, spool), .is_needed = true, .is_fixed = true,
     .help = "the folder of the queue; made if it is missing"},
    {"resolvers", CONFIG_LIST(struct config, resolvers, CONFIG_TYPE_ENDPOINT, resolver_count),
     .port = DNS_PORT, .fallback = "[]", .is_fixed = true,
     .help = "addresses of DNS servers, with or without a port; without any those of "
             "/etc/resolv.conf"},
    {"sources", CONFIG_LIST(struct config, sources, CONFIG_TYPE_ADDRESS, source_count),
     .fallback = "[]",
     .help = "local addresses to connect from, at most one for IPv4 and one for IPv6; a family "
             "that has none is not used. Empty: the kernel chooses, both families are used"},
    {"relay-networks",
     CONFIG_LIST(struct config, relay_networks, CONFIG_TYPE_NETWORK, relay_network_count),
     .fallback = "[\"127.0.0.0/8\", \"::1/128\"]", .help = "clients that may send to anywhere"},
    {"relay-for",
     CONFIG_LIST(struct config, relay_for.names, CONFIG_TYPE_HOSTNAME, relay_for.count),
     .fallback = "[]",
     .help = "domains for which mail is taken from anybody and passed on to their MX"},
    {"retry", CONFIG_TEXT(struct config, retry_text),
     .fallback = "\"5m, 10m, 20m, 40m, 1h, then every 2h\"",
     .help = "the wait after each failed attempt; the part behind `then every` goes on until "
             "`give-up`"},
    {"give-up", CONFIG_SPAN(struct config, give_up_us), .fallback = "\"5d\"",
     .help = "a recipient that is still waiting so long after receipt is returned to the sender"},
    {"warn-after", CONFIG_SPAN_OR_NEVER(struct config, warn_after_us), .fallback = "\"4h\"",
     .help = "when the sender is told that mail is late"},
    {"reports-per-hour", CONFIG_WHOLE(struct config, reports_per_hour, 0, 1000000),
     .fallback = "20",
     .help = "notifications that one sender gets whose mail came from strangers; more are dropped, "
             "since the sender may be forged (0: no limit). With `checks`, mail that fails SPF or "
             "DMARC gets none"},
    {"tls", CONFIG_SECTION(&TLS), .help = "certificates, and how much TLS deliveries ask for"},
    {"tls-destinations",
     CONFIG_LIST(struct config, tls_destinations, CONFIG_TYPE_OBJECT, tls_destination_count),
     .object = &CONFIG_TLS_DESTINATION, .fallback = "[]",
     .help = "how much TLS single destinations must have, whatever `tls.mode` says"},
    {"smart-host", CONFIG_SECTION(&SMART_HOST), .help = "a relay that takes all mail"},
    {"auth", CONFIG_OBJECT(struct config, auth, &CONFIG_AUTH),
     .help = "who may log in on listeners of mode `submission`, and by what; without it nobody"},
    {"dkim", CONFIG_SECTION(&DKIM), .help = "signing; without it nothing is signed"},
    {"dkim-keys", CONFIG_LIST(struct config, dkim_keys, CONFIG_TYPE_OBJECT, dkim_key_count),
     .object = &DKIM_KEY, .fallback = "[]",
     .help = "keys by the domain of From, each for its time; where none fits, the key of `dkim` "
             "signs, which also stands beside those of its own domain"},
    {"arc-seal", CONFIG_FLAG(struct config, arc_seal), .fallback = "false",
     .help = "whether mail of others that is passed on is sealed with the key of `dkim` (RFC "
             "8617); needs `checks`, whose results the seal carries on"},
    {"srs", CONFIG_SECTION(&SRS),
     .help = "gives mail that an alias passes on a reverse-path of ours, as "
             "`SRS0=HASH=DD=their.test=ann@DOMAIN`, so that SPF passes and bounces come back; "
             "without it the sender stays"},
    {"tls-reports", CONFIG_SECTION(&TLS_REPORTS),
     .help = "once a day the domains that ask for it are told how TLS to them went (RFC 8460); "
             "without it nobody is"},
    {"dmarc-reports", CONFIG_OBJECT(struct config, dmarc_reports, &CONFIG_DMARC_REPORTS),
     .is_fixed = true,
     .help = "once a day the domains that ask for it are told what `checks` found in mail that "
             "names them as author (RFC 7489 7.2); without it nobody is"},
    {"suppression", CONFIG_SECTION(&SUPPRESSION),
     .help = "remembers who gets no more mail; without it nobody is"},
    {"unsubscribe", CONFIG_OBJECT(struct config, unsubscribe, &CONFIG_UNSUBSCRIBE),
     .is_fixed = true,
     .help = "lets readers unsubscribe by one click (RFC 8058): the header fields, signed by DKIM, "
             "and the end point; needs `suppression`"},
    {"webhooks", CONFIG_OBJECT(struct config, webhooks, &CONFIG_WEBHOOKS), .is_fixed = true,
     .help = "tells a program what becomes of mail"},
    {"sender-watch", CONFIG_OBJECT(struct config, sender_watch, &CONFIG_SENDER_WATCH),
     .fallback = "{}", .is_fixed = true,
     .help = "notices users (and reverse-paths of `relay-networks`) who suddenly send as they "
             "never did"},
    {"verp", CONFIG_LIST(struct config, verp.names, CONFIG_TYPE_TEXT, verp.count), .fallback = "[]",
     .help = "senders (globs) whose reverse-path names the recipient: `news@x.test` for "
             "`ann@y.test` becomes `news+ann=y.test@x.test`"},
    {"shaping", CONFIG_FILE(struct config, shaping),
     .help = "file of rules for receivers: limits, what their replies mean, warm-up of new "
             "addresses; `receivers.json` beside the program knows the large ones"},
    {"routing", CONFIG_FILE(struct config, routing),
     .help = "file of rules for the way out: relays, pools of addresses, by sender, recipient or "
             "header"},
    {"concurrency", CONFIG_WHOLE(struct config, concurrency, 1, CONCURRENCY_MAX), .fallback = "20",
     .help = "connections to one destination at a time"},
    {"outbound-connections",
     CONFIG_WHOLE(struct config, outbound_connections, OUTBOUND_CONNECTIONS_MIN,
                  OUTBOUND_CONNECTIONS_MAX),
     .fallback = "2000", .help = "connections to all destinations together at a time"},
    {"chunking", CONFIG_FLAG(struct config, chunking), .fallback = "true",
     .help = "whether content goes by BDAT where the next host offers CHUNKING (RFC 3030); binary "
             "content always does"},
    {"size-limit", CONFIG_SIZE(struct config, size_limit_bytes), .fallback = "\"25MB\"",
     .help = "the largest message it takes"},
    {"local", CONFIG_OBJECT(struct config, local, &CONFIG_LOCAL), .is_fixed = true,
     .help = "domains whose mail ends here; without it there are none"},
    {"checks", CONFIG_LIST(struct config, checks, CONFIG_TYPE_OBJECT, check_count),
     .object = &CONFIG_CHECK, .fallback = "[]",
     .help = "the policy over mail from strangers, a rule each, in this order; with any rule all "
             "checks are made and told in Authentication-Results"},
    {"limits", CONFIG_OBJECT(struct config, limits, &CONFIG_LIMITS), .fallback = "{}",
     .help = "what a client may do; each refusal names its limit in the log"},
    {"bare-newlines", CONFIG_WORD(struct config, bare_newlines, enum config_bare, BARE),
     .fallback = "\"refuse\"",
     .help = "what becomes of a CR or LF that stands alone in a message: 550 5.6.11, or CR LF in "
             "its place. It never ends a message, and never begins a line for the final dot"},
    {"sender-field", CONFIG_WORD(struct config, sender_field, enum config_sender, SENDER),
     .fallback = "\"keep\"",
     .help = "on listeners of mode `submission`: `user` writes Sender anew where who has logged in "
             "by a mail address is not who stands in From (RFC 6409 8.1)"},
    {"vrfy", CONFIG_WORD(struct config, vrfy, enum config_vrfy, VRFY), .fallback = "\"neutral\"",
     .help =
         "VRFY neither confirms nor denies (252), is refused (502), or tells the truth to users "
         "who have logged in and to `relay-networks`"},
    {"expn", CONFIG_WORD(struct config, expn, enum config_vrfy, VRFY), .fallback = "\"off\"",
     .help = "the same for EXPN, which tells where mail for an alias goes"},
    {"etrn", CONFIG_LIST(struct config, etrn.names, CONFIG_TYPE_HOSTNAME, etrn.count),
     .fallback = "[]",
     .help = "domains whose waiting mail is tried at once when anybody says ETRN (RFC 1985)"},
    {"log", CONFIG_FILE(struct config, log), .fallback = "\"stderr\"", .is_fixed = true,
     .help = "`stderr`, or a file to append to; one JSON object a line"},
    {"durability", CONFIG_WORD(struct config, durability, enum config_durability, DURABILITIES),
     .fallback = "\"full\"", .is_fixed = true,
     .help = "`full`: 250 to the final dot only after the disk has it. `off`: after the kernel has "
             "it, so that a killed process loses nothing, but a power cut may"},
    {"http-submission", CONFIG_SECTION(&SUBMISSION), .help = "mail from programs, over HTTP"},
    {"operations", CONFIG_SECTION(&OPERATIONS), .is_fixed = true,
     .help = "metrics and health over HTTP"},
    {"user", CONFIG_TEXT(struct config, user), .is_fixed = true,
     .help = "whom it becomes when its ports are bound, if it was started as root; the files named "
             "here must then be readable for that user, for a reload"},
    {"sandbox", CONFIG_SECTION(&SANDBOX), .is_fixed = true,
     .help = "what the running server may still do"},
    {"control", CONFIG_FILE(struct config, control), .is_fixed = true,
     .help = "path of a UNIX socket for `refmta queue`; only its owner may use it"},
    CONFIG_END,
};

static int check_sources(struct config *config, struct config_reader *reader)
{
    for (size_t i = 0; i < config->source_count; i++) {
        const struct ip_address *address = &config->sources[i];
        struct ip_address *slot =
            address->family == AF_INET ? &config->source_v4 : &config->source_v6;
        if (slot->family != 0)
            return config_mistake(reader, "sources", "more than one address of the same family");
        *slot = *address;
    }
    return 0;
}

static int check_retry(struct config *config, struct config_reader *reader)
{
    struct err err;
    if (schedule_from_text(slice_of(config->retry_text), &config->retry, &err) != 0)
        return config_mistake(reader, "retry", "%s", err.text);
    return 0;
}

static int check_listeners(const struct config *config, struct config_reader *reader)
{
    int result = 0;
    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].tls == CONFIG_TLS_IMPLICIT && config->listeners[i].proxy_count > 0)
            result =
                config_mistake(reader, arena_format(reader->arena, "listeners[%zu].proxies", i),
                               "cannot be had with TLS from the first byte on");
        if (config->listeners[i].tls != CONFIG_TLS_NONE && config->tls_certificate == NULL)
            result = config_mistake(reader, arena_format(reader->arena, "listeners[%zu].tls", i),
                                    "needs \"certificate\" and \"key\" in \"tls\"");
    }
    return result;
}

static int check_tls_destinations(const struct config *config, struct config_reader *reader)
{
    for (size_t i = 0; i < config->tls_destination_count; i++)
        if (config->tls_destinations[i].use == TLS_MODE_DANE_ONLY && !config->tls_dane)
            return config_mistake(reader,
                                  arena_format(reader->arena, "tls-destinations[%zu].use", i),
                                  "\"dane-only\" needs \"dane\": true in \"tls\"");
    return 0;
}

static int check_forwarding(const struct config *config, struct config_reader *reader)
{
    if (config->arc_seal && (config->dkim_domain == NULL || config->check_count == 0))
        return config_mistake(reader, "arc-seal", "needs \"dkim\" and \"checks\"");
    if (config->srs_domain != NULL && !config_is_local(config, slice_of(config->srs_domain)))
        return config_mistake(reader, "srs.domain",
                              "\"%s\" is none of \"local.domains\", so bounces would not come back",
                              config->srs_domain);
    return 0;
}

/* What is wrong with the whole although each part is right. */
static int check_root(struct config_reader *reader, const char *path, void *target)
{
    struct config *config = target;
    int result = check_sources(config, reader);
    (void)path;
    if (check_retry(config, reader) != 0 || check_tls_destinations(config, reader) != 0)
        result = -1;
    if (check_listeners(config, reader) != 0 || check_forwarding(config, reader) != 0)
        result = -1;
    if (config_checks_place(reader, config->checks, config->check_count) != 0)
        result = -1;
    if (config->submission.address.family != 0 && config->submission_tls &&
        config->tls_certificate == NULL)
        result = config_mistake(reader, "http-submission.tls",
                                "needs \"certificate\" and \"key\" in \"tls\"");
    if (config->unsubscribe.senders != NULL && config->suppression == NULL)
        result = config_mistake(reader, "unsubscribe",
                                "needs \"suppression\", where it is kept who has unsubscribed");
    if (config->smart_host_user != NULL && config->tls_mode == TLS_MODE_NEVER)
        result = config_mistake(reader, "smart-host.user",
                                "a password is only said in TLS, but tls.mode is \"none\"");
    return result;
}

const struct config_object CONFIG_ROOT = {.keys = KEYS, .check = check_root};
