#include "sim/check/check_list.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

const char *const CHECK_LEVEL_WORDS[] = {"must", "should", "info", NULL};
const char *const CHECK_END_WORDS[] = {"queued",    "delivered", "bounced", "refused",
                                       "discarded", "deleted",   NULL};
const char *const CHECK_COUNT_WORDS[] = {"connections", "messages", "recipients", "accepted", NULL};

/* What the readers of one expectation share. */
struct check_reader {
    struct arena *arena;
    struct spec spec;
    struct check_expectation *expectation;
    struct err *err;
};

/* ---- values where they stand; a key that is absent leaves the default */

static int read_pattern(struct check_reader *r, const char *key, struct pattern **pattern)
{
    struct spec member;
    if (!spec_get(r->spec, key, &member))
        return 0;
    return pattern_read(member, r->arena, pattern, r->err);
}

typedef int range_reader(struct spec spec, struct range *range, struct err *err);

static int read_range(struct check_reader *r, const char *key, range_reader *reader,
                      struct range *range)
{
    struct spec member;
    if (!spec_get(r->spec, key, &member))
        return 0;
    return reader(member, range, r->err);
}

/* How often something was. */
static int read_count_range(struct spec spec, struct range *range, struct err *err)
{
    if (range_read(spec, range, err) != 0)
        return -1;
    return range->max >= 0 ? 0
                           : spec_error(spec, err, "holds for nothing: a count is never below 0");
}

static int read_span(struct check_reader *r, const char *key, int64_t *span_us)
{
    struct spec member;
    if (!spec_get(r->spec, key, &member))
        return 0;
    return spec_read_span(member, span_us, r->err);
}

/* ---- deliveries */

static int read_ends(struct check_reader *r, struct check_wanted *wanted)
{
    struct spec is;
    if (!spec_get(r->spec, "is", &is))
        return 0;
    bool array = spec_is_array(is);
    if (array && spec_count(is) == 0)
        return spec_expected(is, r->err, "at least one end");
    for (size_t i = 0; i < (array ? spec_count(is) : 1); i++) {
        size_t end = 0;
        struct spec one = array ? spec_at(is, i) : is;
        if (spec_is_text(one) && strcmp(one.json->valuestring, "deferred") == 0)
            return spec_error(one, r->err,
                              "\"deferred\" is no end: a message that is deferred is tried again; "
                              "say \"attempts\": \"2..\", or \"is\": \"queued\"");
        if (spec_read_word(one, CHECK_END_WORDS, &end, r->err) != 0)
            return -1;
        wanted->ends |= 1U << end;
    }
    return 0;
}

/* "1.2" as 12. */
static int tls_version_unit(struct spec spec, const char *text, int64_t *version)
{
    (void)spec;
    static const char *const WORDS[] = {"1.0", "1.1", "1.2", "1.3"};
    for (int64_t i = 0; i < 4; i++) {
        if (strcmp(text, WORDS[i]) == 0) {
            *version = 10 + i;
            return 0;
        }
    }
    return -1;
}

/* ">=1.2", "1.3", "1.2..1.3". */
static int read_tls_version(struct spec spec, struct range *range, struct err *err)
{
    static const char WHAT[] = "a version like \">=1.2\", \"1.3\" or \"1.2..1.3\"";
    if (!spec_is_text(spec))
        return spec_expected(spec, err, WHAT);
    const char *text = spec.json->valuestring;
    *range = (struct range){10, 13};
    bool least = strncmp(text, ">=", 2) == 0;
    bool most = strncmp(text, "<=", 2) == 0;
    if (least || most) {
        if (tls_version_unit(spec, text + 2, least ? &range->min : &range->max) != 0)
            return spec_expected(spec, err, WHAT);
        return 0;
    }
    char first[4] = "";
    memcpy(first, text, strlen(text) < 3 ? strlen(text) : 3);
    const char *last = strlen(text) == 8 && strncmp(text + 3, "..", 2) == 0 ? text + 5 : text;
    if (tls_version_unit(spec, first, &range->min) != 0 ||
        tls_version_unit(spec, last, &range->max) != 0 || range->min > range->max)
        return spec_expected(spec, err, WHAT);
    return 0;
}

