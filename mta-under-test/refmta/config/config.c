#include "mta-under-test/refmta/config/config.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

enum {
    FILE_BYTES_MAX = 16 << 20,
    CONCURRENCY_MAX = 1000,
    DNS_PORT = 53,
    SMTP_PORT = 25,
};

/* How each key is read. All have the signature of struct config_key. */
#define READER(name)                                                                    \
    static int name(struct config_reader *reader, const cJSON *value, const char *path, \
                    void *target)

READER(read_hostname)
{
    struct config *config = target;
    return config_read_hostname(reader, value, path, &config->hostname);
}

READER(read_listener_address)
{
    struct config_listener *listener = target;
    if (!cJSON_IsString(value) ||
        ip_address_from_text(slice_of(value->valuestring), &listener->endpoint.address) != 0)
        return config_expected(reader, value, path, "an IPv4 or IPv6 address");
    return 0;
}

READER(read_listener_port)
{
    struct config_listener *listener = target;
    unsigned port = 0;
    if (config_read_whole(reader, value, path, 0, UINT16_MAX, &port) != 0)
        return -1;
    listener->endpoint.port = (uint16_t)port;
    return 0;
}

READER(read_listener_mode)
{
    static const char *const WORDS[] = {"relay", "submission", NULL};
    struct config_listener *listener = target;
    unsigned index = 0;
    if (config_read_word(reader, value, path, WORDS, &index) != 0)
        return -1;
    listener->mode = (enum config_mode)index;
    return 0;
}

READER(read_listener_tls)
{
    static const char *const WORDS[] = {"none", "starttls", "implicit", NULL};
    struct config_listener *listener = target;
    unsigned index = 0;
    if (config_read_word(reader, value, path, WORDS, &index) != 0)
        return -1;
    listener->tls = (enum config_listener_tls)index;
    return 0;
}

READER(read_listener)
{
    static const struct config_key KEYS[] = {{"address", read_listener_address},
                                             {"port", read_listener_port},
                                             {"mode", read_listener_mode},
                                             {"tls", read_listener_tls},
                                             {NULL, NULL}};
    struct config_listener *listener = target;
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    if (listener->endpoint.address.family == 0)
        return err_set(reader->err, "%s: %s: needs an \"address\"", reader->name, path);
    if (cJSON_GetObjectItemCaseSensitive(value, "port") == NULL)
        return err_set(reader->err, "%s: %s: needs a \"port\"", reader->name, path);
    return 0;
}

READER(read_listeners)
{
    struct config *config = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(struct config_listener), &items,
                                                 &config->listener_count, read_listener}) != 0)
        return -1;
    config->listeners = items;
    return 0;
}

READER(read_spool)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->spool);
}

READER(read_resolver)
{
    if (!cJSON_IsString(value) ||
        ip_endpoint_from_text(slice_of(value->valuestring), DNS_PORT, target) != 0)
        return config_expected(reader, value, path, "an address like \"192.0.2.53\"");
    return 0;
}

READER(read_resolvers)
{
    struct config *config = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(struct ip_endpoint), &items,
                                                 &config->resolver_count, read_resolver}) != 0)
        return -1;
    config->resolvers = items;
    return 0;
}

READER(read_source)
{
    if (!cJSON_IsString(value) || ip_address_from_text(slice_of(value->valuestring), target) != 0)
        return config_expected(reader, value, path, "an IPv4 or IPv6 address");
    return 0;
}

READER(read_sources)
{
    struct config *config = target;
    void *items = NULL;
    size_t count = 0;
    if (config_read_array(
            reader, value, path,
            &(struct config_array){sizeof(struct ip_address), &items, &count, read_source}) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct ip_address *address = (const struct ip_address *)items + i;
        struct ip_address *slot =
            address->family == AF_INET ? &config->source_v4 : &config->source_v6;
        if (slot->family != 0)
            return err_set(reader->err, "%s: %s: more than one address of the same family",
                           reader->name, path);
        *slot = *address;
    }
    return 0;
}

READER(read_network)
{
    if (!cJSON_IsString(value) || ip_network_from_text(slice_of(value->valuestring), target) != 0)
        return config_expected(reader, value, path, "a network like \"192.0.2.0/24\"");
    return 0;
}

READER(read_relay_networks)
{
    struct config *config = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(struct ip_network), &items,
                                                 &config->relay_network_count, read_network}) != 0)
        return -1;
    config->relay_networks = items;
    return 0;
}

READER(read_domain)
{
    return config_read_hostname(reader, value, path, target);
}

READER(read_relay_for)
{
    struct config *config = target;
    void *items = NULL;
    if (config_read_array(reader, value, path,
                          &(struct config_array){sizeof(const char *), &items,
                                                 &config->relay_for.count, read_domain}) != 0)
        return -1;
    config->relay_for.names = items;
    return 0;
}

