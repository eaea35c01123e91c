#include "sim/provider/provider_settings.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

#define WORDS(name, list)         \
    const char *const name[] = {  \
        list(PROVIDER_WORD) NULL, \
    }
#define PROVIDER_WORD(name, word) word,
WORDS(PROVIDER_KEY_WORDS, PROVIDER_KEYS);
WORDS(PROVIDER_NEED_WORDS, PROVIDER_NEEDS);
WORDS(PROVIDER_PLACEMENT_WORDS, PROVIDER_PLACEMENTS);

enum { PROVIDER_MEMORY_DAYS_MAX = 31 };

#define PROVIDER_HUNDREDTHS INT64_C(100)

void provider_settings_set_defaults(struct provider_settings *settings)
{
    *settings = (struct provider_settings){
        .weights = {30, 10, 40, 20},
        .start = 60 * PROVIDER_SCORE_UNIT,
        .clean = 90 * PROVIDER_SCORE_UNIT,
        .rise = 150000,
        .fall = 500000,
        .complaints = {1000, 10000, 90 * PROVIDER_SCORE_UNIT},
        .unknown_users = {20000, 100000, 60 * PROVIDER_SCORE_UNIT},
        .inbox_from = 60 * PROVIDER_SCORE_UNIT,
        .junk_from = 30 * PROVIDER_SCORE_UNIT,
        .deferred_from = 10 * PROVIDER_SCORE_UNIT,
        .allowance_start = 200,
        .allowance_growth = 2 * PROVIDER_HUNDREDTHS,
        .memory_days = 30,
        .patience = 10,
        .block_us = TIME_DAY,
        .unsubscribe_due_us = 2 * TIME_DAY,
        .over_allowance = "421 4.7.28 Unusual rate of mail from {key}, try again later",
        .deferred = "421 4.7.0 Very low reputation of the sender, try again later",
        .rejected = "550 5.7.1 Very low reputation of the sender: the message is refused",
        .blocked = "550 5.7.28 Mail from {key} is blocked: it was not slowed down",
    };
}

/* ---- values */

struct provider_reader_of {
    struct arena *arena;
    struct provider_settings *settings;
    struct err *err;
};

static int read_number(struct spec spec, const char *key, int64_t max, int64_t unit,
                       int64_t *number, struct err *err)
{
    struct spec member;
    if (!spec_get(spec, key, &member))
        return 0;
    if (spec_read_int(member, 0, max, number, err) != 0)
        return -1;
    *number *= unit;
    return 0;
}

static int read_share(struct spec spec, const char *key, uint32_t *share, struct err *err)
{
    struct spec member;
    return spec_get(spec, key, &member) ? spec_read_share(member, share, err) : 0;
}

static int read_span(struct spec spec, const char *key, int64_t *span_us, struct err *err)
{
    struct spec member;
    return spec_get(spec, key, &member) ? spec_read_span(member, span_us, err) : 0;
}

static int read_text(struct spec spec, const char *key, const char **text, struct err *err)
{
    struct spec member;
    return spec_get(spec, key, &member) ? spec_read_text(member, text, err) : 0;
}

static int read_score(struct spec spec, const char *key, int64_t *score, struct err *err)
{
    return read_number(spec, key, PROVIDER_SCORE_MAX / PROVIDER_SCORE_UNIT, PROVIDER_SCORE_UNIT,
                       score, err);
}

/* "4" or "5", or both, is how the reply may begin: one that no client could read would be none. */
static int read_reply(struct spec spec, const char *classes, const char **reply, struct err *err)
{
    static const char *const NAMES[] = {"key", "provider", "from-domain", NULL};
    if (spec_read_text(spec, reply, err) != 0)
        return -1;
    const char *text = *reply;
    if (strchr(classes, text[0]) == NULL || !text_is_digit(text[1]) || !text_is_digit(text[2]) ||
        (text[3] != ' ' && text[3] != '\0'))
        return spec_error(
            spec, err, "expected a reply that begins with %c, as in \"%s\", found \"%s\"",
            classes[0], classes[0] == '4' ? "451 4.7.1 Later" : "550 5.7.1 Not wanted", text);
    return template_check(spec, text, NAMES, err);
}

/* ---- reputation, placement */