static int read_tls(struct check_reader *r, struct check_wanted *wanted)
{
    static const char *const KEYS[] = {"version", "cipher", "identity", NULL};
    struct spec tls;
    if (!spec_get(r->spec, "tls", &tls))
        return 0;
    wanted->tls_asked = true;
    wanted->tls_wanted = true;
    if (spec_is_bool(tls))
        return spec_read_bool(tls, &wanted->tls_wanted, r->err);
    if (!spec_is_object(tls))
        return spec_expected(tls, r->err,
                             "true, false, or an object like {\"version\": \">=1.2\"}");
    if (spec_check_keys(tls, KEYS, r->err) != 0)
        return -1;
    struct check_reader inner = *r;
    inner.spec = tls;
    return read_range(&inner, "version", read_tls_version, &wanted->tls_version) != 0 ||
                   read_pattern(&inner, "cipher", &wanted->tls_cipher) != 0 ||
                   read_pattern(&inner, "identity", &wanted->tls_identity) != 0
               ? -1
               : 0;
}

static int read_retries(struct check_reader *r, struct check_wanted *wanted)
{
    static const char *const KEYS[] = {"spacing", "after", NULL};
    struct spec retries;
    struct spec spacing;
    if (!spec_get(r->spec, "retries", &retries))
        return 0;
    if (spec_check_keys(retries, KEYS, r->err) != 0 ||
        spec_need(retries, "spacing", &spacing, r->err) != 0 ||
        range_read_span(spacing, &wanted->spacing, r->err) != 0)
        return -1;
    struct check_reader inner = *r;
    inner.spec = retries;
    return read_pattern(&inner, "after", &wanted->after);
}

static int read_dsn(struct check_reader *r, struct check_wanted *wanted)
{
    static const char *const KEYS[] = {"status", "diagnostic", "remote-mta", "reporting-mta", NULL};
    struct spec dsn;
    if (!spec_get(r->spec, "dsn", &dsn))
        return 0;
    if (spec_check_keys(dsn, KEYS, r->err) != 0)
        return -1;
    if (wanted->ends == 0)
        wanted->ends = 1U << CHECK_BOUNCED;
    if (wanted->ends != 1U << CHECK_BOUNCED)
        return spec_error(dsn, r->err, "\"dsn\" describes a bounce: it needs \"is\": \"bounced\"");
    struct check_reader inner = *r;
    inner.spec = dsn;
    return read_pattern(&inner, "status", &wanted->dsn_status) != 0 ||
                   read_pattern(&inner, "diagnostic", &wanted->dsn_diagnostic) != 0 ||
                   read_pattern(&inner, "remote-mta", &wanted->dsn_remote_mta) != 0 ||
                   read_pattern(&inner, "reporting-mta", &wanted->dsn_reporting_mta) != 0
               ? -1
               : 0;
}

static int read_hosts(struct check_reader *r, struct check_wanted *wanted)
{
    struct spec hosts;
    if (!spec_get(r->spec, "hosts", &hosts))
        return 0;
    return spec_read_texts(hosts, r->arena, &wanted->hosts, &wanted->host_count, r->err);
}

static int read_parameters(struct check_reader *r, struct check_wanted *wanted)
{
    struct spec member;
    if (!spec_get(r->spec, "parameters", &member))
        return 0;
    return parameters_read(member, r->arena, &wanted->parameters, r->err);
}

static int read_auth(struct check_reader *r, struct check_wanted *wanted)
{
    for (unsigned i = 0; i < CHECK_AUTH_COUNT; i++) {
        if (read_pattern(r, CHECK_AUTH_WORDS[i], &wanted->auth[i]) != 0)
            return -1;
    }
    return 0;
}

