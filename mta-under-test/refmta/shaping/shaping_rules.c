#include "mta-under-test/refmta/shaping/shaping_rules.h"

#include <limits.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 4 << 20, CONNECTIONS_MAX = 1000, MESSAGES_MAX = 1000000 };

static const char *const ACTIONS[] = {"nothing", "suspend",        "slow-down",
                                      "shrink",  "switch-address", NULL};
static const char *const SENSES[] = {"it-says", "temporary", "permanent", NULL};

const char *reply_action_name(enum reply_action action)
{
    return ACTIONS[action];
}

/* How each key is read. All have the signature of struct config_key. */
#define READER(name)                                                                    \
    static int name(struct config_reader *reader, const cJSON *value, const char *path, \
                    void *target)

/* A key whose value is a text, a number or a span, straight into one member. */
#define MEMBER(name, type, member, read)                \
    READER(name)                                        \
    {                                                   \
        struct type *one = target;                      \
        return read(reader, value, path, &one->member); \
    }
#define WHOLE(name, type, member, max)                                       \
    READER(name)                                                             \
    {                                                                        \
        struct type *one = target;                                           \
        return config_read_whole(reader, value, path, 1, max, &one->member); \
    }

READER(read_rate)
{
    struct shaping_rate *rate = target;
    struct slice rest = cJSON_IsString(value) ? slice_of(value->valuestring) : SLICE("");
    struct slice count;
    uint64_t number = 0;
    if (!slice_split(&rest, '/', &count) || text_to_u64(count, &number) != 0 || number == 0 ||
        number > MESSAGES_MAX || time_span_from_text(rest, &rate->span_us) != 0 ||
        rate->span_us <= 0)
        return config_expected(reader, value, path, "a rate like \"100/1m\"");
    rate->count = (unsigned)number;
    return 0;
}

MEMBER(read_rule_name, reply_rule, name, config_read_text)
MEMBER(read_rule_code, reply_rule, code, config_read_text)
MEMBER(read_rule_status, reply_rule, status, config_read_text)
MEMBER(read_rule_text, reply_rule, text, config_read_text)
MEMBER(read_rule_for, reply_rule, for_us, config_read_span)
MEMBER(read_rule_rate, reply_rule, rate, read_rate)
WHOLE(read_rule_successes, reply_rule, successes, MESSAGES_MAX)
WHOLE(read_rule_connections, reply_rule, connections, CONNECTIONS_MAX)

READER(read_rule_action)
{
    struct reply_rule *rule = target;
    unsigned index = 0;
    if (config_read_word(reader, value, path, ACTIONS, &index) != 0)
        return -1;
    rule->action = (enum reply_action)index;
    return 0;
}

READER(read_rule_sense)
{
    struct reply_rule *rule = target;
    unsigned index = 0;
    if (config_read_word(reader, value, path, SENSES, &index) != 0)
        return -1;
    rule->sense = (enum reply_sense)index;
    return 0;
}

/* What an action needs, and that a rule has something to fit. */
static const char *what_is_missing(const struct reply_rule *rule)
{
    if (rule->name == NULL)
        return "a \"name\"";
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

READER(read_rule)
{
    static const struct config_key KEYS[] = {{"name", read_rule_name},
                                             {"code", read_rule_code},
                                             {"status", read_rule_status},
                                             {"text", read_rule_text},
                                             {"then", read_rule_action},
                                             {"as", read_rule_sense},
                                             {"for", read_rule_for},
                                             {"until-successes", read_rule_successes},
                                             {"rate", read_rule_rate},
                                             {"connections", read_rule_connections},
                                             {NULL, NULL}};
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    const char *missing = what_is_missing(target);
    if (missing != NULL)
        return err_set(reader->err, "%s: %s: needs %s", reader->name, path, missing);
    return 0;
}

READER(read_rules)
{
    struct shaping_receiver *receiver = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(struct reply_rule), &items,
                                                 &receiver->rule_count, read_rule}) != 0)
        return -1;
    receiver->rules = items;
    return 0;
}

READER(read_pattern)
{
    return config_read_text(reader, value, path, target);
}

static int read_patterns(struct config_reader *reader, const cJSON *value, const char *path,
                         const char ***patterns, size_t *count)
{
    void *items = NULL;
    if (config_read_array(
            reader, value, path,
            &(struct config_array){sizeof(const char *), &items, count, read_pattern}) != 0)
        return -1;
    *patterns = items;
    return 0;
}

READER(read_domains)
{
    struct shaping_receiver *receiver = target;
    return read_patterns(reader, value, path, &receiver->domains, &receiver->domain_count);
}

READER(read_hosts)
{
    struct shaping_receiver *receiver = target;
    return read_patterns(reader, value, path, &receiver->hosts, &receiver->host_count);
}

MEMBER(read_receiver_name, shaping_receiver, name, config_read_text)
MEMBER(read_receiver_rate, shaping_receiver, rate, read_rate)
WHOLE(read_receiver_connections, shaping_receiver, connections, CONNECTIONS_MAX)
WHOLE(read_receiver_messages, shaping_receiver, messages_per_connection, MESSAGES_MAX)