static int read_slope(struct spec spec, const char *key, struct provider_slope *slope,
                      struct err *err)
{
    static const char *const KEYS[] = {"free", "worst", "cost", NULL};
    struct spec member;
    uint32_t free_share = (uint32_t)slope->free;
    uint32_t worst = (uint32_t)slope->worst;
    if (!spec_get(spec, key, &member))
        return 0;
    if (spec_check_keys(member, KEYS, err) != 0 ||
        read_share(member, "free", &free_share, err) != 0 ||
        read_share(member, "worst", &worst, err) != 0 ||
        read_score(member, "cost", &slope->cost, err) != 0)
        return -1;
    if (worst <= free_share)
        return spec_error(member, err, "\"worst\" must lie above \"free\"");
    slope->free = free_share;
    slope->worst = worst;
    return 0;
}

static int read_reputation(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"weights", "start",      "clean",         "rise",
                                       "fall",    "complaints", "unknown-users", NULL};
    struct provider_settings *s = r->settings;
    struct spec weights;
    int64_t sum = 0;
    if (spec_check_keys(spec, KEYS, r->err) != 0 ||
        read_score(spec, "start", &s->start, r->err) != 0 ||
        read_score(spec, "clean", &s->clean, r->err) != 0 ||
        read_share(spec, "rise", &s->rise, r->err) != 0 ||
        read_share(spec, "fall", &s->fall, r->err) != 0 ||
        read_slope(spec, "complaints", &s->complaints, r->err) != 0 ||
        read_slope(spec, "unknown-users", &s->unknown_users, r->err) != 0)
        return -1;
    if (!spec_get(spec, "weights", &weights))
        return 0;
    if (spec_check_keys(weights, PROVIDER_KEY_WORDS, r->err) != 0)
        return -1;
    for (size_t i = 0; i < PROVIDER_KEY_COUNT; i++) {
        if (read_number(weights, PROVIDER_KEY_WORDS[i], 1000, 1, &s->weights[i], r->err) != 0)
            return -1;
        sum += s->weights[i];
    }
    return sum > 0 ? 0 : spec_error(weights, r->err, "all weights are 0: nothing has a reputation");
}

static int read_placement(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"inbox", "junk", "deferred", NULL};
    struct provider_settings *s = r->settings;
    if (spec_check_keys(spec, KEYS, r->err) != 0 ||
        read_score(spec, "inbox", &s->inbox_from, r->err) != 0 ||
        read_score(spec, "junk", &s->junk_from, r->err) != 0 ||
        read_score(spec, "deferred", &s->deferred_from, r->err) != 0)
        return -1;
    if (s->inbox_from < s->junk_from || s->junk_from < s->deferred_from)
        return spec_error(
            spec, r->err,
            "the least scores fall from inbox over junk to deferred; below is rejected");
    return 0;
}

static int read_warm_up(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"by",       "start", "growth", "memory",
                                       "patience", "block", NULL};
    struct provider_settings *s = r->settings;
    struct spec member;
    if (spec_check_keys(spec, KEYS, r->err) != 0 ||
        (spec_get(spec, "start", &member) &&
         spec_read_int(member, 1, INT32_MAX, &s->allowance_start, r->err) != 0) ||
        read_number(spec, "patience", 1000000, 1, &s->patience, r->err) != 0 ||
        read_span(spec, "block", &s->block_us, r->err) != 0)
        return -1;
    if (spec_get(spec, "growth", &member) &&
        spec_read_int(member, PROVIDER_HUNDREDTHS, 100 * PROVIDER_HUNDREDTHS, &s->allowance_growth,
                      r->err) != 0)
        return -1;
    if (spec_get(spec, "memory", &member)) {
        int64_t memory_us;
        if (spec_read_span(member, &memory_us, r->err) != 0)
            return -1;
        s->memory_days = memory_us / TIME_DAY;
        if (s->memory_days < 1 || s->memory_days > PROVIDER_MEMORY_DAYS_MAX)
            return spec_error(member, r->err, "expected 1d to %dd", PROVIDER_MEMORY_DAYS_MAX);
    }
    if (!spec_get(spec, "by", &member))
        return 0;
    memset(s->warm_up, 0, sizeof s->warm_up);
    for (size_t i = 0; i < (spec_is_array(member) ? spec_count(member) : 1); i++) {
        size_t kind;
        struct spec one = spec_is_array(member) ? spec_at(member, i) : member;
        if (spec_read_word(one, PROVIDER_KEY_WORDS, &kind, r->err) != 0)
            return -1;
        s->warm_up[kind] = true;
    }
    return 0;
}

/* ---- bulk senders, rules */