static int read_deliveries(struct check_reader *r)
{
    static const char *const KEYS[] = {"about",      "level",    "for",        "message",  "from",
                                       "to",         "is",       "within",     "attempts", "tries",
                                       "copies",     "warnings", "retries",    "via",      "hosts",
                                       "reply",      "tls",      "spf",        "dkim",     "dmarc",
                                       "arc",        "iprev",    "placement",  "dsn",      "share",
                                       "not-before", "transfer", "parameters", NULL};
    struct check_expectation *e = r->expectation;
    struct check_wanted *wanted = &e->wanted;
    if (spec_check_keys(r->spec, KEYS, r->err) != 0 ||
        read_pattern(r, "message", &e->message) != 0 || read_pattern(r, "from", &e->from) != 0 ||
        read_pattern(r, "to", &e->to) != 0 || read_ends(r, wanted) != 0 ||
        read_span(r, "within", &wanted->within_us) != 0 ||
        read_span(r, "not-before", &wanted->not_before_us) != 0 ||
        read_range(r, "attempts", read_count_range, &wanted->attempts) != 0 ||
        read_range(r, "tries", read_count_range, &wanted->tries) != 0 ||
        read_range(r, "copies", read_count_range, &wanted->copies) != 0 ||
        read_range(r, "warnings", read_count_range, &wanted->warnings) != 0 ||
        read_range(r, "share", range_read_share, &e->share) != 0 ||
        read_pattern(r, "via", &wanted->via) != 0 ||
        read_pattern(r, "reply", &wanted->reply) != 0 || read_auth(r, wanted) != 0 ||
        read_pattern(r, "placement", &wanted->placement) != 0 ||
        read_pattern(r, "transfer", &wanted->transfer) != 0 || read_parameters(r, wanted) != 0 ||
        read_hosts(r, wanted) != 0 || read_tls(r, wanted) != 0 || read_retries(r, wanted) != 0 ||
        read_dsn(r, wanted) != 0)
        return -1;
    struct spec share;
    e->share_given = spec_get(r->spec, "share", &share);
    if (wanted->not_before_us > wanted->within_us)
        return spec_error(r->spec, r->err, "\"not-before\" lies behind \"within\"");
    if (wanted->ends == 1U << CHECK_DELIVERED &&
        (wanted->attempts.max < 1 || wanted->tries.max < 1 || wanted->copies.max < 1))
        return spec_error(r->spec, r->err,
                          "what is \"delivered\" has at least one attempt and one copy");
    for (const cJSON *key = r->spec.json->child; key != NULL; key = key->next) {
        static const char *const SELECTORS[] = {"about", "level", "for",   "message",
                                                "from",  "to",    "share", NULL};
        bool selects = false;
        for (size_t i = 0; SELECTORS[i] != NULL; i++)
            selects = selects || strcmp(key->string, SELECTORS[i]) == 0;
        if (!selects)
            return 0;
    }
    return spec_error(r->spec, r->err,
                      "expects nothing: say what must hold, as in \"is\": "
                      "\"delivered\"");
}

/* ---- a host */

/* "<=100/1m": the sign may be left out. */
static int read_rate(struct check_reader *r)
{
    struct check_expectation *e = r->expectation;
    struct spec member;
    if (!spec_get(r->spec, "rate", &member))
        return 0;
    e->rate_given = true;
    if (!spec_is_text(member))
        return spec_expected(member, r->err, "a limit like \"<=100/1m\"");
    struct slice text = slice_of(member.json->valuestring);
    if (slice_starts_with(text, SLICE("<=")))
        text = slice_skip(text, 2);
    if (rate_read_text(member, text, &e->rate, r->err) != 0)
        return -1;
    e->rate_of = CHECK_MESSAGES;
    struct spec of;
    if (spec_get(r->spec, "of", &of)) {
        size_t index = 0;
        if (spec_read_word(of, CHECK_COUNT_WORDS, &index, r->err) != 0)
            return -1;
        e->rate_of = (enum check_count)index;
    }
    return 0;
}

