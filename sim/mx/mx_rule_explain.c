/*
 * A rule as a sentence: at which stages, under which conditions, what is done. The values are told
 * as the scenario has them, ranges in words.
 */
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_rule.h"

#include "mta-under-test/base/poison.h"

/* ---- values as they were written */

static void mx_write_value(struct spec value, struct buf *out)
{
    if (spec_is_text(value)) {
        buf_add_text(out, value.json->valuestring);
    } else if (spec_is_number(value)) {
        buf_format(out, "%.15g", value.json->valuedouble);
    } else if (spec_is_bool(value)) {
        buf_add_text(out, cJSON_IsTrue(value.json) ? "yes" : "no");
    } else {
        for (size_t i = 0; i < spec_count(value); i++) {
            buf_add_text(out, i > 0 ? ", " : "");
            if (spec_is_object(value))
                buf_format(out, "%s ", spec_key_at(value, i));
            mx_write_value(spec_at(value, i), out);
        }
    }
}

/* A member in front of which stands `before`; nothing where it is not given. */
static void mx_write_member(struct spec object, const char *key, const char *before,
                            struct buf *out)
{
    struct spec member;
    if (!spec_get(object, key, &member))
        return;
    buf_add_text(out, before);
    mx_write_value(member, out);
}

/* The same, or what holds where it is not given. */
static void mx_write_member_or(struct spec object, const char *key, const char *before,
                               const char *usual, struct buf *out)
{
    struct spec member;
    if (spec_get(object, key, &member))
        mx_write_member(object, key, before, out);
    else
        buf_format(out, "%s%s", before, usual);
}

/* How long networks are, where the condition goes by them. */
static void mx_write_prefix(struct spec object, struct buf *out)
{
    struct spec prefix;
    if (spec_get(object, "prefix", &prefix) && spec_is_text(prefix))
        buf_format(out, " (networks are %s)", prefix.json->valuestring);
}

/* "2 to 5", "at least 3"; a value that is no such range as it is. */
static void mx_write_range(struct spec value, struct buf *out)
{
    struct range range;
    struct arena arena = {0};
    if (range_read(value, &range, NULL) == 0)
        buf_add_text(out, range_to_text(range, &arena));
    else if (range_read_span(value, &range, NULL) == 0)
        buf_add_text(out, range_span_to_text(range, &arena));
    else
        mx_write_value(value, out);
    arena_deinit(&arena);
}

/* ---- conditions */

static void mx_explain_tls(struct spec value, struct buf *out)
{
    if (spec_is_bool(value))
        buf_add_text(out, cJSON_IsTrue(value.json) ? "the connection is encrypted"
                                                   : "the connection is in clear text");
    if (spec_is_bool(value))
        return;
    buf_add_text(out, "the version of TLS is ");
    mx_write_value(value, out);
}

static void mx_explain_authenticated(struct spec value, struct buf *out)
{
    buf_format(out, "the client has%s logged in", cJSON_IsTrue(value.json) ? "" : " not");
}

/* A range alone, or {"is": RANGE, "by": KEY}. */
static void mx_explain_track(struct spec value, struct buf *out)
{
    struct spec is = value;
    if (spec_is_object(value) && !spec_get(value, "is", &is))
        is = value;
    mx_write_range(is, out);
    mx_write_member(value, "by", " of the same ", out);
}

/* Attempts are counted from 1. */
static void mx_explain_attempt(struct spec value, struct buf *out)
{
    struct spec is = value;
    struct range range;
    if (spec_is_object(value) && !spec_get(value, "is", &is))
        is = value;
    if (range_read(is, &range, NULL) != 0)
        return;
    if (range.min <= 1 && range.max == 1)
        buf_add_text(out, "it is the first attempt");
    else if (range.min == range.max)
        buf_format(out, "it is attempt %lld", (long long)range.min);
    else if (range.max == INT64_MAX)
        buf_format(out, "it is attempt %lld or a later one", (long long)range.min);
    else if (range.min <= 1)
        buf_format(out, "it is one of the first %lld attempts", (long long)range.max);
    else
        buf_format(out, "it is one of the attempts %lld to %lld", (long long)range.min,
                   (long long)range.max);
    mx_write_member(value, "by", " of the same ", out);
}

static void mx_explain_during(struct spec value, struct buf *out)
{
    struct window window;
    char from[TIME_TEXT_BYTES];
    char to[TIME_TEXT_BYTES];
    if (window_read(value, &window, NULL) != 0)
        return;
    time_span_to_text(window.from_us, from);
    time_span_to_text(window.to_us, to);
    if (window.to_us == INT64_MAX)
        buf_format(out, "it is %s after the start or later", from);
    else if (window.from_us == 0)
        buf_format(out, "it is less than %s after the start", to);
    else
        buf_format(out, "it is from %s to %s after the start", from, to);
}

