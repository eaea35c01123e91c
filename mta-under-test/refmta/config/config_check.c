#include "mta-under-test/refmta/config/config_check.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

enum { RATE_COUNT_MAX = 1000000 };

static const char *const KINDS[] = {"iprev", "helo",  "dnsbl",    "spf",  "dkim",
                                    "arc",   "dmarc", "greylist", "rate", NULL};
static const char *const ACTIONS[] = {"tag", "quarantine", "defer", "reject", "accept", NULL};
static const char *const AT[] = {"earliest", "recipient", "content", NULL};
static const char *const OF[] = {"client", "sender", "recipient", NULL};

const char *config_action_name(enum config_check_action action)
{
    return ACTIONS[action];
}

const char *config_rate_of_name(enum config_rate_of of)
{
    return OF[of];
}

static int parse_rate(struct slice text, void *out)
{
    struct rate *rate = out;
    if (rate_from_text(text, RATE_COUNT_MAX, rate) != 0 || rate->span_us < TIME_SECOND ||
        rate->span_us > TIME_DAY)
        return -1;
    return 0;
}

static const struct config_key KEYS[] = {
    {"check", CONFIG_WORD(struct config_check, kind, enum config_check_kind, KINDS),
     .is_needed = true, .help = "what is looked at"},
    {"zone", CONFIG_HOSTNAME(struct config_check, zone), .help = "of the blocklist (`dnsbl`)"},
    {"when", CONFIG_LIST(struct config_check, when, CONFIG_TYPE_TEXT, when_count), .fallback = "[]",
     .help = "the results that count, such as `fail` or `temperror`; without them the usual ones"},
    {"delay", CONFIG_SPAN(struct config_check, delay_us), .fallback = "\"5m\"",
     .help = "how long who is new has to wait (`greylist`)"},
    {"limit",
     CONFIG_PARSED(struct config_check, rate, struct rate, parse_rate,
                   "a rate like \"100/1h\", from 1 to 1000000 in a time from 1s to 1d"),
     .help = "how many messages in which time are not too many (`rate`)"},
    {"of", CONFIG_WORD(struct config_check, of, enum config_rate_of, OF), .fallback = "\"client\"",
     .help =
         "who is counted (`rate`): the client (IPv6: its /64), the sender (the user where one has "
         "logged in), or each recipient"},
    {"own", CONFIG_FLAG(struct config_check, is_for_own), .fallback = "false",
     .help = "whether the rate also holds for users and `relay-networks`, of whom nothing else is "
             "checked"},
    {"at", CONFIG_WORD(struct config_check, at, enum config_check_at, AT),
     .fallback = "\"earliest\"",
     .help =
         "when it acts: `recipient`, at each RCPT, for this recipient; `content`, when the message "
         "is whole, for all of it, as `dkim`, `arc` and `dmarc` always do; `earliest`, at RCPT "
         "unless it, or a rule before it, needs the content"},
    {"action", CONFIG_WORD(struct config_check, action, enum config_check_action, ACTIONS),
     .is_needed = true,
     .help = "`tag` adds a field and goes on with the next rule; `quarantine` adds a field and, as "
             "`accept`, ends the rules of its moment: who is let in at RCPT is still judged by the "
             "content; `defer` and `reject` refuse"},
    CONFIG_END,
};

static bool needs_content(enum config_check_kind kind)
{
    return kind == CONFIG_CHECK_DKIM || kind == CONFIG_CHECK_ARC || kind == CONFIG_CHECK_DMARC;
}

static int check(struct config_reader *reader, const char *path, void *target)
{
    const struct config_check *rule = target;
    if ((rule->kind == CONFIG_CHECK_DNSBL) != (rule->zone != NULL))
        return config_mistake(reader, path, "\"zone\" belongs to the check \"dnsbl\"");
    if ((rule->kind == CONFIG_CHECK_RATE) != (rule->rate.count > 0))
        return config_mistake(reader, path, "\"limit\" belongs to the check \"rate\"");
    if (rule->is_for_own && rule->kind != CONFIG_CHECK_RATE)
        return config_mistake(reader, path, "\"own\" is for the check \"rate\"");
    if (rule->at == CONFIG_AT_RECIPIENT && needs_content(rule->kind))
        return config_mistake(
            reader, path,
            "\"at\": \"recipient\" is too early for the check \"%s\", which looks at "
            "the content; leave \"at\" out, or write \"content\"",
            KINDS[rule->kind]);
    return 0;
}

int config_checks_place(struct config_reader *reader, struct config_check *rules, size_t count)
{
    size_t first = count; /* that waits for the content */
    for (size_t i = 0; i < count; i++) {
        if (rules[i].at == CONFIG_AT_RECIPIENT && first < i)
            return config_mistake(
                reader, arena_format(reader->arena, "checks[%zu].at", i),
                "\"recipient\" is before the content, which checks[%zu] (\"%s\") waits for, and "
                "rules are "
                "read in their order; put this one before it, or leave \"at\" out",
                first, KINDS[rules[first].kind]);
        if (rules[i].at == CONFIG_AT_EARLIEST)
            rules[i].at =
                first < i || needs_content(rules[i].kind) ? CONFIG_AT_CONTENT : CONFIG_AT_RECIPIENT;
        if (rules[i].at == CONFIG_AT_CONTENT && first == count)
            first = i;
    }
    return 0;
}

const struct config_object CONFIG_CHECK = {
    .size = sizeof(struct config_check), .keys = KEYS, .check = check};