static int read_during(struct check_reader *r)
{
    struct spec member;
    if (!spec_get(r->spec, "during", &member))
        return 0;
    if (window_read(member, &r->expectation->during, r->err) != 0)
        return -1;
    if (r->expectation->during.by_day)
        return spec_expected(member, r->err, "a window since the start, like \"10m..2h\"");
    return 0;
}

static int read_host(struct check_reader *r)
{
    static const char *const KEYS[] = {
        "about",  "level",       "for",         "host",     "rule",     "fired",      "rate", "of",
        "during", "concurrency", "connections", "messages", "accepted", "recipients", NULL};
    struct check_expectation *e = r->expectation;
    if (spec_check_keys(r->spec, KEYS, r->err) != 0 || read_pattern(r, "host", &e->host) != 0 ||
        read_pattern(r, "rule", &e->rule) != 0 ||
        read_range(r, "fired", read_count_range, &e->fired) != 0 || read_rate(r) != 0 ||
        read_range(r, "concurrency", read_count_range, &e->concurrency) != 0 || read_during(r) != 0)
        return -1;
    struct spec member;
    bool asks = e->rate_given || e->rule != NULL || spec_get(r->spec, "concurrency", &member);
    for (size_t i = 0; i < CHECK_COUNT_COUNT; i++) {
        e->count_given[i] = spec_get(r->spec, CHECK_COUNT_WORDS[i], &member);
        asks = asks || e->count_given[i];
        if (read_range(r, CHECK_COUNT_WORDS[i], read_count_range, &e->count[i]) != 0)
            return -1;
    }
    if (!spec_get(r->spec, "fired", &member))
        e->fired = (struct range){1, INT64_MAX};
    else if (e->rule == NULL)
        return spec_error(member, r->err, "\"fired\" needs \"rule\": which one?");
    if (!asks)
        return spec_error(r->spec, r->err,
                          "expects nothing of the host: say a rate, a count, or a "
                          "rule that fired");
    return 0;
}

/* ---- queries, log lines, the end */

static int read_count(struct check_reader *r)
{
    r->expectation->times = (struct range){1, INT64_MAX};
    return read_range(r, "count", read_count_range, &r->expectation->times);
}

static int read_queries(struct check_reader *r)
{
    static const char *const KEYS[] = {"about", "level", "for",    "query",
                                       "type",  "count", "during", NULL};
    struct check_expectation *e = r->expectation;
    return spec_check_keys(r->spec, KEYS, r->err) != 0 ||
                   read_pattern(r, "query", &e->query) != 0 ||
                   read_pattern(r, "type", &e->type) != 0 || read_count(r) != 0 ||
                   read_during(r) != 0
               ? -1
               : 0;
}

static int read_log(struct check_reader *r)
{
    static const char *const KEYS[] = {"about", "level", "for",    "log", "status",
                                       "to",    "count", "during", NULL};
    struct check_expectation *e = r->expectation;
    return spec_check_keys(r->spec, KEYS, r->err) != 0 || read_pattern(r, "log", &e->log) != 0 ||
                   read_pattern(r, "status", &e->status) != 0 ||
                   read_pattern(r, "to", &e->to) != 0 || read_count(r) != 0 || read_during(r) != 0
               ? -1
               : 0;
}

static int read_events(struct check_reader *r)
{
    static const char *const KEYS[] = {"about", "level", "for",    "event",
                                       "with",  "count", "during", NULL};
    struct check_expectation *e = r->expectation;
    struct spec event;
    struct spec with;
    if (spec_check_keys(r->spec, KEYS, r->err) != 0 ||
        read_pattern(r, "event", &e->wish.event) != 0 || read_count(r) != 0 || read_during(r) != 0)
        return -1;
    if (spec_get(r->spec, "event", &event) && check_event_check(event, &e->wish, r->err) != 0)
        return -1;
    return spec_get(r->spec, "with", &with) ? check_event_read(with, r->arena, &e->wish, r->err)
                                            : 0;
}

