#include "mta-under-test/refmta/routing/routing_rules.h"

#include <openssl/crypto.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

enum {
    FILE_BYTES_MAX = 4 << 20,
    PASSWORD_BYTES_MAX = 1024,
    WEIGHT_MAX = 1000,
    SUBMISSION_PORT = 587
};

static const struct config_key SOURCE_KEYS[] = {
    {"v4", CONFIG_ADDRESS(struct routing_source, v4), .help = "the local IPv4 address"},
    {"v6", CONFIG_ADDRESS(struct routing_source, v6), .help = "the local IPv6 address"},
    {"hostname", CONFIG_HOSTNAME(struct routing_source, hostname), .is_needed = true,
     .help = "what EHLO says from there; the PTR records should say the same"},
    CONFIG_END,
};

static int check_source(struct config_reader *reader, const char *path, void *target)
{
    struct routing_source *source = target;
    if (source->v4.family != 0 && source->v4.family != AF_INET)
        return config_mistake(reader, path, "\"v4\" is no IPv4 address");
    if (source->v6.family != 0 && source->v6.family != AF_INET6)
        return config_mistake(reader, path, "\"v6\" is no IPv6 address");
    if (source->v4.family == 0 && source->v6.family == 0)
        return config_mistake(reader, path, "needs \"v4\" or \"v6\", or both");
    char text[IP_TEXT_BYTES];
    source->name =
        arena_text(reader->arena,
                   ip_address_to_text(source->v4.family != 0 ? &source->v4 : &source->v6, text));
    return 0;
}

static const struct config_object SOURCE = {
    .size = sizeof(struct routing_source), .keys = SOURCE_KEYS, .check = check_source};

static const struct config_key POOL_KEYS[] = {
    {"name", CONFIG_TEXT(struct routing_pool, name), .is_needed = true, .help = "for the rules"},
    {"sources", CONFIG_LIST(struct routing_pool, sources, CONFIG_TYPE_OBJECT, source_count),
     .is_needed = true, .items_min = 1, .object = &SOURCE,
     .help = "addresses that share the load; the one that is the least busy is used"},
    CONFIG_END,
};

static const struct config_object POOL = {.size = sizeof(struct routing_pool), .keys = POOL_KEYS};

static const struct config_key HOST_KEYS[] = {
    {"host", CONFIG_HOSTNAME(struct routing_host, name), .is_needed = true,
     .help = "its name or address"},
    {"port", CONFIG_PORT(struct routing_host, port, 1), .fallback = "587", .help = "its port"},
    {"weight", CONFIG_WHOLE(struct routing_host, weight, 1, WEIGHT_MAX), .fallback = "1",
     .help = "its share among those of the same priority"},
    {"priority", CONFIG_WHOLE(struct routing_host, priority, 0, WEIGHT_MAX), .fallback = "0",
     .help = "the lowest is tried first, the next when all of it fail"},
    CONFIG_END,
};

static const struct config_object HOST = {.size = sizeof(struct routing_host), .keys = HOST_KEYS};

static const char *const TLS[] = {"starttls", "implicit", "opportunistic", NULL};

static const char *const PROTOCOLS[] = {"smtp", "lmtp", NULL};

static const struct config_key RELAY_KEYS[] = {
    {"name", CONFIG_TEXT(struct routing_relay, name), .is_needed = true, .help = "for the rules"},
    {"hosts", CONFIG_LIST(struct routing_relay, hosts, CONFIG_TYPE_OBJECT, host_count),
     .is_needed = true, .items_min = 1, .object = &HOST, .help = "who takes the mail"},
    {"tls", CONFIG_WORD(struct routing_relay, tls, enum routing_tls, TLS),
     .fallback = "\"starttls\"",
     .help = "verified TLS by STARTTLS, verified TLS from the first byte on (RFC 8314), or TLS as "
             "for any host"},
    {"protocol", CONFIG_WORD(struct routing_relay, protocol, enum routing_protocol, PROTOCOLS),
     .fallback = "\"smtp\"",
     .help = "`lmtp` where it is the last hop (RFC 2033): each recipient has a reply of its own"},
    {"user", CONFIG_TEXT(struct routing_relay, user), .help = "with it refmta logs in"},
    {"password-file", CONFIG_FILE(struct routing_relay, password_file),
     .help = "its first line is the password"},
    CONFIG_END,
};