static void mx_explain_age(struct spec value, struct buf *out)
{
    buf_add_text(out, "the first attempt was so long ago: ");
    mx_explain_track(value, out);
}

static void mx_explain_connections(struct spec value, struct buf *out)
{
    struct spec over = value;
    if (spec_is_object(value) && !spec_get(value, "over", &over))
        over = value;
    buf_add_text(out, "more connections are open than ");
    mx_write_value(over, out);
    mx_write_member_or(value, "by", ", for each ", "source-ip", out);
    mx_write_prefix(value, out);
}

static void mx_explain_rate(struct spec value, struct buf *out)
{
    mx_write_member(value, "of", "more ", out);
    mx_write_member(value, "over", " came than ", out);
    mx_write_member_or(value, "by", ", for each ", "source-ip", out);
    mx_write_prefix(value, out);
    struct spec refused;
    if (spec_get(value, "refused", &refused) && cJSON_IsTrue(refused.json))
        buf_add_text(out, ", what was refused as well");
}

/* With what mx_condition_greylist.c takes where nothing is said. */
static void mx_explain_greylist(struct spec value, struct buf *out)
{
    struct spec after;
    buf_add_text(out, "the greylist does not let it pass yet");
    mx_write_member_or(value, "by", ", for each ", "source-prefix, sender, recipient", out);
    mx_write_prefix(value, out);
    buf_add_text(out, ": a retry passes after ");
    if (spec_is_object(value))
        mx_write_member_or(value, "delay", "", "5m", out);
    else
        mx_write_value(value, out);
    mx_write_member_or(value, "window", ", if it comes within ", "2d", out);
    mx_write_member_or(value, "keep", ", and is remembered for ", "35d", out);
    if (!spec_get(value, "allow-after", &after))
        return;
    mx_write_member(value, "allow-after", "; all pass after so many: ", out);
    mx_write_member_or(value, "allow-by", " of a ", "source-prefix", out);
    mx_write_member(value, "allow-every", ", of which one counts in ", out);
    mx_write_member_or(value, "allow-for", ", and do so for ", "35d", out);
}

static void mx_explain_reputation(struct spec value, struct buf *out)
{
    struct spec is = value;
    mx_write_member(value, "of", "of the ", out);
    if (spec_is_object(value) && !spec_get(value, "is", &is))
        is = value;
    buf_add_text(out, spec_is_object(value) ? ": the reputation is " : "the reputation is ");
    mx_write_range(is, out);
}

/* ---- actions */

static void mx_explain_close(struct spec value, struct buf *out)
{
    buf_add_text(out,
                 cJSON_IsTrue(value.json) ? "closes the connection" : "keeps the connection open");
}

static void mx_explain_call_back(struct spec value, struct buf *out)
{
    buf_add_text(out, "first asks the mail host of the sender whether that mailbox is there");
    mx_write_member(value, "refuse", "; if not: ", out);
    mx_write_member(value, "defer", "; if nobody says: ", out);
}

/* ---- by their words */

/* What stands around the value; `explain` tells the value itself, `after` NULL leaves it out. */
struct mx_phrase {
    const char *word;
    const char *before;
    void (*explain)(struct spec value, struct buf *out);
    const char *after;
};

static const struct mx_phrase MX_CONDITION_PHRASES[] = {
    {"sender", "the sender is ", NULL, ""},
    {"recipient", "the recipient is ", NULL, ""},
    {"helo", "the client calls itself ", NULL, ""},
    {"client-name", "the client's address has the name ", NULL, ""},
    {"source", "the client's address is in ", NULL, ""},
    {"tls", "", mx_explain_tls, ""},
    {"authenticated", "", mx_explain_authenticated, ""},
    {"parameters", "the parameters of MAIL and RCPT have ", NULL, ""},
    {"subject", "the subject is ", NULL, ""},
    {"header", "the header has ", NULL, ""},
    {"size", "the size is ", NULL, ""},
    {"recipients", "the number of recipients is ", mx_write_range, ""},
    {"messages", "the number of messages in the connection is ", mx_write_range, ""},
    {"spf", "SPF says ", NULL, ""},
    {"dkim", "DKIM says ", NULL, ""},
    {"dmarc", "DMARC says ", NULL, ""},
    {"dmarc-policy", "the author's domain asks for ", NULL, ""},
    {"arc", "ARC says ", NULL, ""},
    {"iprev", "the name of the client's address, looked up and back, says ", NULL, ""},
    {"soa", "the look-up of the sender's domain says ", NULL, ""},
    {"reputation", "", mx_explain_reputation, ""},
    {"during", "", mx_explain_during, ""},
    {"clock", "the time of day is in ", NULL, " UTC"},
    {"calendar", "the day is ", NULL, ""},
    {"attempt", "", mx_explain_attempt, ""},
    {"age", "", mx_explain_age, ""},
    {"connections", "", mx_explain_connections, ""},
    {"rate", "", mx_explain_rate, ""},
    {"greylist", "", mx_explain_greylist, ""},
    {"probability", "by chance, in ", NULL, " of all cases"},
    {0},
};