static int read_end(struct check_reader *r)
{
    static const char *const KEYS[] = {"about", "level", "for", "ends", "within", NULL};
    struct check_expectation *e = r->expectation;
    return spec_check_keys(r->spec, KEYS, r->err) != 0 || read_pattern(r, "ends", &e->ends) != 0 ||
                   read_span(r, "within", &e->wanted.within_us) != 0
               ? -1
               : 0;
}

/* ---- a provider */

static int read_provider(struct check_reader *r)
{
    static const char *const KEYS[] = {"about",      "level",  "for",    "provider",
                                       "placement",  "reason", "count",  "score",
                                       "complaints", "listed", "during", NULL};
    struct check_expectation *e = r->expectation;
    return spec_check_keys(r->spec, KEYS, r->err) != 0 ||
                   read_pattern(r, "provider", &e->provider.name) != 0 ||
                   check_provider_wanted_read(r->spec, r->arena, &e->provider, r->err) != 0 ||
                   read_during(r) != 0
               ? -1
               : 0;
}

/* ---- all of them */

static void expectation_init(struct check_expectation *e)
{
    struct check_wanted *wanted = &e->wanted;
    wanted->within_us = INT64_MAX;
    wanted->attempts = RANGE_ALL;
    wanted->tries = RANGE_ALL;
    wanted->copies = RANGE_ALL;
    wanted->warnings = RANGE_ALL;
    wanted->spacing = RANGE_ALL;
    wanted->tls_version = RANGE_ALL;
    e->share = (struct range){1000000, 1000000};
    e->fired = RANGE_ALL;
    e->concurrency = RANGE_ALL;
    check_provider_wanted_init(&e->provider);
    e->times = RANGE_ALL;
    for (size_t i = 0; i < CHECK_COUNT_COUNT; i++)
        e->count[i] = RANGE_ALL;
    e->during = (struct window){false, 0, INT64_MAX};
}

static int read_common(struct check_reader *r)
{
    struct check_expectation *e = r->expectation;
    struct spec member;
    if (spec_get(r->spec, "about", &member) && spec_read_text(member, &e->about, r->err) != 0)
        return -1;
    size_t level = CHECK_MUST;
    if (spec_get(r->spec, "level", &member) &&
        spec_read_word(member, CHECK_LEVEL_WORDS, &level, r->err) != 0)
        return -1;
    e->level = (enum check_level)level;
    return 0;
}

static int read_subject(struct check_reader *r)
{
    static const struct {
        const char *key;
        enum check_subject subject;
        int (*read)(struct check_reader *r);
    } SUBJECTS[] = {
        {"host", CHECK_OF_HOST, read_host}, {"query", CHECK_OF_QUERIES, read_queries},
        {"log", CHECK_OF_LOG, read_log},    {"event", CHECK_OF_EVENTS, read_events},
        {"ends", CHECK_OF_END, read_end},   {"provider", CHECK_OF_PROVIDER, read_provider},
    };
    for (size_t i = 0; i < sizeof SUBJECTS / sizeof SUBJECTS[0]; i++) {
        struct spec member;
        if (spec_get(r->spec, SUBJECTS[i].key, &member)) {
            r->expectation->subject = SUBJECTS[i].subject;
            return SUBJECTS[i].read(r);
        }
    }
    return read_deliveries(r);
}

static bool text_is_value(struct spec value, const char *text)
{
    char number[32];
    if (spec_is_text(value))
        return strcmp(value.json->valuestring, text) == 0;
    if (spec_is_bool(value))
        return strcmp(cJSON_IsTrue(value.json) ? "true" : "false", text) == 0;
    snprintf(number, sizeof number, "%.15g", value.json->valuedouble);
    return spec_is_number(value) && strcmp(number, text) == 0;
}