static int check_relay(struct config_reader *reader, const char *path, void *target)
{
    const struct routing_relay *relay = target;
    if ((relay->user == NULL) != (relay->password_file == NULL))
        return config_mistake(reader, path, "\"user\" and \"password-file\" belong together");
    if (relay->user != NULL && relay->tls == ROUTING_TLS_OPPORTUNISTIC)
        return config_mistake(reader, path,
                              "a password is only said in verified TLS: \"tls\" must be "
                              "\"starttls\" or \"implicit\"");
    for (size_t i = 1; i < relay->host_count; i++)
        if (relay->hosts[i].port != relay->hosts[0].port)
            return config_mistake(reader, path, "all hosts of a relay must have the same port");
    return 0;
}

static const struct config_object RELAY = {
    .size = sizeof(struct routing_relay), .keys = RELAY_KEYS, .check = check_relay};

static const struct config_key RULE_KEYS[] = {
    {"name", CONFIG_TEXT(struct routing_rule, name), .is_needed = true, .help = "for the log"},
    {"sender", CONFIG_TEXT(struct routing_rule, sender), .help = "fits the reverse-path"},
    {"recipient", CONFIG_TEXT(struct routing_rule, recipient), .help = "fits the recipient"},
    {"domain", CONFIG_TEXT(struct routing_rule, domain), .help = "fits the recipient's domain"},
    {"header", CONFIG_TEXT(struct routing_rule, header), .help = "name of a header field"},
    {"value", CONFIG_TEXT(struct routing_rule, value),
     .help = "fits that field's value; without it the field must be there"},
    {"relay", CONFIG_TEXT(struct routing_rule, relay_name),
     .help = "name of the relay to go through; without it straight to the MX hosts"},
    {"pool", CONFIG_TEXT(struct routing_rule, pool_name),
     .help = "name of the pool of our addresses; without it `sources`"},
    CONFIG_END,
};

static int check_rule(struct config_reader *reader, const char *path, void *target)
{
    const struct routing_rule *rule = target;
    if (rule->value != NULL && rule->header == NULL)
        return config_mistake(reader, path, "\"value\" needs a \"header\"");
    return 0;
}

static const struct config_object RULE = {
    .size = sizeof(struct routing_rule), .keys = RULE_KEYS, .check = check_rule};

static const struct config_key KEYS[] = {
    {"pools", CONFIG_LIST(struct routing_rules, pools, CONFIG_TYPE_OBJECT, pool_count),
     .object = &POOL, .help = "our addresses"},
    {"relays", CONFIG_LIST(struct routing_rules, relays, CONFIG_TYPE_OBJECT, relay_count),
     .object = &RELAY, .help = "servers that take mail for anywhere"},
    {"rules", CONFIG_LIST(struct routing_rules, rules, CONFIG_TYPE_OBJECT, rule_count),
     .object = &RULE, .help = "the first that fits a message and a recipient counts"},
    CONFIG_END,
};

static int find_names(struct routing_rules *rules, struct routing_rule *rule,
                      struct config_reader *reader, const char *path)
{
    for (size_t i = 0; rule->relay_name != NULL && i < rules->relay_count; i++)
        if (strcmp(rules->relays[i].name, rule->relay_name) == 0)
            rule->relay = &rules->relays[i];
    for (size_t i = 0; rule->pool_name != NULL && i < rules->pool_count; i++)
        if (strcmp(rules->pools[i].name, rule->pool_name) == 0)
            rule->pool = &rules->pools[i];
    if (rule->relay_name != NULL && rule->relay == NULL)
        return config_mistake(reader, path, "there is no relay \"%s\"", rule->relay_name);
    if (rule->pool_name != NULL && rule->pool == NULL)
        return config_mistake(reader, path, "there is no pool \"%s\"", rule->pool_name);
    return 0;
}

