#include "mta-under-test/mailauth/dmarc/dmarc_check.h"

#include "mta-under-test/base/rng.h"
#include "mta-under-test/mailauth/address/address_list.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

const char *dmarc_result_name(enum dmarc_result result)
{
    static const char *const NAMES[] = {"none",      "pass",      "fail",
                                        "temperror", "permerror", "pending"};
    return NAMES[result];
}

const char *dmarc_reason_name(enum dmarc_reason reason)
{
    static const char *const NAMES[] = {"aligned", "not-aligned",  "no-record",   "bad-record",
                                        "no-from", "several-from", "dns-failure", "dns-pending"};
    return NAMES[reason];
}

static const char *dmarc_reason_words(enum dmarc_reason reason)
{
    static const char *const WORDS[] = {
        "a check passed for an aligned domain (RFC 7489 6.6.2, RFC 9989 5.3)",
        "no check passed for an aligned domain (RFC 7489 6.6.2, RFC 9989 5.3)",
        "there is no policy (RFC 7489 6.6.3, RFC 9989 4.10)",
        "the record cannot be used (RFC 7489 6.3, RFC 9989 4.7)",
        "there is no author domain (RFC 7489 6.6.1, RFC 9989 5.3.1)",
        "there are several author domains (RFC 9989 5.3.1)",
        "DNS failed, another time may be better",
        "an answer of DNS is pending"};
    return WORDS[reason];
}

static void dmarc_end(struct dmarc_outcome *outcome, enum dmarc_result result,
                      enum dmarc_reason reason)
{
    outcome->result = result;
    outcome->reason = reason;
}

/* The different domains of all From fields. SIZE_MAX when a field cannot be read. */
static size_t dmarc_authors(const struct message *message, struct arena *arena,
                            struct slice domains[DMARC_AUTHORS_MAX])
{
    size_t count = 0;
    for (const struct message_field *field = message_find(message, "From"); field != NULL;
         field = message_next(message, field)) {
        struct address_list list = {0};
        const char *wrong = address_list_parse(arena, field->value, &list);
        if (wrong != NULL && list.count == 0)
            return SIZE_MAX;
        for (size_t i = 0; i < list.count; i++) {
            struct slice ascii;
            struct slice name = domain_without_dot(list.mailboxes[i].domain);
            if (!domain_to_ascii(arena, name, &ascii) || !domain_is_ldh(ascii))
                return SIZE_MAX;
            size_t at = 0;
            while (at < count && !slice_equal_nocase(domains[at], ascii))
                at++;
            if (at == count && count < DMARC_AUTHORS_MAX)
                domains[count++] = ascii;
        }
    }
    return count;
}

/* Is the identifier's domain aligned with the author's (RFC 7489 3.1, RFC 9989 4.4)? */
static enum dmarc_discovery_status dmarc_align(const struct dmarc_context *context,
                                               const struct dmarc_outcome *outcome,
                                               struct slice identifier, bool is_strict,
                                               bool *aligned)
{
    struct slice ascii;
    struct slice organizational;
    *aligned = false;
    if (!domain_to_ascii(context->arena, domain_without_dot(identifier), &ascii))
        return DMARC_FOUND;
    *aligned = slice_equal_nocase(ascii, outcome->domain);
    if (*aligned || is_strict)
        return DMARC_FOUND;
    if (outcome->discovery.walk != DMARC_FOUND)
        return outcome->discovery.walk;
    enum dmarc_discovery_status status =
        dmarc_organizational_domain(context, ascii, &organizational);
    if (status == DMARC_FOUND)
        *aligned = slice_equal_nocase(organizational, outcome->discovery.organizational);
    return status;
}

static void dmarc_tell_alignment(struct facts *facts, const char *method, struct slice identifier,
                                 const struct dmarc_outcome *outcome, bool is_strict, bool aligned)
{
    if (facts != NULL)
        facts_add(facts, "alignment", "%s %.*s, which is %saligned with %.*s (%s)", method,
                  SLICE_ARG(identifier), aligned ? "" : "not ", SLICE_ARG(outcome->domain),
                  is_strict ? "strict: the same name" : "relaxed: the same organisation");
}

/*
 * A check that failed for the time being leaves the outcome open only where its domain is aligned.
 * Otherwise anybody could escape a policy by mail whose own domain's name server does not answer.
 */
