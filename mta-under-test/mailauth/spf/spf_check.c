#include "mta-under-test/mailauth/spf/spf_check.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/spf/spf_macro.h"

#include "mta-under-test/base/poison.h"

const struct spf_limits SPF_LIMITS_DEFAULT = {
    .lookups_max = 10, .void_lookups_max = 2, .hosts_max = 10};

const char *spf_result_name(enum spf_result result)
{
    static const char *const NAMES[] = {"none",     "neutral",   "pass",      "fail",
                                        "softfail", "temperror", "permerror", "pending"};
    return NAMES[result];
}

const char *spf_reason_name(enum spf_reason reason)
{
    static const char *const NAMES[] = {"matched",           "no-match",           "no-record",
                                        "bad-domain",        "several-records",    "syntax",
                                        "lookup-limit",      "void-limit",         "mx-limit",
                                        "include-no-record", "redirect-no-record", "dns-failure",
                                        "dns-pending"};
    return NAMES[reason];
}

/* Where RFC 7208 says so. */
static const char *spf_reason_section(enum spf_reason reason)
{
    static const char *const SECTIONS[] = {"4.6.2", "4.7",   "4.5", "4.3", "4.5",   "4.6",  "4.6.4",
                                           "4.6.4", "4.6.4", "5.2", "6.1", "2.6.6", "2.6.6"};
    return SECTIONS[reason];
}

static enum spf_result spf_end(struct spf_state *state, enum spf_result result,
                               enum spf_reason reason, const char *problem)
{
    state->reason = reason;
    state->problem = problem;
    return result;
}

static enum spf_result spf_result_of_match(enum spf_match match)
{
    if (match == SPF_MATCH_PENDING)
        return SPF_RESULT_PENDING;
    return match == SPF_MATCH_TEMPERROR ? SPF_RESULT_TEMPERROR : SPF_RESULT_PERMERROR;
}

static enum spf_result spf_result_of_qualifier(char qualifier)
{
    switch (qualifier) {
    case '-':
        return SPF_RESULT_FAIL;
    case '~':
        return SPF_RESULT_SOFTFAIL;
    case '?':
        return SPF_RESULT_NEUTRAL;
    default:
        return SPF_RESULT_PASS;
    }
}

/* The one record of the domain (4.4, 4.5): SPF_RESULT_PASS if it was found. */
static enum spf_result spf_find_record(struct spf_state *state, struct slice *record)
{
    if (!domain_is_queryable(state->domain) || domain_label_count(state->domain) < 2 ||
        state->domain.data[0] == '[')
        return spf_end(state, SPF_RESULT_NONE, SPF_REASON_BAD_DOMAIN,
                       "the domain cannot have a record");
    const struct dns_answer *answer = spf_state_lookup(state, DNS_TYPE_TXT, state->domain);
    size_t found = 0;
    if (answer->status == DNS_PENDING)
        return spf_end(state, SPF_RESULT_PENDING, SPF_REASON_DNS_PENDING, "");
    if (dns_status_is_failure(answer->status))
        return spf_end(state, SPF_RESULT_TEMPERROR, SPF_REASON_DNS_FAILURE,
                       "the look-up of the record failed");
    for (size_t i = 0; i < answer->count; i++) {
        if (!spf_record_is(answer->records[i].data))
            continue;
        *record = answer->records[i].data;
        found++;
    }
    if (found == 0)
        return spf_end(state, SPF_RESULT_NONE, SPF_REASON_NO_RECORD, "there is no SPF record");
    if (found > 1)
        return spf_end(state, SPF_RESULT_PERMERROR, SPF_REASON_SEVERAL_RECORDS,
                       "there is more than one SPF record");
    if (state->facts != NULL)
        facts_add(state->facts, "record", "the record: %.*s", SLICE_ARG(*record));
    return SPF_RESULT_PASS;
}

/* Counts a term that asks DNS; false when there is no room for it (4.6.4). */
static bool spf_count_lookup(struct spf_state *state)
{
    if (state->lookups >= state->limits->lookups_max) {
        spf_end(state, SPF_RESULT_PERMERROR, SPF_REASON_LOOKUP_LIMIT,
                "more terms that ask DNS than allowed");
        return false;
    }
    state->lookups++;
    return true;
}

static enum spf_result spf_evaluate(struct spf_state *state, struct slice *exp);

/* Evaluates the record of another domain, for include and redirect. The recursion ends because
 * each level has counted a look-up. */