static int read_bulk(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"over", "by", "for-ever", "unsubscribe-due", NULL};
    static const char *const BY[] = {"domain", "organisation", NULL};
    struct spec member;
    size_t by = 0;
    if (spec_check_keys(spec, KEYS, r->err) != 0 ||
        read_number(spec, "over", INT32_MAX, 1, &r->settings->bulk_over, r->err) != 0 ||
        read_span(spec, "unsubscribe-due", &r->settings->unsubscribe_due_us, r->err) != 0 ||
        (spec_get(spec, "by", &member) && spec_read_word(member, BY, &by, r->err) != 0))
        return -1;
    if (spec_get(spec, "by", &member))
        r->settings->bulk_by_organisation = by == 1;
    return spec_get(spec, "for-ever", &member)
               ? spec_read_bool(member, &r->settings->bulk_for_ever, r->err)
               : 0;
}

/* `then` and its reply: both are needed where the message is not taken. */
static int read_outcome(struct provider_reader_of *r, struct spec spec,
                        enum provider_placement *then, const char **reply)
{
    struct spec member;
    size_t word;
    if (spec_need(spec, "then", &member, r->err) != 0 ||
        spec_read_word(member, PROVIDER_PLACEMENT_WORDS, &word, r->err) != 0)
        return -1;
    *then = (enum provider_placement)word;
    if (*then == PROVIDER_INBOX)
        return spec_error(member, r->err, "inbox is what happens without a rule");
    if (*then == PROVIDER_JUNK)
        return spec_get(spec, "reply", &member)
                   ? spec_error(
                         member, r->err,
                         "contradicts \"then\": what goes to junk is taken, and has the usual "
                         "reply")
                   : 0;
    return spec_need(spec, "reply", &member, r->err) != 0
               ? -1
               : read_reply(member, *then == PROVIDER_DEFERRED ? "4" : "5", reply, r->err);
}

static int read_rule(struct provider_reader_of *r, struct spec spec, struct provider_rule *rule)
{
    static const char *const KEYS[] = {"name",  "about", "needs", "of",
                                       "below", "then",  "reply", NULL};
    static const char *const OF[] = {"all", "bulk", NULL};
    struct spec member;
    size_t word;
    uint32_t below = 3000;
    if (spec_check_keys(spec, KEYS, r->err) != 0 ||
        spec_need(spec, "needs", &member, r->err) != 0 ||
        spec_read_word(member, PROVIDER_NEED_WORDS, &word, r->err) != 0)
        return -1;
    rule->need = (enum provider_need)word;
    rule->name = PROVIDER_NEED_WORDS[word];
    if (read_text(spec, "name", &rule->name, r->err) != 0 ||
        read_share(spec, "below", &below, r->err) != 0)
        return -1;
    rule->below = below;
    if (spec_get(spec, "below", &member) && rule->need != PROVIDER_NEED_COMPLAINTS)
        return spec_error(member, r->err, "is a share of complaints, and %s has none: leave it out",
                          PROVIDER_NEED_WORDS[rule->need]);
    if (spec_get(spec, "of", &member)) {
        if (spec_read_word(member, OF, &word, r->err) != 0)
            return -1;
        rule->bulk_only = word == 1;
    }
    return read_outcome(r, spec, &rule->then, &rule->reply);
}

/* The first rule that is not met decides: one that asks for the same of as many leaves nothing. */
static int check_rule_reach(struct provider_reader_of *r, struct spec spec, size_t number)
{
    const struct provider_rule *rule = &r->settings->rules[number];
    for (size_t i = 0; i < number; i++) {
        const struct provider_rule *before = &r->settings->rules[i];
        if (before->need == rule->need && (!before->bulk_only || rule->bulk_only) &&
            (rule->need != PROVIDER_NEED_COMPLAINTS || before->below <= rule->below))
            return spec_error(spec, r->err,
                              "can never decide: rules[%zu] before it asks for \"%s\", too", i,
                              PROVIDER_NEED_WORDS[rule->need]);
    }
    return 0;
}

static int read_rules(struct provider_reader_of *r, struct spec spec)
{
    if (spec_check_array(spec, r->err) != 0)
        return -1;
    size_t count = spec_count(spec);
    r->settings->rules = arena_alloc_array(r->arena, count + 1, sizeof r->settings->rules[0]);
    r->settings->rule_count = count;
    for (size_t i = 0; i < count; i++) {
        if (read_rule(r, spec_at(spec, i), &r->settings->rules[i]) != 0 ||
            check_rule_reach(r, spec_at(spec, i), i) != 0)
            return -1;
    }
    return 0;
}

/* ---- readers, blocklists */