static enum dmarc_discovery_status dmarc_align_spf(const struct dmarc_context *context,
                                                   const struct dmarc_request *request,
                                                   struct dmarc_outcome *outcome)
{
    bool is_strict = outcome->discovery.record.is_strict_spf;
    bool aligned = false;
    enum spf_result result = request->spf != NULL ? request->spf->result : SPF_RESULT_NONE;
    if (result != SPF_RESULT_PASS && result != SPF_RESULT_TEMPERROR) {
        facts_add(context->facts, "alignment", "SPF did not pass and does not count");
        return DMARC_FOUND;
    }
    enum dmarc_discovery_status status =
        dmarc_align(context, outcome, request->spf->domain, is_strict, &aligned);
    outcome->is_spf_aligned = aligned && result == SPF_RESULT_PASS;
    dmarc_tell_alignment(context->facts,
                         result == SPF_RESULT_PASS ? "SPF passed for" : "SPF could not be asked of",
                         request->spf->domain, outcome, is_strict, aligned);
    return aligned && result == SPF_RESULT_TEMPERROR ? DMARC_DNS_FAILURE : status;
}

static enum dmarc_discovery_status dmarc_align_dkim(const struct dmarc_context *context,
                                                    const struct dmarc_request *request,
                                                    struct dmarc_outcome *outcome)
{
    bool is_strict = outcome->discovery.record.is_strict_dkim;
    size_t count = request->dkim != NULL ? request->dkim->count : 0;
    size_t counted = 0;
    enum dmarc_discovery_status worst = DMARC_FOUND;
    for (size_t i = 0; i < count && !outcome->is_dkim_aligned; i++) {
        const struct dkim_outcome *signature = &request->dkim->list[i];
        bool passed = signature->result == DKIM_RESULT_PASS;
        bool aligned = false;
        if (!passed && signature->result != DKIM_RESULT_TEMPERROR)
            continue;
        enum dmarc_discovery_status status =
            dmarc_align(context, outcome, signature->signature.domain, is_strict, &aligned);
        dmarc_tell_alignment(context->facts,
                             passed ? "DKIM passed for" : "DKIM could not get the key of",
                             signature->signature.domain, outcome, is_strict, aligned);
        outcome->is_dkim_aligned = aligned && passed;
        if (status != DMARC_FOUND)
            worst = status;
        else if (aligned && !passed)
            worst = DMARC_DNS_FAILURE;
        counted++;
    }
    if (counted == 0)
        facts_add(context->facts, "alignment", "no DKIM signature passed that could count");
    return outcome->is_dkim_aligned ? DMARC_FOUND : worst;
}

/* Not everybody gets the policy: pct= (RFC 7489 6.6.4) draws some, t=y (RFC 9989 4.7) takes all
 * out. They get the next milder one. */
static void dmarc_dispose(const struct dmarc_context *context, const struct dmarc_request *request,
                          struct dmarc_outcome *outcome)
{
    const struct dmarc_record *record = &outcome->discovery.record;
    enum dmarc_policy policy = outcome->discovery.policy;
    outcome->disposition = policy;
    if (policy == DMARC_POLICY_NONE)
        return;
    if (context->version == DMARC_RFC9989) {
        outcome->is_sampled_out = record->is_testing;
    } else {
        struct rng rng;
        rng_init_salted(&rng, request->seed, arena_text_of(context->arena, outcome->domain));
        outcome->is_sampled_out = rng_below(&rng, 100) >= record->percent;
    }
    if (outcome->is_sampled_out)
        outcome->disposition =
            policy == DMARC_POLICY_REJECT ? DMARC_POLICY_QUARANTINE : DMARC_POLICY_NONE;
}

static bool dmarc_judge_discovery(struct dmarc_outcome *outcome)
{
    switch (outcome->discovery.status) {
    case DMARC_FOUND:
        return true;
    case DMARC_NO_RECORD:
        dmarc_end(outcome, DMARC_RESULT_NONE, DMARC_REASON_NO_RECORD);
        return false;
    case DMARC_BAD_RECORD:
        dmarc_end(outcome, DMARC_RESULT_PERMERROR, DMARC_REASON_BAD_RECORD);
        return false;
    case DMARC_DNS_PENDING:
        dmarc_end(outcome, DMARC_RESULT_PENDING, DMARC_REASON_DNS_PENDING);
        return false;
    case DMARC_DNS_FAILURE:
        break;
    }
    dmarc_end(outcome, DMARC_RESULT_TEMPERROR, DMARC_REASON_DNS_FAILURE);
    return false;
}

