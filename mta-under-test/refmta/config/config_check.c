#include "mta-under-test/refmta/config/config_check.h"

#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

static const char *const KINDS[] = {"iprev", "helo", "dnsbl", "spf", "dkim", "arc", "dmarc", NULL};
static const char *const ACTIONS[] = {"tag", "quarantine", "defer", "reject", "accept", NULL};

static const struct config_key KEYS[] = {
    {"check", CONFIG_WORD(struct config_check, kind, enum config_check_kind, KINDS),
     .is_needed = true, .help = "what is looked at"},
    {"zone", CONFIG_HOSTNAME(struct config_check, zone), .help = "of the blocklist (`dnsbl`)"},
    {"when", CONFIG_LIST(struct config_check, when, CONFIG_TYPE_TEXT, when_count), .fallback = "[]",
     .help = "the results that count, such as `fail` or `temperror`; without them the usual ones"},
    {"action", CONFIG_WORD(struct config_check, action, enum config_check_action, ACTIONS),
     .is_needed = true,
     .help = "`tag` adds a field and goes on with the next rule; `quarantine` adds a field and "
             "takes the message; `defer`, `reject` and `accept` end the policy"},
    CONFIG_END,
};

static int check(struct config_reader *reader, const char *path, void *target)
{
    const struct config_check *rule = target;
    if ((rule->kind == CONFIG_CHECK_DNSBL) != (rule->zone != NULL))
        return config_mistake(reader, path, "\"zone\" belongs to the check \"dnsbl\"");
    return 0;
}

const struct config_object CONFIG_CHECK = {
    .size = sizeof(struct config_check), .keys = KEYS, .check = check};
