#include "mta-under-test/refmta/shaping/shaping_rules.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 4 << 20, CONNECTIONS_MAX = 1000, MESSAGES_MAX = 1000000000 };

static const char *const ACTIONS[] = {"nothing", "suspend",        "slow-down",
                                      "shrink",  "switch-address", NULL};
static const char *const SENSES[] = {"it-says", "temporary", "permanent", NULL};

const char *reply_action_name(enum reply_action action)
{
    return ACTIONS[action];
}

static int parse_rate(struct slice text, void *out)
{
    return rate_from_text(text, MESSAGES_MAX, out);
}

static int parse_time(struct slice text, void *out)
{
    return time_from_rfc3339(text, out);
}

#define RATE(whole, member) \
    CONFIG_PARSED(whole, member, struct rate, parse_rate, "a rate like \"100/1m\", of at least 1")

static const struct config_key RULE_KEYS[] = {
    {"name", CONFIG_TEXT(struct reply_rule, name), .is_needed = true, .help = "for the log"},
    {"code", CONFIG_TEXT(struct reply_rule, code), .help = "of the reply: `421`, `4*`"},
    {"status", CONFIG_TEXT(struct reply_rule, status),
     .help = "its enhanced status; a reply without one does not fit"},
    {"text", CONFIG_TEXT(struct reply_rule, text),
     .help = "of the whole reply, its lines joined by spaces"},
    {"then", CONFIG_WORD(struct reply_rule, action, enum reply_action, ACTIONS),
     .fallback = "\"nothing\"",
     .help = "what comes into force for this receiver and this address of ours"},
    {"as", CONFIG_WORD(struct reply_rule, sense, enum reply_sense, SENSES),
     .fallback = "\"it-says\"", .help = "what the refusal counts as, whatever its code says"},
    {"for", CONFIG_SPAN(struct reply_rule, for_us), .help = "how long it is in force"},
    {"until-successes", CONFIG_WHOLE(struct reply_rule, successes, 1, MESSAGES_MAX),
     .help = "it ends after so many messages that were taken"},
    {"rate", RATE(struct reply_rule, rate), .help = "to slow down to"},
    {"connections", CONFIG_WHOLE(struct reply_rule, connections, 1, CONNECTIONS_MAX),
     .help = "to shrink to"},
    CONFIG_END,
};

/* What an action needs, and that a rule has something to fit. */
static const char *what_is_missing(const struct reply_rule *rule)
{
    if (rule->code == NULL && rule->status == NULL && rule->text == NULL)
        return "at least one of \"code\", \"status\" and \"text\"";
    if (rule->action == REPLY_SLOW && rule->rate.count == 0)
        return "a \"rate\", to slow down to";
    if (rule->action == REPLY_SHRINK && rule->connections == 0)
        return "\"connections\", to shrink to";
    if (rule->action == REPLY_NOTHING && rule->sense == REPLY_AS_IT_SAYS)
        return "\"then\" or \"as\"";
    if (rule->action != REPLY_NOTHING && rule->for_us == 0 && rule->successes == 0)
        return "\"for\" or \"until-successes\"";
    if (rule->for_us == 0 && (rule->action == REPLY_SUSPEND || rule->action == REPLY_SWITCH))
        return "\"for\": without mail there are no successes to wait for";
    return NULL;
}

static int check_rule(struct config_reader *reader, const char *path, void *target)
{
    const char *missing = what_is_missing(target);
    return missing == NULL ? 0 : config_mistake(reader, path, "needs %s", missing);
}

static const struct config_object RULE = {
    .size = sizeof(struct reply_rule), .keys = RULE_KEYS, .check = check_rule};

#define LIMITS                                                                                \
    {"connections", CONFIG_WHOLE(struct shaping_receiver, connections, 1, CONNECTIONS_MAX),   \
     .help = "open at a time, from one address of ours"},                                     \
        {"messages-per-connection",                                                           \
         CONFIG_WHOLE(struct shaping_receiver, messages_per_connection, 1, MESSAGES_MAX),     \
         .help = "after so many a connection ends"},                                          \
        {"rate", RATE(struct shaping_receiver, rate),                                         \
         .help = "messages in so long, spread evenly"},                                       \
    {                                                                                         \
        "rules", CONFIG_LIST(struct shaping_receiver, rules, CONFIG_TYPE_OBJECT, rule_count), \
            .object = &RULE, .help = "what replies mean; the first that fits counts"          \
    }

static const struct config_key RECEIVER_KEYS[] = {
    {"name", CONFIG_TEXT(struct shaping_receiver, name), .is_needed = true, .help = "for the log"},
    {"domains", CONFIG_LIST(struct shaping_receiver, domains, CONFIG_TYPE_TEXT, domain_count),
     .help = "of recipients"},
    {"mx", CONFIG_LIST(struct shaping_receiver, hosts, CONFIG_TYPE_TEXT, host_count),
     .help = "names of the best MX host"},
    LIMITS,
    CONFIG_END,
};