/* 1 if the cell at hand fits "for", 0 if not. */
static int read_for(struct spec spec, const struct spec_variable *variables, size_t count,
                    struct err *err)
{
    struct spec limit;
    if (!spec_get(spec, "for", &limit))
        return 1;
    if (!spec_is_object(limit))
        return spec_expected(limit, err, "an object like {\"mode\": \"enforce\"}");
    if (count == 0)
        return spec_error(limit, err, "\"for\" picks cells of a \"matrix\", and there is none");
    bool fits = true;
    for (size_t i = 0; i < spec_count(limit); i++) {
        struct spec wanted = spec_at(limit, i);
        size_t v = 0;
        while (v < count && strcmp(variables[v].name, spec_key_at(limit, i)) != 0)
            v++;
        if (v == count)
            return spec_error(wanted, err,
                              "no such name in \"matrix\"; the first that is there is \"%s\"",
                              variables[0].name);
        bool one = false;
        bool array = spec_is_array(wanted);
        for (size_t k = 0; k < (array ? spec_count(wanted) : 1); k++)
            one = one || text_is_value(array ? spec_at(wanted, k) : wanted, variables[v].text);
        fits = fits && one;
    }
    return fits ? 1 : 0;
}

int check_list_parse(struct spec spec, const struct spec_variable *variables, size_t variable_count,
                     struct arena *arena, struct check_list **list, struct err *err)
{
    *list = NULL;
    if (spec_check_array(spec, err) != 0)
        return -1;
    struct check_list *result = arena_alloc(arena, sizeof *result);
    result->items = arena_alloc_array(arena, spec_count(spec) + 1, sizeof result->items[0]);
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct spec one = spec_at(spec, i);
        struct check_expectation *expectation = &result->items[result->count];
        if (!spec_is_object(one)) {
            spec_expected(one, err,
                          "an object like {\"to\": \"bob@a.test\", \"is\": \"delivered\"}");
            check_list_release(&result);
            return -1;
        }
        int fits = read_for(one, variables, variable_count, err);
        if (fits == 0)
            continue;
        *expectation = (struct check_expectation){.spec = one, .place = one.path};
        expectation_init(expectation);
        result->count++;
        struct check_reader reader = {arena, one, expectation, err};
        if (fits < 0 || read_common(&reader) != 0 || read_subject(&reader) != 0) {
            check_list_release(&result);
            return -1;
        }
    }
    *list = result;
    return 0;
}

bool check_list_asks_auth(const struct check_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        for (unsigned k = 0; k < CHECK_AUTH_COUNT; k++) {
            if (list->items[i].wanted.auth[k] != NULL)
                return true;
        }
    }
    return false;
}

void check_list_release(struct check_list **list)
{
    if (*list == NULL)
        return;
    for (size_t i = 0; i < (*list)->count; i++) {
        struct check_expectation *e = &(*list)->items[i];
        struct check_wanted *w = &e->wanted;
        struct pattern *const PATTERNS[] = {e->message,
                                            e->from,
                                            e->to,
                                            e->host,
                                            e->rule,
                                            e->query,
                                            e->type,
                                            e->log,
                                            e->status,
                                            e->ends,
                                            w->after,
                                            w->via,
                                            w->reply,
                                            w->tls_cipher,
                                            w->tls_identity,
                                            w->placement,
                                            w->transfer,
                                            w->dsn_status,
                                            w->dsn_diagnostic,
                                            w->dsn_remote_mta,
                                            w->dsn_reporting_mta};
        for (size_t k = 0; k < sizeof PATTERNS / sizeof PATTERNS[0]; k++)
            pattern_release(PATTERNS[k]);
        for (unsigned k = 0; k < CHECK_AUTH_COUNT; k++)
            pattern_release(w->auth[k]);
        parameters_release(&e->wanted.parameters);
        check_event_release(&e->wish);
        check_provider_wanted_release(&e->provider);
    }
    *list = NULL;
}