static int check_root(struct config_reader *reader, const char *path, void *target)
{
    struct routing_rules *rules = target;
    int result = 0;
    (void)path;
    for (size_t i = 0; i < rules->rule_count; i++)
        if (find_names(rules, &rules->rules[i], reader,
                       arena_format(reader->arena, "rules[%zu]", i)) != 0)
            result = -1;
    return result;
}

static const struct config_object ROOT = {.keys = KEYS, .check = check_root};

static int read_password(struct routing_relay *relay, struct arena *arena, struct err *err)
{
    struct buf text;
    if (relay->password_file == NULL)
        return 0;
    buf_init(&text, PASSWORD_BYTES_MAX);
    int result = file_read(relay->password_file, &text, err);
    if (result == 0) {
        buf_truncate(&text, strcspn(buf_text(&text), "\r\n"));
        relay->password = arena_text(arena, buf_text(&text));
        OPENSSL_cleanse(text.data, text.len);
        if (relay->password[0] == '\0')
            result = err_set(err, "%s: has no password in its first line", relay->password_file);
    }
    buf_deinit(&text);
    return result;
}

int routing_rules_parse(struct routing_rules *rules, struct arena *arena, const char *name,
                        struct slice json, struct err *err)
{
    struct config_document document = {name, json};
    *rules = (struct routing_rules){0};
    if (config_read_document(&document, &ROOT, rules, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < rules->relay_count; i++)
        if (read_password(&rules->relays[i], arena, err) != 0)
            return -1;
    return 0;
}

int routing_rules_load(struct routing_rules *rules, struct arena *arena, const char *path,
                       struct err *err)
{
    struct buf json;
    buf_init(&json, FILE_BYTES_MAX);
    int result = file_read(path, &json, err);
    if (result == 0)
        result = routing_rules_parse(rules, arena, path, buf_slice(&json), err);
    buf_deinit(&json);
    return result;
}

void routing_rules_forget(struct routing_rules *rules)
{
    for (size_t i = 0; i < rules->relay_count; i++)
        if (rules->relays[i].password != NULL)
            OPENSSL_cleanse(rules->relays[i].password, strlen(rules->relays[i].password));
}

/* The value of the first field of that name, unfolded enough for a glob; false if there is none. */
static bool find_field(struct slice headers, const char *name, struct slice *value)
{
    size_t len = strlen(name);
    struct slice line;
    while (headers.len > 0 && slice_split(&headers, '\n', &line)) {
        if (slice_trim(line).len == 0)
            return false;
        if (line.len <= len || line.data[len] != ':' ||
            !slice_is_nocase(slice_first(line, len), name))
            continue;
        *value = slice_trim(slice_skip(line, len + 1));
        return true;
    }
    return false;
}

static bool rule_fits(const struct routing_rule *rule, const struct routing_facts *facts)
{
    struct slice recipient = slice_of(facts->recipient);
    size_t at = slice_find_last(recipient, '@');
    struct slice domain = slice_skip(recipient, at == SIZE_MAX ? recipient.len : at + 1);
    struct slice value = SLICE("");
    if (rule->header != NULL && (!find_field(facts->headers, rule->header, &value) ||
                                 (rule->value != NULL && !glob_matches(rule->value, value))))
        return false;
    return (rule->sender == NULL || glob_matches(rule->sender, slice_of(facts->sender))) &&
           (rule->recipient == NULL || glob_matches(rule->recipient, recipient)) &&
           (rule->domain == NULL || glob_matches(rule->domain, domain));
}

const struct routing_rule *routing_rules_find(const struct routing_rules *rules,
                                              const struct routing_facts *facts)
{
    for (size_t i = 0; i < rules->rule_count; i++)
        if (rule_fits(&rules->rules[i], facts))
            return &rules->rules[i];
    return NULL;
}