READER(read_retry)
{
    struct config *config = target;
    if (config_read_text(reader, value, path, &config->retry_text) != 0)
        return -1;
    if (schedule_from_text(slice_of(config->retry_text), &config->retry, reader->err) != 0)
        return err_prefix(reader->err, "%s: %s", reader->name, path);
    return 0;
}

READER(read_give_up)
{
    struct config *config = target;
    return config_read_span(reader, value, path, &config->give_up_us);
}

READER(read_warn_after)
{
    struct config *config = target;
    config->warn_after_us = 0;
    if (cJSON_IsString(value) && strcmp(value->valuestring, "never") == 0)
        return 0;
    return config_read_span(reader, value, path, &config->warn_after_us);
}

READER(read_tls_mode)
{
    static const char *const WORDS[] = {"opportunistic", "required", "none", NULL};
    struct config *config = target;
    unsigned index = 0;
    if (config_read_word(reader, value, path, WORDS, &index) != 0)
        return -1;
    config->tls_mode = (enum tls_mode)index;
    return 0;
}

READER(read_tls_dane)
{
    struct config *config = target;
    return config_read_flag(reader, value, path, &config->tls_dane);
}

READER(read_tls_sts)
{
    struct config *config = target;
    return config_read_flag(reader, value, path, &config->tls_sts);
}

READER(read_tls_certificate)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->tls_certificate);
}

READER(read_tls_key)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->tls_key);
}

READER(read_tls_trust)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->tls_trust);
}

READER(read_tls)
{
    static const struct config_key KEYS[] = {{"mode", read_tls_mode},
                                             {"dane", read_tls_dane},
                                             {"mta-sts", read_tls_sts},
                                             {"certificate", read_tls_certificate},
                                             {"key", read_tls_key},
                                             {"trust", read_tls_trust},
                                             {NULL, NULL}};
    return config_read_object(reader, value, path, KEYS, target);
}

READER(read_smart_host_host)
{
    struct config *config = target;
    return config_read_hostname(reader, value, path, &config->smart_host);
}

READER(read_smart_host_port)
{
    struct config *config = target;
    unsigned port = 0;
    if (config_read_whole(reader, value, path, 1, UINT16_MAX, &port) != 0)
        return -1;
    config->smart_host_port = (uint16_t)port;
    return 0;
}

READER(read_smart_host_user)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->smart_host_user);
}

READER(read_smart_host_password_file)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->smart_host_password_file);
}

READER(read_smart_host)
{
    static const struct config_key KEYS[] = {{"host", read_smart_host_host},
                                             {"port", read_smart_host_port},
                                             {"user", read_smart_host_user},
                                             {"password-file", read_smart_host_password_file},
                                             {NULL, NULL}};
    struct config *config = target;
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    if (config->smart_host == NULL)
        return err_set(reader->err, "%s: %s: needs a \"host\"", reader->name, path);
    if ((config->smart_host_user == NULL) != (config->smart_host_password_file == NULL))
        return err_set(reader->err, "%s: %s: \"user\" and \"password-file\" belong together",
                       reader->name, path);
    return 0;
}

READER(read_auth_users)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->auth_users);
}

READER(read_auth_on_loopback)
{
    struct config *config = target;
    return config_read_flag(reader, value, path, &config->auth_on_loopback);
}

READER(read_auth)
{
    static const struct config_key KEYS[] = {{"users", read_auth_users},
                                             {"clear-text-on-loopback", read_auth_on_loopback},
                                             {NULL, NULL}};
    const struct config *config = target;
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    if (config->auth_users == NULL)
        return err_set(reader->err, "%s: %s: needs \"users\", a file", reader->name, path);
    return 0;
}

READER(read_dkim_domain)
{
    struct config *config = target;
    return config_read_hostname(reader, value, path, &config->dkim_domain);
}

READER(read_dkim_selector)
{
    struct config *config = target;
    return config_read_hostname(reader, value, path, &config->dkim_selector);
}

READER(read_dkim_key)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->dkim_key);
}

READER(read_dkim)
{
    static const struct config_key KEYS[] = {{"domain", read_dkim_domain},
                                             {"selector", read_dkim_selector},
                                             {"key", read_dkim_key},
                                             {NULL, NULL}};
    struct config *config = target;
    if (config_read_object(reader, value, path, KEYS, target) != 0)
        return -1;
    if (config->dkim_domain == NULL || config->dkim_selector == NULL || config->dkim_key == NULL)
        return err_set(reader->err, "%s: %s: needs a \"domain\", a \"selector\" and a \"key\"",
                       reader->name, path);
    return 0;
}

READER(read_shaping)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->shaping);
}

READER(read_routing)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->routing);
}

