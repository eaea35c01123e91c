#include "mta-under-test/mailauth/auth_check.h"

#include "mta-under-test/mailauth/authres/authres.h"

#include "mta-under-test/base/poison.h"

enum { AUTH_SIGNATURE_BYTES = 8 };

void auth_check(const struct auth_request *request, const struct dns_resolver *resolver,
                struct dkim_key_cache *keys, struct arena *arena, struct facts *facts,
                struct auth_outcome *outcome)
{
    struct dkim_verify_options options =
        request->dkim != NULL ? *request->dkim : DKIM_VERIFY_DEFAULT;
    struct dkim_context dkim = {.resolver = resolver, .keys = keys, .arena = arena, .facts = facts};
    struct spf_request spf = {.ip = request->ip,
                              .helo = request->helo,
                              .mail_from = request->mail_from,
                              .receiver = request->receiver,
                              .now_us = request->now_us};
    struct dmarc_context dmarc = {.version = request->dmarc_version,
                                  .psl = request->psl,
                                  .resolver = resolver,
                                  .arena = arena,
                                  .facts = facts};
    memset(outcome, 0, sizeof *outcome);
    options.now_us = request->now_us;
    struct arc_options arc = {
        .policy = options.policy, .now_us = request->now_us, .finds_oldest_pass = true};
    spf_check(&spf, resolver, arena, facts, &outcome->spf);
    outcome->is_pending = outcome->spf.result == SPF_RESULT_PENDING;
    if (request->message == NULL)
        return;
    dkim_verify(request->message, &options, &dkim, &outcome->dkim);
    arc_validate(request->message, &arc, &dkim, &outcome->arc);
    if (outcome->arc.status == ARC_PENDING)
        outcome->is_pending = true;
    for (size_t i = 0; i < outcome->dkim.count; i++) {
        if (outcome->dkim.list[i].result == DKIM_RESULT_PENDING)
            outcome->is_pending = true;
    }
    struct dmarc_request policy = {.message = request->message,
                                   .spf = &outcome->spf,
                                   .dkim = &outcome->dkim,
                                   .seed = request->seed};
    dmarc_check(&dmarc, &policy, &outcome->dmarc);
    if (outcome->dmarc.result == DMARC_RESULT_PENDING)
        outcome->is_pending = true;
}

static struct authres_result *auth_add(struct authres *authres, const char *method,
                                       const char *result)
{
    struct authres_result *added = &authres->results[authres->count++];
    memset(added, 0, sizeof *added);
    added->method = slice_of(method);
    added->version = 1;
    added->result = slice_of(result);
    return added;
}

static void auth_add_property(struct authres_result *result, const char *type, const char *name,
                              struct slice value)
{
    if (value.len > 0)
        result->properties[result->property_count++] =
            (struct authres_property){slice_of(type), slice_of(name), value};
}

static void auth_add_reason(struct authres_result *result, const char *problem)
{
    if (problem != NULL && problem[0] != '\0')
        result->reason = slice_of(problem);
}

/* The first characters of b=, which tell signatures of one domain apart (RFC 8601 2.7.1, 6008). */
static struct slice auth_signature_start(const struct dkim_signature *signature,
                                         struct arena *arena)
{
    size_t before = signature->raw_before.len;
    size_t end = signature->raw.len - signature->raw_after.len;
    struct slice value = slice_first(slice_skip(signature->raw, before), end - before);
    return slice_first(taglist_without_space(arena, value), AUTH_SIGNATURE_BYTES);
}

static void auth_add_dkim(struct authres *authres, const struct auth_outcome *outcome,
                          struct arena *arena)
{
    if (outcome->dkim.count == 0)
        auth_add(authres, "dkim", "none");
    for (size_t i = 0; i < outcome->dkim.count && authres->count < AUTHRES_RESULTS_MAX - 4; i++) {
        const struct dkim_outcome *one = &outcome->dkim.list[i];
        struct authres_result *result = auth_add(authres, "dkim", dkim_result_name(one->result));
        auth_add_reason(result, one->problem);
        auth_add_property(result, "header", "d", one->signature.domain);
        auth_add_property(result, "header", "i", one->signature.identity);
        auth_add_property(result, "header", "s", one->signature.selector);
        auth_add_property(result, "header", "a", one->signature.algorithm);
        if (one->signature.raw_before.data != NULL)
            auth_add_property(result, "header", "b", auth_signature_start(&one->signature, arena));
    }
}

static void auth_add_dmarc(struct authres *authres, const struct auth_outcome *outcome)
{
    const struct dmarc_outcome *dmarc = &outcome->dmarc;
    struct authres_result *result = auth_add(authres, "dmarc", dmarc_result_name(dmarc->result));
    auth_add_property(result, "header", "from", dmarc->domain);
    if (dmarc->discovery.status == DMARC_FOUND && dmarc->domain.len > 0) {
        auth_add_property(result, "policy", "published-domain-policy",
                          slice_of(dmarc_policy_name(dmarc->discovery.policy)));
        auth_add_property(result, "policy", "applied-disposition",
                          slice_of(dmarc_policy_name(dmarc->disposition)));
    }
}

void auth_check_write(const struct auth_request *request, const struct auth_outcome *outcome,
                      struct arena *arena, struct buf *out)
{
    char ip[IP_TEXT_BYTES];
    struct authres authres = {.authserv_id = request->receiver, .version = 1};
    authres.results = arena_alloc_array(arena, AUTHRES_RESULTS_MAX, sizeof *authres.results);
    struct authres_result *spf = auth_add(&authres, "spf", spf_result_name(outcome->spf.result));
    auth_add_reason(spf, outcome->spf.problem);
    if (outcome->spf.identity == SPF_IDENTITY_HELO)
        auth_add_property(spf, "smtp", "helo", request->helo);
    else
        auth_add_property(spf, "smtp", "mailfrom", request->mail_from);
    auth_add_dkim(&authres, outcome, arena);
    struct authres_result *arc = auth_add(&authres, "arc", arc_status_name(outcome->arc.status));
    auth_add_reason(arc, outcome->arc.status == ARC_FAIL ? outcome->arc.problem : "");
    if (outcome->arc.status == ARC_PASS)
        auth_add_property(arc, "header", "oldest-pass",
                          slice_of(arena_format(arena, "%u", outcome->arc.oldest_pass)));
    auth_add_property(arc, "smtp", "remote-ip", slice_of(ip_to_text(&request->ip, ip)));
    auth_add_dmarc(&authres, outcome);
    buf_add_text(out, "Authentication-Results: ");
    authres_write(out, &authres, true);
    buf_add_text(out, "\r\n");
}