READER(read_receiver)
{
    static const struct config_key KEYS[] = {{"name", read_receiver_name},
                                             {"domains", read_domains},
                                             {"mx", read_hosts},
                                             {"connections", read_receiver_connections},
                                             {"messages-per-connection", read_receiver_messages},
                                             {"rate", read_receiver_rate},
                                             {"rules", read_rules},
                                             {NULL, NULL}};
    const struct shaping_receiver *receiver = target;
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    if (receiver->name == NULL || receiver->domain_count + receiver->host_count == 0)
        return err_set(reader->err, "%s: %s: needs a \"name\", and \"domains\" or \"mx\"",
                       reader->name, path);
    return 0;
}

READER(read_receivers)
{
    struct shaping_rules *rules = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(struct shaping_receiver), &items,
                                                 &rules->receiver_count, read_receiver}) != 0)
        return -1;
    rules->receivers = items;
    return 0;
}

READER(read_others)
{
    static const struct config_key KEYS[] = {{"connections", read_receiver_connections},
                                             {"messages-per-connection", read_receiver_messages},
                                             {"rate", read_receiver_rate},
                                             {"rules", read_rules},
                                             {NULL, NULL}};
    struct shaping_rules *rules = target;
    return config_read_object(reader, value, path, KEYS, &rules->others);
}

READER(read_warm_up_source)
{
    struct shaping_warm_up *warm_up = target;
    if (!cJSON_IsString(value) ||
        ip_address_from_text(slice_of(value->valuestring), &warm_up->source) != 0)
        return config_expected(reader, value, path, "an IPv4 or IPv6 address");
    return 0;
}

READER(read_warm_up_start)
{
    struct shaping_warm_up *warm_up = target;
    if (!cJSON_IsString(value) ||
        time_from_rfc3339(slice_of(value->valuestring), &warm_up->start_us) != 0)
        return config_expected(reader, value, path, "a time like \"2026-03-02T00:00:00Z\"");
    return 0;
}

READER(read_day)
{
    return config_read_whole(reader, value, path, 1, INT_MAX, target);
}

READER(read_warm_up_days)
{
    struct shaping_warm_up *warm_up = target;
    void *items = NULL;
    if (config_read_array(
            reader, value, path,
            &(struct config_array){sizeof(unsigned), &items, &warm_up->day_count, read_day}) != 0)
        return -1;
    warm_up->per_day = items;
    return 0;
}

READER(read_warm_up)
{
    static const struct config_key KEYS[] = {{"source", read_warm_up_source},
                                             {"start", read_warm_up_start},
                                             {"per-day", read_warm_up_days},
                                             {NULL, NULL}};
    const struct shaping_warm_up *warm_up = target;
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    if (warm_up->source.family == 0 || warm_up->start_us == 0 || warm_up->day_count == 0)
        return err_set(reader->err, "%s: %s: needs \"source\", \"start\" and \"per-day\"",
                       reader->name, path);
    return 0;
}

READER(read_warm_ups)
{
    struct shaping_rules *rules = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(struct shaping_warm_up), &items,
                                                 &rules->warm_up_count, read_warm_up}) != 0)
        return -1;
    rules->warm_ups = items;
    return 0;
}

int shaping_rules_parse(struct shaping_rules *rules, struct arena *arena, const char *name,
                        struct slice json, struct err *err)
{
    static const struct config_key KEYS[] = {{"receivers", read_receivers},
                                             {"others", read_others},
                                             {"warm-up", read_warm_ups},
                                             {NULL, NULL}};
    struct config_reader reader = {.arena = arena, .err = err, .name = name};
    *rules = (struct shaping_rules){.others = {.name = "others"}};
    cJSON *root = config_read_json(&reader, json);
    if (root == NULL)
        return -1;
    int result = config_read_object(&reader, root, "", KEYS, rules);
    cJSON_Delete(root);
    return result;
}

int shaping_rules_load(struct shaping_rules *rules, struct arena *arena, const char *path,
                       struct err *err)
{
    struct buf json;
    buf_init(&json, FILE_BYTES_MAX);
    int result = file_read(path, &json, err);
    if (result == 0)
        result = shaping_rules_parse(rules, arena, arena_text(arena, path), buf_slice(&json), err);
    buf_deinit(&json);
    return result;
}

static bool any_matches(const char *const *patterns, size_t count, const char *text)
{
    for (size_t i = 0; text != NULL && i < count; i++)
        if (glob_matches(patterns[i], slice_of(text)))
            return true;
    return false;
}

const struct shaping_receiver *shaping_rules_find(const struct shaping_rules *rules,
                                                  const char *domain, const char *host)
{
    for (size_t i = 0; i < rules->receiver_count; i++) {
        const struct shaping_receiver *one = &rules->receivers[i];
        if (any_matches(one->domains, one->domain_count, domain) ||
            any_matches(one->hosts, one->host_count, host))
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