static enum spf_result spf_evaluate_other(struct spf_state *state, struct slice spec,
                                          const char *word, struct slice *exp)
{
    struct slice domain;
    struct slice before = state->domain;
    enum spf_expansion expansion = spf_macro_expand_domain(state, spec, &domain);
    if (expansion == SPF_EXPANSION_PENDING)
        return spf_end(state, SPF_RESULT_PENDING, SPF_REASON_DNS_PENDING, "");
    if (spf_state_is_void_exceeded(state))
        return SPF_RESULT_PERMERROR;
    if (expansion == SPF_EXPANSION_UNUSABLE)
        return spf_end(state, SPF_RESULT_NONE, SPF_REASON_BAD_DOMAIN,
                       "the domain cannot be expanded");
    if (state->facts != NULL)
        facts_open(state->facts, word, "%s: what does %.*s say?", word, SLICE_ARG(domain));
    state->domain = domain;
    enum spf_result result = spf_evaluate(state, exp);
    facts_close(state->facts);
    /* %{d} of an explanation is the domain that holds it. */
    if (exp == NULL)
        state->domain = before;
    return result;
}

static enum spf_match spf_match_include(struct spf_state *state, const struct spf_term *term)
{
    if (state->local_part_is_utf8 && slice_find(term->domain, '%') != SIZE_MAX) {
        struct slice unused;
        if (spf_macro_expand_domain(state, term->domain, &unused) == SPF_EXPANSION_UNUSABLE)
            return SPF_MATCH_NO;
    }
    switch (spf_evaluate_other(state, term->domain, "include", NULL)) {
    case SPF_RESULT_PASS:
        return SPF_MATCH_YES;
    case SPF_RESULT_FAIL:
    case SPF_RESULT_SOFTFAIL:
    case SPF_RESULT_NEUTRAL:
        return SPF_MATCH_NO;
    case SPF_RESULT_TEMPERROR:
        return SPF_MATCH_TEMPERROR;
    case SPF_RESULT_PENDING:
        return SPF_MATCH_PENDING;
    case SPF_RESULT_NONE:
        return spf_state_fail(state, SPF_MATCH_PERMERROR, SPF_REASON_INCLUDE_NO_RECORD,
                              "an include of a domain without SPF record");
    case SPF_RESULT_PERMERROR:
        break;
    }
    return SPF_MATCH_PERMERROR;
}

static enum spf_match spf_match_term(struct spf_state *state, const struct spf_term *term)
{
    const struct ip_address *ip = &state->request->ip;
    switch (term->mechanism) {
    case SPF_ALL:
        return SPF_MATCH_YES;
    case SPF_IP4:
        return !ip->is_v6 && ip_bits_match(term->network, ip->bytes, term->bits_v4) ? SPF_MATCH_YES
                                                                                    : SPF_MATCH_NO;
    case SPF_IP6:
        return ip->is_v6 && ip_bits_match(term->network, ip->bytes, term->bits_v6) ? SPF_MATCH_YES
                                                                                   : SPF_MATCH_NO;
    case SPF_INCLUDE:
    case SPF_A:
    case SPF_MX:
    case SPF_PTR:
    case SPF_EXISTS:
        break;
    }
    if (!spf_count_lookup(state))
        return SPF_MATCH_PERMERROR;
    return term->mechanism == SPF_INCLUDE ? spf_match_include(state, term)
                                          : spf_mechanism_match(state, term);
}

/* A term and what came of it. */
static void spf_tell_term(struct spf_state *state, const struct spf_term *term,
                          enum spf_match match)
{
    const char *result = spf_result_name(spf_result_of_qualifier(term->qualifier));
    if (state->facts == NULL)
        return;
    if (match == SPF_MATCH_YES)
        facts_add(state->facts, "term", "%.*s: matches, so the result is %s", SLICE_ARG(term->text),
                  result);
    else
        facts_add(state->facts, "term", "%.*s: %s", SLICE_ARG(term->text),
                  match == SPF_MATCH_NO ? "does not match" : "ends the evaluation");
}

/* 6.1: only where no mechanism matched and there is no "all". */
static enum spf_result spf_evaluate_redirect(struct spf_state *state,
                                             const struct spf_record *record, struct slice *exp)
{
    if (!spf_count_lookup(state))
        return SPF_RESULT_PERMERROR;
    enum spf_result result = spf_evaluate_other(state, record->redirect, "redirect", exp);
    if (result == SPF_RESULT_NONE)
        return spf_end(state, SPF_RESULT_PERMERROR, SPF_REASON_REDIRECT_NO_RECORD,
                       "a redirect to a domain without SPF record");
    return result;
}