static int check_receiver(struct config_reader *reader, const char *path, void *target)
{
    const struct shaping_receiver *receiver = target;
    if (receiver->domain_count + receiver->host_count == 0)
        return config_mistake(reader, path, "needs \"domains\" or \"mx\"");
    return 0;
}

static const struct config_object RECEIVER = {
    .size = sizeof(struct shaping_receiver), .keys = RECEIVER_KEYS, .check = check_receiver};

static const struct config_key OTHERS_KEYS[] = {LIMITS, CONFIG_END};

static const struct config_object OTHERS = {.keys = OTHERS_KEYS};

static const struct config_key WARM_UP_KEYS[] = {
    {"source", CONFIG_ADDRESS(struct shaping_warm_up, source), .is_needed = true,
     .help = "the new address of ours"},
    {"start",
     CONFIG_PARSED(struct shaping_warm_up, start_us, int64_t, parse_time,
                   "a time like \"2026-03-02T00:00:00Z\""),
     .is_needed = true, .help = "when its first day begins"},
    {"per-day", CONFIG_LIST(struct shaping_warm_up, per_day, CONFIG_TYPE_WHOLE, day_count),
     .min = 1, .max = MESSAGES_MAX, .is_needed = true, .items_min = 1,
     .help = "messages to one receiver on each day; behind the last there is no limit"},
    CONFIG_END,
};

static const struct config_object WARM_UP = {.size = sizeof(struct shaping_warm_up),
                                             .keys = WARM_UP_KEYS};

static const struct config_key KEYS[] = {
    {"receivers", CONFIG_LIST(struct shaping_rules, receivers, CONFIG_TYPE_OBJECT, receiver_count),
     .object = &RECEIVER, .help = "destinations that are one receiver"},
    {"others", CONFIG_OBJECT(struct shaping_rules, others, &OTHERS),
     .help = "each other domain for itself; its rules also come after those of the receivers"},
    {"warm-up", CONFIG_LIST(struct shaping_rules, warm_ups, CONFIG_TYPE_OBJECT, warm_up_count),
     .object = &WARM_UP, .help = "how much new addresses of ours may send"},
    CONFIG_END,
};

static const struct config_object ROOT = {.keys = KEYS};

int shaping_rules_parse(struct shaping_rules *rules, struct arena *arena, const char *name,
                        struct slice json, struct err *err)
{
    struct config_document document = {name, json};
    *rules = (struct shaping_rules){0};
    int result = config_read_document(&document, &ROOT, rules, arena, err);
    rules->others.name = "others";
    return result;
}

int shaping_rules_load(struct shaping_rules *rules, struct arena *arena, const char *path,
                       struct err *err)
{
    struct buf json;
    buf_init(&json, FILE_BYTES_MAX);
    int result = file_read(path, &json, err);
    if (result == 0)
        result = shaping_rules_parse(rules, arena, path, buf_slice(&json), err);
    buf_deinit(&json);
    return result;
}

const struct shaping_receiver *shaping_rules_find(const struct shaping_rules *rules,
                                                  const char *domain, const char *host)
{
    for (size_t i = 0; i < rules->receiver_count; i++) {
        const struct shaping_receiver *one = &rules->receivers[i];
        if (glob_matches_any(one->domains, one->domain_count, domain) ||
            glob_matches_any(one->hosts, one->host_count, host))
            return one;
    }
    return &rules->others;
}

/* The parts of a reply: three digits, and what has the form of an enhanced status behind them. */
static bool rule_matches(const struct reply_rule *rule, struct slice reply)
{
    struct slice rest = reply;
    struct slice code;
    struct slice status;
    if (!slice_split(&rest, ' ', &code))
        return false;
    if (!slice_split(&rest, ' ', &status) || slice_find(status, '.') == SIZE_MAX)
        status = SLICE("");
    return (rule->code == NULL || glob_matches(rule->code, code)) &&
           (rule->status == NULL || glob_matches(rule->status, status)) &&
           (rule->text == NULL || glob_matches(rule->text, reply));
}

const struct reply_rule *shaping_rules_match(const struct shaping_rules *rules,
                                             const struct shaping_receiver *receiver,
                                             struct slice reply)
{
    const struct shaping_receiver *lists[] = {receiver, &rules->others};
    for (size_t k = 0; k < (receiver == &rules->others ? 1U : 2U); k++)
        for (size_t i = 0; i < lists[k]->rule_count; i++)
            if (rule_matches(&lists[k]->rules[i], reply))
                return &lists[k]->rules[i];
    return NULL;
}
