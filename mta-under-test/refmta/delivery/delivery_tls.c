#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

static const struct route_host *host_of(const struct delivery_connection *connection)
{
    return connection->candidates[connection->candidate].host;
}

static void add_sts(const struct delivery_connection *connection, struct tls_policy_facts *facts)
{
    const struct sts_lookups *sts = connection->lane->delivery->options.sts;
    const char *domain = connection->route->sts_domain;
    if (sts == NULL || domain == NULL)
        return;
    const struct sts_policy *policy = sts_store_get(sts->store, domain, time_now_us());
    if (policy == NULL || policy->mode == STS_MODE_NONE)
        return;
    facts->sts = policy->mode == STS_MODE_ENFORCE ? TLS_STS_ENFORCE : TLS_STS_TESTING;
    facts->sts_allows = sts_policy_allows(policy, slice_of(connection->host));
}

/* What the operator wishes for the destination; NULL: nothing of its own. */
static const struct config_tls_destination *wish_for(const struct delivery_connection *connection)
{
    const struct config *config = connection->config;
    const struct lane *lane = connection->lane;
    for (size_t i = 0; connection->relay == NULL && i < config->tls_destination_count; i++) {
        const struct config_tls_destination *wish = &config->tls_destinations[i];
        for (size_t k = 0; k < wish->domain_count; k++)
            if (glob_matches(wish->domains[k], slice_of(lane->domain)))
                return wish;
    }
    return NULL;
}

/* RFC 8689 4.2.1 is about messages with a reverse-path: a bounce that would need as much could be
 * lost, so it goes as it can, with REQUIRETLS where the host offers it (RFC 8689 5). */
static bool needs_tls(const struct message *message)
{
    return message->require_tls && message->sender[0] != '\0';
}

void delivery_tls_decide(struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    const struct config *config = connection->config;
    const struct route_host *host = host_of(connection);
    const struct message *message = connection->item->message;
    const struct routing_relay *relay = connection->relay;
    const struct config_tls_destination *wish = wish_for(connection);
    bool is_strict = relay != NULL && relay->tls != ROUTING_TLS_OPPORTUNISTIC;
    struct tls_policy_facts facts = {
        .mode = is_strict      ? TLS_MODE_REQUIRED
                : wish != NULL ? wish->use
                               : config->tls_mode,
        .has_password = relay != NULL ? relay->user != NULL : config->smart_host_user != NULL,
        .failed_lately = delivery_address_has(delivery, &connection->address, ADDRESS_BREAKS_TLS),
        .require_tls = needs_tls(message),
        .tls_optional = message->tls_optional,
        .mx_is_secure = connection->route->is_secure && config->tls_dane,
        .dane = host->dane,
    };
    add_sts(connection, &facts);
    connection->tls = tls_policy_decide(&facts);
    connection->is_lax = message->tls_optional;
    connection->peer = (struct tls_peer){
        .verify = connection->tls.verify,
        .host = host->tls_name,
        .next_hop = connection->lane->domain,
        .records = host->tlsa,
        .record_count = host->tlsa_count,
        .needs_name = connection->tls.needs_requiretls && connection->tls.verify == TLS_VERIFY_DANE,
    };
    if (connection->tls.verify == TLS_VERIFY_PIN && wish != NULL) {
        connection->peer.records = wish->pins;
        connection->peer.record_count = wish->fingerprint_count;
    }
    snprintf(connection->tls_text, sizeof connection->tls_text, "clear text: %s",
             connection->tls.why);
}

void delivery_tls_begin(struct delivery_connection *connection)
{
    struct tls_sessions *sessions = connection->lane->delivery->options.tls;
    char ip[IP_TEXT_BYTES];
    char address[IP_TEXT_BYTES + sizeof " 65535"];
    const char *name = connection->peer.host;
    snprintf(address, sizeof address, "%s %u", ip_address_to_text(&connection->address, ip),
             connection->route->port);
    conn_start_tls(connection->conn, tls_sessions_context(sessions), false,
                   name[0] != '[' ? name : NULL);
    connection->tls_is_open = true;
    tls_peer_prepare(sessions, conn_tls(connection->conn), &connection->peer, address);
}