/* Of the readers the first whose mailboxes match counts. */
static int check_reader_reach(struct provider_reader_of *r, struct spec spec, size_t number)
{
    const struct provider_reader *reader = &r->settings->readers[number];
    for (size_t i = 0; i < number; i++) {
        const struct pattern *before = r->settings->readers[i].to;
        if (before == NULL || (reader->to != NULL && pattern_is_within(reader->to, before)))
            return spec_error(spec, r->err,
                              "nobody is one of these readers: readers[%zu] before them has their "
                              "mailboxes, too",
                              i);
    }
    return 0;
}

static int read_readers(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {
        "about", "to", "complain", "unsubscribe", "complain-if-ignored", "within", NULL};
    if (spec_check_array(spec, r->err) != 0)
        return -1;
    size_t count = spec_count(spec);
    r->settings->readers = arena_alloc_array(r->arena, count + 1, sizeof r->settings->readers[0]);
    r->settings->reader_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct provider_reader *reader = &r->settings->readers[r->settings->reader_count++];
        struct spec one = spec_at(spec, i);
        struct spec member;
        *reader = (struct provider_reader){.complain_if_ignored = 200000, .within_us = TIME_DAY};
        if (spec_check_keys(one, KEYS, r->err) != 0 ||
            read_share(one, "complain", &reader->complain, r->err) != 0 ||
            read_share(one, "unsubscribe", &reader->unsubscribe, r->err) != 0 ||
            read_share(one, "complain-if-ignored", &reader->complain_if_ignored, r->err) != 0 ||
            read_span(one, "within", &reader->within_us, r->err) != 0)
            return -1;
        if (spec_get(one, "to", &member) &&
            pattern_read(member, r->arena, &reader->to, r->err) != 0)
            return -1;
        if (check_reader_reach(r, one, i) != 0)
            return -1;
    }
    return 0;
}

static int read_feedback(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"about", "by", "of", "to", NULL};
    if (spec_check_array(spec, r->err) != 0)
        return -1;
    size_t count = spec_count(spec);
    r->settings->feedback = arena_alloc_array(r->arena, count + 1, sizeof r->settings->feedback[0]);
    r->settings->feedback_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct provider_feedback *loop = &r->settings->feedback[r->settings->feedback_count++];
        struct spec one = spec_at(spec, i);
        struct spec member;
        size_t kind = PROVIDER_KEY_DKIM;
        *loop = (struct provider_feedback){.spec = one};
        if (spec_check_keys(one, KEYS, r->err) != 0 || spec_need(one, "to", &member, r->err) != 0 ||
            spec_read_text(member, &loop->to, r->err) != 0)
            return -1;
        const char *at = strrchr(loop->to, '@');
        if (at == NULL || at == loop->to || at[1] == '\0' || strpbrk(loop->to, "<> \r\n") != NULL)
            return spec_expected(member, r->err, "an address like \"complaints@sender.test\"");
        if ((spec_get(one, "by", &member) &&
             spec_read_word(member, PROVIDER_KEY_WORDS, &kind, r->err) != 0) ||
            (spec_get(one, "of", &member) &&
             pattern_read(member, r->arena, &loop->of, r->err) != 0))
            return -1;
        loop->kind = (enum provider_key_kind)kind;
    }
    return 0;
}

static int read_blocklists(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"name", "about", "zone",  "traps", "hits",
                                       "for",  "then",  "reply", NULL};
    if (spec_check_array(spec, r->err) != 0)
        return -1;
    size_t count = spec_count(spec);
    r->settings->blocklists =
        arena_alloc_array(r->arena, count + 1, sizeof r->settings->blocklists[0]);
    r->settings->blocklist_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct provider_blocklist *list = &r->settings->blocklists[r->settings->blocklist_count++];
        struct spec one = spec_at(spec, i);
        struct spec member;
        *list = (struct provider_blocklist){.hits = 1, .for_us = 3 * TIME_DAY};
        if (spec_check_keys(one, KEYS, r->err) != 0 ||
            spec_need(one, "name", &member, r->err) != 0 ||
            spec_read_text(member, &list->name, r->err) != 0 ||
            spec_need(one, "traps", &member, r->err) != 0 ||
            pattern_read(member, r->arena, &list->traps, r->err) != 0 ||
            (spec_get(one, "zone", &list->zone_spec) &&
             spec_read_domain(list->zone_spec, r->arena, &list->zone, r->err) != 0) ||
            read_number(one, "hits", 1000000, 1, &list->hits, r->err) != 0 ||
            read_span(one, "for", &list->for_us, r->err) != 0 ||
            read_outcome(r, one, &list->then, &list->reply) != 0)
            return -1;
    }
    return 0;
}