READER(read_concurrency)
{
    struct config *config = target;
    return config_read_whole(reader, value, path, 1, CONCURRENCY_MAX, &config->concurrency);
}

READER(read_size_limit)
{
    struct config *config = target;
    return config_read_size(reader, value, path, &config->size_limit_bytes);
}

READER(read_log)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->log);
}

READER(read_control)
{
    struct config *config = target;
    return config_read_text(reader, value, path, &config->control);
}

READER(read_durability)
{
    static const char *const WORDS[] = {"full", "off", NULL};
    struct config *config = target;
    unsigned index = 0;
    if (config_read_word(reader, value, path, WORDS, &index) != 0)
        return -1;
    config->durability = (enum config_durability)index;
    return 0;
}

static const struct config_key KEYS[] = {
    {"hostname", read_hostname},
    {"listeners", read_listeners},
    {"spool", read_spool},
    {"resolvers", read_resolvers},
    {"sources", read_sources},
    {"relay-networks", read_relay_networks},
    {"relay-for", read_relay_for},
    {"retry", read_retry},
    {"give-up", read_give_up},
    {"warn-after", read_warn_after},
    {"tls", read_tls},
    {"smart-host", read_smart_host},
    {"auth", read_auth},
    {"dkim", read_dkim},
    {"shaping", read_shaping},
    {"routing", read_routing},
    {"concurrency", read_concurrency},
    {"size-limit", read_size_limit},
    {"log", read_log},
    {"durability", read_durability},
    {"control", read_control},
    {NULL, NULL},
};

static void set_defaults(struct config *config)
{
    struct err unused;
    config->retry_text = "5m, 10m, 20m, 40m, 1h, then every 2h";
    if (schedule_from_text(slice_of(config->retry_text), &config->retry, &unused) != 0)
        abort();
    config->give_up_us = 5 * TIME_DAY;
    config->warn_after_us = 4 * TIME_HOUR;
    config->tls_sts = true;
    config->smart_host_port = SMTP_PORT;
    config->concurrency = 20;
    config->size_limit_bytes = 25U << 20;
    config->log = "stderr";
    config->relay_network_count = 2;
    config->relay_networks = arena_alloc_array(&config->arena, 2, sizeof(struct ip_network));
    if (ip_network_from_text(SLICE("127.0.0.0/8"), &config->relay_networks[0]) != 0 ||
        ip_network_from_text(SLICE("::1/128"), &config->relay_networks[1]) != 0)
        abort();
}

/* What is wrong with the whole although each part is right. */
static int check_whole(const struct config *config, struct config_reader *reader)
{
    if (config->hostname == NULL)
        return err_set(reader->err, "%s: needs a \"hostname\"", reader->name);
    if (config->listener_count == 0)
        return err_set(reader->err, "%s: needs \"listeners\", at least one", reader->name);
    if (config->spool == NULL)
        return err_set(reader->err, "%s: needs a \"spool\", the folder of the queue", reader->name);
    if ((config->tls_certificate == NULL) != (config->tls_key == NULL))
        return err_set(reader->err, "%s: tls: \"certificate\" and \"key\" belong together",
                       reader->name);
    if (config->smart_host_user != NULL && config->tls_mode == TLS_MODE_NEVER)
        return err_set(reader->err,
                       "%s: smart-host.user: a password is only said in TLS, but tls.mode is "
                       "\"none\"",
                       reader->name);
    for (size_t i = 0; i < config->listener_count; i++)
        if (config->listeners[i].tls != CONFIG_TLS_NONE && config->tls_certificate == NULL)
            return err_set(reader->err,
                           "%s: listeners[%zu].tls: needs \"certificate\" and \"key\" in \"tls\"",
                           reader->name, i);
    return 0;
}

int config_parse(struct config *config, const char *name, struct slice json, struct err *err)
{
    *config = (struct config){0};
    struct config_reader reader = {.arena = &config->arena, .err = err, .name = name};
    set_defaults(config);
    cJSON *root = config_read_json(&reader, json);
    if (root == NULL)
        return -1;
    int result = config_read_object(&reader, root, "", KEYS, config);
    if (result == 0)
        result = check_whole(config, &reader);
    cJSON_Delete(root);
    return result;
}

int config_load(struct config *config, const char *path, struct err *err)
{
    struct buf json;
    *config = (struct config){0};
    buf_init(&json, FILE_BYTES_MAX);
    int result = file_read(path, &json, err);
    if (result == 0)
        result = config_parse(config, path, buf_slice(&json), err);
    buf_deinit(&json);
    return result;
}

void config_deinit(struct config *config)
{
    arena_deinit(&config->arena);
}

bool config_domains_have(const struct config_domains *domains, struct slice domain)
{
    for (size_t i = 0; i < domains->count; i++)
        if (slice_is_nocase(domain, domains->names[i]))
            return true;
    return false;
}
