#include "sim/mx/mx_auth.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { MX_AUTH_FACTS_MAX = 300 };

const char *const MX_AUTH_METHOD_WORDS[] = {
#define X(name, word) word,
    MX_AUTH_METHODS(X)
#undef X
        NULL,
};

const char *const *mx_auth_words(enum mx_auth_method method)
{
    static const char *const SPF[] = {"none",     "neutral",   "pass",      "fail",
                                      "softfail", "temperror", "permerror", NULL};
    static const char *const DKIM[] = {"none",    "pass",      "fail",      "policy",
                                       "neutral", "temperror", "permerror", NULL};
    static const char *const DMARC[] = {"none", "pass", "fail", "temperror", "permerror", NULL};
    static const char *const ARC[] = {"none", "pass", "fail", NULL};
    static const char *const IPREV[] = {"pass", "fail", "temperror", "permerror", NULL};
    static const char *const *const WORDS[MX_AUTH_METHOD_COUNT] = {
        [MX_AUTH_SPF] = SPF, [MX_AUTH_DKIM] = DKIM,   [MX_AUTH_DMARC] = DMARC,
        [MX_AUTH_ARC] = ARC, [MX_AUTH_IPREV] = IPREV,
    };
    return WORDS[method];
}

static void mx_auth_write_spf(const struct mx_auth *auth, struct json_out *event)
{
    json_out_text(event, "domain", auth->spf_domain);
    json_out_text(event, "identity", auth->spf_identity);
    json_out_bool(event, "aligned", auth->spf_aligned);
}

static void mx_auth_write_dkim(const struct mx_auth *auth, struct json_out *event)
{
    json_out_bool(event, "aligned", auth->dkim_aligned);
    json_out_array(event, "signatures");
    for (size_t i = 0; i < auth->signature_count; i++) {
        const struct mx_auth_signature *signature = &auth->signatures[i];
        json_out_object(event, NULL);
        json_out_text(event, "result", signature->result.word);
        json_out_text(event, "domain", signature->domain);
        json_out_text(event, "selector", signature->selector);
        json_out_text(event, "algorithm", signature->algorithm);
        json_out_text(event, "reason", signature->result.reason);
        json_out_end(event);
    }
    json_out_end(event);
}

static void mx_auth_write_dmarc(const struct mx_auth *auth, struct json_out *event)
{
    json_out_text(event, "domain", auth->from_domain);
    json_out_text(event, "policy", auth->policy);
    json_out_text(event, "disposition", auth->disposition);
}

static void mx_auth_write_iprev(const struct mx_auth *auth, struct json_out *event)
{
    json_out_text(event, "name", auth->client_name);
}

/* A tree that nobody would read is left out. */
static void mx_auth_write_facts(const struct mx_auth_result *result, struct json_out *event)
{
    if (result->facts != NULL && result->facts->count > 0 &&
        result->facts->count <= MX_AUTH_FACTS_MAX)
        facts_to_json(result->facts, event, "facts");
}

void mx_auth_write(const struct mx_auth *auth, struct json_out *event)
{
    static void (*const DETAILS[MX_AUTH_METHOD_COUNT])(const struct mx_auth *auth,
                                                       struct json_out *event) = {
        [MX_AUTH_SPF] = mx_auth_write_spf,
        [MX_AUTH_DKIM] = mx_auth_write_dkim,
        [MX_AUTH_DMARC] = mx_auth_write_dmarc,
        [MX_AUTH_IPREV] = mx_auth_write_iprev,
    };
    if (auth->results[MX_AUTH_DMARC].word == NULL)
        return;
    json_out_object(event, "auth");
    for (unsigned method = 0; method < MX_AUTH_METHOD_COUNT; method++) {
        const struct mx_auth_result *result = &auth->results[method];
        if (result->word == NULL)
            continue;
        json_out_object(event, MX_AUTH_METHOD_WORDS[method]);
        json_out_text(event, "result", result->word);
        json_out_text(event, "reason", result->reason);
        if (DETAILS[method] != NULL)
            DETAILS[method](auth, event);
        mx_auth_write_facts(result, event);
        json_out_end(event);
    }
    json_out_end(event);
}