void delivery_tls_note(struct delivery_connection *connection, const char *failure,
                       const char *reason)
{
    const struct delivery *delivery = connection->lane->delivery;
    const struct sts_lookups *sts = delivery->options.sts;
    const char *domain = connection->route->sts_domain;
    bool by_sts = connection->tls.basis == TLS_BASIS_STS && sts != NULL;
    const struct ip_address *own =
        connection->address.family == AF_INET ? &connection->source->v4 : &connection->source->v6;
    char theirs[IP_TEXT_BYTES];
    char ours[IP_TEXT_BYTES];
    if (delivery->options.on_tls == NULL || domain == NULL)
        return;
    struct tls_session session = {
        .domain = domain,
        .basis = connection->tls.basis,
        .failure = failure,
        .reason = reason,
        .host = connection->host,
        .host_address = ip_address_to_text(&connection->address, theirs),
        .own_address = own->family != 0 ? ip_address_to_text(own, ours) : NULL,
        .sts = by_sts ? sts_store_get(sts->store, domain, time_now_us()) : NULL,
        .tlsa = host_of(connection)->tlsa,
        .tlsa_count = host_of(connection)->tlsa_count,
    };
    delivery->options.on_tls(delivery->options.reporter, &session);
}

/* A right handshake can still be one that MTA-STS in testing would not let pass. */
static void note_secured(struct delivery_connection *connection,
                         const struct tls_peer_result *result)
{
    bool is_wrong = connection->tls.is_testing && !result->is_verified;
    delivery_tls_note(connection, is_wrong ? result->report_as : NULL, result->why_not);
}

void delivery_tls_secured(struct delivery_connection *connection)
{
    const SSL *tls = conn_tls(connection->conn);
    struct tls_peer_result result = tls_peer_result(tls);
    struct log_line line;
    log_begin(&line, connection->lane->delivery->options.log, "secured");
    json_out_int(&line.json, "connection", (int64_t)connection->number);
    json_out_text(&line.json, "host", connection->host);
    json_out_text(&line.json, "version", SSL_get_version(tls));
    json_out_text(&line.json, "cipher", SSL_get_cipher_name(tls));
    json_out_bool(&line.json, "resumed", SSL_session_reused(tls) == 1);
    json_out_bool(&line.json, "verified", result.is_verified);
    json_out_text(&line.json, "by", result.how);
    if (!result.is_verified)
        json_out_text(&line.json, "why-not", result.why_not);
    json_out_text(&line.json, "policy", tls_basis_name(connection->tls.basis));
    log_end(&line);
    note_secured(connection, &result);
    snprintf(connection->tls_text, sizeof connection->tls_text, "%s, %s%s; policy: %s",
             SSL_get_version(tls), result.is_verified ? "verified by " : "not verified",
             result.is_verified ? result.how : "", tls_basis_name(connection->tls.basis));
}

bool delivery_tls_failed(struct delivery_connection *connection, const char *text,
                         struct reason *reason)
{
    SSL *tls = conn_tls(connection->conn);
    struct tls_peer_result result = {.report_as = "validation-failure"};
    if (tls != NULL && connection->tls.verify != TLS_VERIFY_NONE)
        result = tls_peer_result(tls);
    delivery_connection_log(connection, "tls-failed", text);
    if (!connection->session.is_tls) /* else the handshake was right, and is told as such */
        delivery_tls_note(connection, result.report_as, text);
    /* What the sender asks for comes back at once (RFC 8689 4.2.1); a handshake that was cut may
     * do better the next time. */
    bool is_permanent = result.is_refused && connection->tls.needs_requiretls;
    reason_set(reason, is_permanent ? "5.7.10" : "4.7.5", false, connection->host, "%s: %s (%s)",
               connection->host, text, connection->tls.why);
    if (connection->tls.use == TLS_USE_REQUIRED)
        return false;
    delivery_address_note(connection->lane->delivery, &connection->address, ADDRESS_BREAKS_TLS);
    return true;
}

bool delivery_tls_suits(const struct delivery_connection *connection, const struct queue_item *item)
{
    const struct message *message = item->message;
    return needs_tls(message) == connection->tls.needs_requiretls &&
           (message->tls_optional || !connection->is_lax);
}