static void dmarc_check_author(const struct dmarc_context *context,
                               const struct dmarc_request *request, struct slice domain,
                               struct dmarc_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->domain = domain;
    dmarc_discover(context, domain, &outcome->discovery);
    if (context->facts != NULL && outcome->discovery.status == DMARC_FOUND)
        facts_add(context->facts, "policy",
                  "the policy is %s, published by %.*s; the organisational domain is %.*s",
                  dmarc_policy_name(outcome->discovery.policy),
                  SLICE_ARG(outcome->discovery.record_domain),
                  SLICE_ARG(outcome->discovery.organizational));
    if (!dmarc_judge_discovery(outcome))
        return;
    enum dmarc_discovery_status spf = dmarc_align_spf(context, request, outcome);
    enum dmarc_discovery_status dkim = dmarc_align_dkim(context, request, outcome);
    if (outcome->is_spf_aligned || outcome->is_dkim_aligned) {
        dmarc_end(outcome, DMARC_RESULT_PASS, DMARC_REASON_ALIGNED);
    } else if (spf == DMARC_DNS_PENDING || dkim == DMARC_DNS_PENDING) {
        dmarc_end(outcome, DMARC_RESULT_PENDING, DMARC_REASON_DNS_PENDING);
    } else if (spf == DMARC_DNS_FAILURE || dkim == DMARC_DNS_FAILURE) {
        dmarc_end(outcome, DMARC_RESULT_TEMPERROR, DMARC_REASON_DNS_FAILURE);
    } else {
        dmarc_end(outcome, DMARC_RESULT_FAIL, DMARC_REASON_NOT_ALIGNED);
        dmarc_dispose(context, request, outcome);
    }
}

/* How bad an outcome is, to choose among several authors: pending first, since all may change. */
static unsigned dmarc_badness(const struct dmarc_outcome *outcome)
{
    static const unsigned OF_RESULT[] = {
        [DMARC_RESULT_PASS] = 0,      [DMARC_RESULT_NONE] = 1, [DMARC_RESULT_PERMERROR] = 2,
        [DMARC_RESULT_TEMPERROR] = 3, [DMARC_RESULT_FAIL] = 4, [DMARC_RESULT_PENDING] = 8};
    return OF_RESULT[outcome->result] + (unsigned)outcome->disposition;
}

void dmarc_check(const struct dmarc_context *context, const struct dmarc_request *request,
                 struct dmarc_outcome *outcome)
{
    struct slice domains[DMARC_AUTHORS_MAX];
    size_t count = dmarc_authors(request->message, context->arena, domains);
    memset(outcome, 0, sizeof *outcome);
    facts_open(context->facts, "dmarc", "DMARC of the author domain%s%.*s, by %s",
               count == 1 ? " " : "s", SLICE_ARG(count == 1 ? domains[0] : SLICE("")),
               context->version == DMARC_RFC7489 ? "RFC 7489" : "RFC 9989");
    if (count == 0 || count == SIZE_MAX) {
        dmarc_end(outcome, DMARC_RESULT_PERMERROR, DMARC_REASON_NO_FROM);
    } else if (count > 1 && context->version == DMARC_RFC9989) {
        dmarc_end(outcome, DMARC_RESULT_NONE, DMARC_REASON_SEVERAL_FROM);
    } else {
        dmarc_check_author(context, request, domains[0], outcome);
        for (size_t i = 1; i < count; i++) {
            struct dmarc_outcome other;
            dmarc_check_author(context, request, domains[i], &other);
            if (dmarc_badness(&other) > dmarc_badness(outcome))
                *outcome = other;
        }
    }
    if (context->facts != NULL)
        facts_add(context->facts, "result", "%s: %s, so the disposition is %s",
                  dmarc_result_name(outcome->result), dmarc_reason_words(outcome->reason),
                  dmarc_policy_name(outcome->disposition));
    facts_close(context->facts);
}
