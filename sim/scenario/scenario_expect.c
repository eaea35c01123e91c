#include "sim/scenario/scenario_expect.h"

#include "mta-under-test/base/text.h"
#include "sim/dns/dns_record.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_model.h"
#include "sim/tls/tls_identity.h"

#include "mta-under-test/base/poison.h"

static const char *const PLACEMENTS[] = {"inbox", "junk", NULL};
static const char *const TRANSFERS[] = {"data", "bdat", NULL};
static const char *const ENDS[] = {"settled", "limit", "mta-failed", NULL};

/* Says whether one text without wild cards can ever come. */
typedef int text_check(struct scenario_reader *r, struct spec spec, const char *text);

/* Each exact text of the pattern `key`. */
static int check_texts(struct scenario_reader *r, struct spec object, const char *key,
                       text_check *check)
{
    struct spec spec;
    if (!spec_get(object, key, &spec))
        return 0;
    bool array = spec_is_array(spec);
    for (size_t i = 0; i < (array ? spec_count(spec) : 1); i++) {
        struct spec one = array ? spec_at(spec, i) : spec;
        const char *text = one.json->valuestring;
        if (array && text[0] == '!')
            text++;
        if (pattern_is_exact(text) && check(r, one, text) != 0)
            return -1;
    }
    return 0;
}

static int check_host(struct scenario_reader *r, struct spec spec, const char *text)
{
    const char *name = spec_domain_from_text(text, r->arena);
    if (name != NULL && mx_model_find_host(r->scenario->mx, name) != NULL)
        return 0;
    return spec_error(spec, r->err, "there is no host \"%s\"", text);
}

static int check_type(struct scenario_reader *r, struct spec spec, const char *text)
{
    uint16_t type;
    return dns_type_from_text(text, &type) == 0
               ? 0
               : spec_expected(spec, r->err, "a type of DNS records like \"MX\" or \"TLSA\"");
}

static int check_code(struct scenario_reader *r, struct spec spec, const char *text)
{
    if (strlen(text) == 3 && text[0] >= '2' && text[0] <= '5' && text_is_digit(text[1]) &&
        text_is_digit(text[2]))
        return 0;
    return spec_expected(spec, r->err, "a reply code like \"421\", or a pattern like \"4*\"");
}

/* RFC 3463 2: class, subject, detail. */
static int check_status(struct scenario_reader *r, struct spec spec, const char *text)
{
    size_t dots = 0;
    for (const char *c = text; *c != '\0'; c++)
        dots += *c == '.';
    if (strspn(text, "0123456789.") == strlen(text) && dots == 2)
        return 0;
    return spec_expected(spec, r->err, "a status like \"5.1.1\", or a pattern like \"5.*\"");
}

static int check_tls(struct scenario_reader *r, struct spec object)
{
    struct spec tls;
    struct spec identity;
    if (!spec_get(object, "tls", &tls) || !spec_is_object(tls) ||
        !spec_get(tls, "identity", &identity))
        return 0;
    return pattern_check_words(identity, "identity", TLS_IDENTITY_WORDS, r->err);
}

static int check_words(struct scenario_reader *r, struct spec object, const char *key,
                       const char *noun, const char *const *words)
{
    struct spec spec;
    return spec_get(object, key, &spec) ? pattern_check_words(spec, noun, words, r->err) : 0;
}

static int check_delivery(struct scenario_reader *r, struct spec object)
{
    struct spec inner;
    for (unsigned i = 0; i < MX_AUTH_METHOD_COUNT; i++) {
        enum mx_auth_method method = (enum mx_auth_method)i;
        if (check_words(r, object, MX_AUTH_METHOD_WORDS[i], "result", mx_auth_words(method)) != 0)
            return -1;
    }
    if (check_words(r, object, "placement", "placement", PLACEMENTS) != 0 ||
        check_words(r, object, "transfer", "transfer", TRANSFERS) != 0 ||
        check_tls(r, object) != 0 || check_texts(r, object, "via", check_host) != 0)
        return -1;
    if (spec_get(object, "retries", &inner) && check_texts(r, inner, "after", check_code) != 0)
        return -1;
    return spec_get(object, "dsn", &inner) ? check_texts(r, inner, "status", check_status) : 0;
}

/* What a verdict of any provider of the scenario can name: what the model has by itself, a rule, a
 * blocklist. */
static int check_reason(struct scenario_reader *r, struct spec object)
{
    static const char *const OWN[] = {"over-allowance", "blocked", "reputation"};
    enum { OWN_COUNT = sizeof OWN / sizeof OWN[0] };
    const struct mx_providers *providers = mx_model_providers(r->scenario->mx);
    size_t size = OWN_COUNT;
    for (size_t i = 0; i < mx_providers_count(providers); i++) {
        const struct provider_settings *s = provider_get_settings(mx_providers_at(providers, i));
        size += s->rule_count + s->blocklist_count;
    }
    const char **names = arena_alloc_array(r->arena, size + 1, sizeof *names);
    memcpy(names, OWN, sizeof OWN);
    size_t count = OWN_COUNT;
    for (size_t i = 0; i < mx_providers_count(providers); i++) {
        const struct provider_settings *s = provider_get_settings(mx_providers_at(providers, i));
        for (size_t k = 0; k < s->rule_count; k++)
            names[count++] = s->rules[k].name;
        for (size_t k = 0; k < s->blocklist_count; k++)
            names[count++] = s->blocklists[k].name;
    }
    return check_words(r, object, "reason", "reason", names);
}

int scenario_check_expected_words(struct scenario_reader *reader,
                                  const struct check_expectation *expectation)
{
    struct spec spec = expectation->spec;
    if (expectation->subject == CHECK_OF_DELIVERIES)
        return check_delivery(reader, spec);
    if (expectation->subject == CHECK_OF_PROVIDER)
        return check_reason(reader, spec);
    if (expectation->subject == CHECK_OF_END)
        return check_words(reader, spec, "ends", "end", ENDS);
    return expectation->subject == CHECK_OF_QUERIES ? check_texts(reader, spec, "type", check_type)
                                                    : 0;
}