static const struct mx_phrase MX_ACTION_PHRASES[] = {
    {"teaser", "greets at once with \"", NULL, "\" and goes on after the delay"},
    {"delay", "waits ", NULL, ""},
    {"drip", "sends bytes one by one, a second ", NULL, ""},
    {"reply", "replies \"", NULL, "\""},
    {"raw", "sends as it is \"", NULL, "\""},
    {"corrupt", "spoils the reply: ", NULL, ""},
    {"swallow", "never replies", NULL, NULL},
    {"lose-reply", "takes the message and loses the reply", NULL, NULL},
    {"close", "", mx_explain_close, ""},
    {"reset", "resets the connection", NULL, NULL},
    {"hang", "hangs", NULL, NULL},
    {"half-close", "sends no more, but reads", NULL, NULL},
    {"tls", "breaks the handshake: ", NULL, ""},
    {"limit", "limits ", NULL, ""},
    {"call-back", "", mx_explain_call_back, ""},
    {"junk", "puts the message into the junk folder", NULL, NULL},
    {"profile", "goes on as ", NULL, ""},
    {"log", "notes \"", NULL, "\""},
    {0},
};

static const struct mx_phrase *mx_phrase_of(const struct mx_phrase *phrases, const char *word)
{
    for (; phrases->word != NULL; phrases++) {
        if (strcmp(phrases->word, word) == 0)
            return phrases;
    }
    return NULL;
}

bool mx_rule_has_phrase(const char *word, bool of_condition)
{
    return mx_phrase_of(of_condition ? MX_CONDITION_PHRASES : MX_ACTION_PHRASES, word) != NULL;
}

/* A word that no phrase is there for stands for itself. */
static void mx_explain_word(const struct mx_phrase *phrases, const char *word, struct spec value,
                            struct buf *out)
{
    const struct mx_phrase bare = {word, word, NULL, NULL};
    const struct mx_phrase *phrase = mx_phrase_of(phrases, word);
    if (phrase == NULL)
        phrase = &bare;
    buf_add_text(out, phrase->before);
    if (phrase->after == NULL)
        return;
    if (phrase->explain != NULL)
        phrase->explain(value, out);
    else
        mx_write_value(value, out);
    buf_add_text(out, phrase->after);
}

void mx_rule_explain_when(const struct mx_rule *rule, struct buf *out)
{
    struct spec when;
    if (!spec_get(rule->spec, "when", &when)) {
        buf_add_text(out, "always");
        return;
    }
    for (size_t i = 0; i < spec_count(when); i++) {
        buf_add_text(out, i == 0 ? "when " : ", and ");
        mx_explain_word(MX_CONDITION_PHRASES, spec_key_at(when, i), spec_at(when, i), out);
    }
}

static bool mx_is_for_or_by(const char *key)
{
    return strcmp(key, "for") == 0 || strcmp(key, "by") == 0;
}

static void mx_rule_explain_then(const struct mx_rule *rule, struct buf *out)
{
    struct spec then;
    bool first = true;
    if (!spec_get(rule->spec, "then", &then))
        return;
    for (size_t i = 0; i < spec_count(then); i++) {
        if (mx_is_for_or_by(spec_key_at(then, i)))
            continue;
        buf_add_text(out, first ? "" : ", ");
        mx_explain_word(MX_ACTION_PHRASES, spec_key_at(then, i), spec_at(then, i), out);
        first = false;
    }
    mx_write_member(then, "for", "; from then on so for ", out);
    mx_write_member(then, "by", " to the same ", out);
    if (rule->go_on)
        buf_add_text(out, "; then the next rules are asked");
}

void mx_rule_list_explain(const struct mx_rule_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct mx_rule *rule = &list->rules[i];
        const char *before = " at ";
        buf_format(out, "    %zu. \"%s\"", i + 1, rule->name);
        for (unsigned stage = 0; stage < MX_STAGE_COUNT; stage++) {
            if ((rule->stages & MX_STAGE_BIT(stage)) == 0)
                continue;
            buf_format(out, "%s%s", before, MX_STAGE_WORDS[stage]);
            before = ", ";
        }
        buf_add_text(out, ", ");
        mx_rule_explain_when(rule, out);
        buf_add_text(out, ": ");
        mx_rule_explain_then(rule, out);
        buf_add_char(out, '\n');
    }
}