/* The record of state->domain. *exp becomes the exp= of the record that decided. */
static enum spf_result spf_evaluate(struct spf_state *state, struct slice *exp)
{
    struct spf_record record;
    struct slice text;
    enum spf_result found = spf_find_record(state, &text);
    if (found != SPF_RESULT_PASS)
        return found;
    const char *wrong = spf_record_parse(state->arena, text, &record, &state->term);
    if (wrong != NULL)
        return spf_end(state, SPF_RESULT_PERMERROR, SPF_REASON_SYNTAX, wrong);
    for (size_t i = 0; i < record.count; i++) {
        const struct spf_term *term = &record.terms[i];
        enum spf_match match = spf_match_term(state, term);
        spf_tell_term(state, term, match);
        if (match == SPF_MATCH_NO)
            continue;
        state->term = term->text;
        if (match != SPF_MATCH_YES)
            return spf_result_of_match(match);
        if (exp != NULL)
            *exp = record.exp;
        return spf_end(state, spf_result_of_qualifier(term->qualifier), SPF_REASON_MATCHED, "");
    }
    if (record.redirect.data != NULL && !record.has_all)
        return spf_evaluate_redirect(state, &record, exp);
    facts_add(state->facts, "term", "nothing matches, so the result is neutral");
    state->term = (struct slice){NULL, 0};
    return spf_end(state, SPF_RESULT_NEUTRAL, SPF_REASON_NO_MATCH, "");
}

/* Finds sender and domain (2.4, 4.1, 4.3). */
static void spf_set_identity(struct spf_state *state, struct spf_outcome *outcome)
{
    const struct spf_request *request = state->request;
    struct slice address = request->mail_from;
    struct slice domain = request->helo;
    struct slice ascii;
    state->local_part = SLICE("postmaster");
    outcome->identity = SPF_IDENTITY_HELO;
    if (request->identity == SPF_IDENTITY_MAILFROM && address.len > 0) {
        size_t at = slice_find_last(address, '@');
        outcome->identity = SPF_IDENTITY_MAILFROM;
        domain = at == SIZE_MAX ? address : slice_skip(address, at + 1);
        if (at != SIZE_MAX && at > 0)
            state->local_part = slice_first(address, at);
    }
    state->local_part_is_utf8 = !text_is_ascii(state->local_part);
    if (domain_to_ascii(state->arena, domain_without_dot(domain), &ascii))
        domain = ascii;
    else
        domain = SLICE(""); /* no internationalised name: it cannot have a record */
    state->domain = domain;
    state->sender_domain = domain;
    state->helo = domain_without_dot(request->helo);
    outcome->domain = domain;
    outcome->sender = slice_of(
        arena_format(state->arena, "%.*s@%.*s", SLICE_ARG(state->local_part), SLICE_ARG(domain)));
}

void spf_check(const struct spf_request *request, const struct dns_resolver *resolver,
               struct arena *arena, struct facts *facts, struct spf_outcome *outcome)
{
    struct slice exp = {NULL, 0};
    char ip[IP_TEXT_BYTES];
    struct spf_state state = {.request = request,
                              .resolver = resolver,
                              .limits =
                                  request->limits != NULL ? request->limits : &SPF_LIMITS_DEFAULT,
                              .arena = arena,
                              .facts = facts,
                              .problem = ""};
    memset(outcome, 0, sizeof *outcome);
    spf_set_identity(&state, outcome);
    if (facts != NULL)
        facts_open(facts, "spf", "SPF: may %s send mail of %.*s (%s)?",
                   ip_to_text(&request->ip, ip), SLICE_ARG(outcome->sender),
                   outcome->identity == SPF_IDENTITY_HELO ? "by HELO" : "by MAIL FROM");
    outcome->result = spf_evaluate(&state, &exp);
    outcome->lookups = state.lookups;
    outcome->void_lookups = state.void_lookups;
    if (outcome->result == SPF_RESULT_FAIL &&
        !spf_explanation_find(&state, exp, &outcome->explanation))
        outcome->result = spf_end(&state, SPF_RESULT_PENDING, SPF_REASON_DNS_PENDING, "");
    outcome->reason = state.reason;
    outcome->term = state.term;
    outcome->problem = state.problem;
    if (facts != NULL) {
        if (outcome->explanation.len > 0)
            facts_add(facts, "explanation", "what the client is told: %.*s",
                      SLICE_ARG(outcome->explanation));
        facts_add(
            facts, "limits",
            "%u of %u terms that ask DNS, %u of %u look-ups without an answer (RFC 7208 4.6.4)",
            outcome->lookups, state.limits->lookups_max, outcome->void_lookups,
            state.limits->void_lookups_max);
        facts_add(facts, "result", "%s: %s (RFC 7208 %s)", spf_result_name(outcome->result),
                  state.problem[0] != '\0'                ? state.problem
                  : outcome->reason == SPF_REASON_MATCHED ? "a mechanism matched"
                                                          : "no mechanism matched",
                  spf_reason_section(outcome->reason));
    }
    facts_close(facts);
}