static int read_replies(struct provider_reader_of *r, struct spec spec)
{
    static const char *const KEYS[] = {"over-allowance", "deferred", "rejected", "blocked", NULL};
    struct provider_settings *s = r->settings;
    /* Who is over his allowance may hear a 550 that means later. */
    const struct {
        const char *classes;
        const char **reply;
    } REPLIES[] = {
        {"45", &s->over_allowance}, {"4", &s->deferred}, {"5", &s->rejected}, {"54", &s->blocked}};
    if (spec_check_keys(spec, KEYS, r->err) != 0)
        return -1;
    for (size_t i = 0; KEYS[i] != NULL; i++) {
        struct spec member;
        if (spec_get(spec, KEYS[i], &member) &&
            read_reply(member, REPLIES[i].classes, REPLIES[i].reply, r->err) != 0)
            return -1;
    }
    return 0;
}

/* ---- all */

void provider_settings_release(struct provider_settings *settings)
{
    for (size_t i = 0; i < settings->reader_count; i++)
        pattern_release(settings->readers[i].to);
    for (size_t i = 0; i < settings->feedback_count; i++)
        pattern_release(settings->feedback[i].of);
    for (size_t i = 0; i < settings->blocklist_count; i++)
        pattern_release(settings->blocklists[i].traps);
}

int provider_settings_read(struct spec spec, struct arena *arena,
                           struct provider_settings *settings, struct err *err)
{
    static const char *const KEYS[] = {"name",       "about",      "sources",   "assumptions",
                                       "model",      "reputation", "placement", "warm-up",
                                       "bulk",       "rules",      "readers",   "feedback",
                                       "blocklists", "replies",    NULL};
    static const struct {
        const char *key;
        int (*read)(struct provider_reader_of *r, struct spec spec);
    } PARTS[] = {
        {"reputation", read_reputation}, {"placement", read_placement},
        {"warm-up", read_warm_up},       {"bulk", read_bulk},
        {"rules", read_rules},           {"readers", read_readers},
        {"feedback", read_feedback},     {"blocklists", read_blocklists},
        {"replies", read_replies},
    };
    struct provider_reader_of r = {arena, settings, err};
    if (spec_check_keys(spec, KEYS, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        struct spec part;
        if (spec_get(spec, PARTS[i].key, &part) && PARTS[i].read(&r, part) != 0)
            return -1;
    }
    return 0;
}

static void explain_rules(const struct provider_settings *s, struct buf *out)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct provider_rule *rule = &s->rules[i];
        buf_format(out, "  needs %s of %s, else %s\n", PROVIDER_NEED_WORDS[rule->need],
                   rule->bulk_only ? "bulk senders" : "everybody",
                   rule->reply != NULL ? rule->reply : "junk");
    }
}

void provider_settings_explain(const struct provider_settings *s, struct buf *out)
{
    const int64_t unit = PROVIDER_SCORE_UNIT;
    buf_format(out,
               "  a new sender has the score %lld of 100; inbox from %lld, junk from %lld, "
               "deferred from %lld, below that rejected\n",
               (long long)(s->start / unit), (long long)(s->inbox_from / unit),
               (long long)(s->junk_from / unit), (long long)(s->deferred_from / unit));
    for (size_t i = 0; i < PROVIDER_KEY_COUNT; i++) {
        if (s->warm_up[i])
            buf_format(out,
                       "  %lld messages a day from a new %s, then at most %lld%% of its busiest "
                       "day\n",
                       (long long)s->allowance_start, PROVIDER_KEY_WORDS[i],
                       (long long)s->allowance_growth);
    }
    if (s->bulk_over > 0)
        buf_format(out, "  a bulk sender is %s that sends more than %lld messages a day\n",
                   s->bulk_by_organisation ? "an organisation" : "a domain",
                   (long long)s->bulk_over);
    explain_rules(s, out);
    for (size_t i = 0; i < s->blocklist_count; i++)
        buf_format(out, "  asks the blocklist %s, whose traps are %s%s%s\n", s->blocklists[i].name,
                   pattern_text(s->blocklists[i].traps),
                   s->blocklists[i].zone != NULL ? ", shown by the zone " : "",
                   s->blocklists[i].zone != NULL ? s->blocklists[i].zone : "");
    for (size_t i = 0; i < s->feedback_count; i++)
        buf_format(out, "  reports complaints about the %s %s to %s\n",
                   PROVIDER_KEY_WORDS[s->feedback[i].kind],
                   s->feedback[i].of != NULL ? pattern_text(s->feedback[i].of) : "of anybody",
                   s->feedback[i].to);
}
