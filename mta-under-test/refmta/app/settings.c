#include "mta-under-test/refmta/app/settings.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/refmta/app/secret_file.h"
#include "mta-under-test/refmta/config/config_change.h"
#include "mta-under-test/refmta/net/tls_context.h"

#include "mta-under-test/base/poison.h"

enum { SRS_KEYS_BYTES_MAX = 4096, SRS_KEY_BYTES_MIN = 16 };

static int open_tls(struct settings *settings, struct err *err)
{
    const struct config *config = &settings->config;
    if (config->tls_certificate == NULL)
        return 0;
    settings->tls_server = tls_context_server(config->tls_certificate, config->tls_key, err);
    return settings->tls_server != NULL ? 0 : -1;
}

static int open_users(struct settings *settings, struct err *err)
{
    const char *path = settings->config.auth.users;
    return path != NULL ? auth_users_load(&settings->users, path, err) : 0;
}

static int open_issuers(struct settings *settings, struct err *err)
{
    const struct config_auth *auth = &settings->config.auth;
    settings->issuers.leeway_us = auth->leeway_us;
    for (size_t i = 0; i < auth->token_count; i++) {
        const struct config_issuer *from = &auth->tokens[i];
        const struct auth_issuer issuer = {
            .name = from->issuer, .audience = from->audience, .claim = from->claim};
        if (auth_issuers_add(&settings->issuers, &issuer, from->key, err) != 0)
            return -1;
    }
    return 0;
}

static int open_authorities(struct settings *settings, struct err *err)
{
    const char *path = settings->config.auth.authorities;
    return path != NULL && settings->tls_server != NULL
               ? tls_context_trust_clients(settings->tls_server, path, err)
               : 0;
}

static int open_password(struct settings *settings, struct err *err)
{
    const char *path = settings->config.smart_host_password_file;
    if (path == NULL)
        return 0;
    if (secret_file_read(path, &settings->password, err) != 0)
        return -1;
    settings->config.smart_host_password = buf_text(&settings->password);
    return 0;
}

static int open_srs(struct settings *settings, struct err *err)
{
    const char *path = settings->config.srs_key_file;
    if (path == NULL)
        return 0;
    if (file_read(path, &settings->srs_keys, err) != 0)
        return -1;
    if (slice_trim(buf_slice(&settings->srs_keys)).len < SRS_KEY_BYTES_MIN)
        return err_set(err, "%s: expected a secret of at least %d characters in its first line",
                       path, SRS_KEY_BYTES_MIN);
    settings->config.srs_keys = buf_text(&settings->srs_keys);
    return 0;
}

static int open_unsubscribe(struct settings *settings, struct err *err)
{
    const struct config_unsubscribe *config = &settings->config.unsubscribe;
    if (config->senders == NULL)
        return 0;
    if (secret_file_read(config->secret_file, &settings->unsubscribe_secret, err) != 0)
        return -1;
    settings->one_click = (struct one_click){.senders = config->senders,
                                             .sender_count = config->sender_count,
                                             .url = config->url,
                                             .secret = buf_slice(&settings->unsubscribe_secret)};
    return 0;
}

static int open_signer(struct settings *settings, struct err *err)
{
    const struct config *config = &settings->config;
    size_t count = config->dkim_key_count;
    if (config->dkim_domain == NULL && count == 0)
        return 0;
    struct signer_key *keys = mem_alloc_array(count + 1, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        const struct config_dkim_key *from = &config->dkim_keys[i];
        keys[i] = (struct signer_key){.domain = from->domain,
                                      .selector = from->selector,
                                      .file = from->key,
                                      .from_us = from->from_us,
                                      .until_us = from->until_us};
    }
    if (config->dkim_domain != NULL)
        keys[count++] = (struct signer_key){.domain = config->dkim_domain,
                                            .selector = config->dkim_selector,
                                            .file = config->dkim_key,
                                            .is_for_all = true};
    settings->signer = signer_open(keys, count, err);
    free(keys);
    return settings->signer != NULL ? 0 : -1;
}

static int open_shaping(struct settings *settings, struct err *err)
{
    const char *path = settings->config.shaping;
    settings->config.shaping_rules = &settings->shaping;
    return path != NULL ? shaping_rules_load(&settings->shaping, &settings->rules, path, err) : 0;
}

static int open_recipients(struct settings *settings, struct err *err)
{
    struct config_local *local = &settings->config.local;
    if (local->recipients == NULL)
        return 0;
    settings->recipients =
        recipient_map_load(local->recipients, local->domains, local->domain_count, err);
    local->map = settings->recipients;
    return settings->recipients != NULL ? 0 : -1;
}

static int open_routing(struct settings *settings, struct err *err)
{
    const char *path = settings->config.routing;
    settings->config.routing_rules = &settings->routing;
    return path != NULL ? routing_rules_load(&settings->routing, &settings->rules, path, err) : 0;
}

static int open_tokens(struct settings *settings, struct err *err)
{
    const char *path = settings->config.submission_tokens;
    return path != NULL ? submission_tokens_load(&settings->tokens, path, err) : 0;
}

/* All files, so that all that is wrong is told at once. */
static int open_files(struct settings *settings, const char *path, struct err *err)
{
    static const struct {
        const char *key;
        int (*open)(struct settings *settings, struct err *err);
    } FILES[] = {
        {"tls", open_tls},
        {"auth.users", open_users},
        {"auth.tokens", open_issuers},
        {"auth.client-authorities", open_authorities},
        {"smart-host.password-file", open_password},
        {"unsubscribe.secret-file", open_unsubscribe},
        {"dkim.key", open_signer},
        {"srs.key-file", open_srs},
        {"local.recipients", open_recipients},
        {"http-submission.tokens", open_tokens},
        {"shaping", open_shaping},
        {"routing", open_routing},
    };
    struct buf mistakes;
    buf_init(&mistakes, ERR_TEXT_BYTES - 1);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        struct err one;
        if (FILES[i].open(settings, &one) != 0)
            buf_format(&mistakes, "%s%s: %s: %s", mistakes.len > 0 ? "\n" : "", path, FILES[i].key,
                       one.text);
    }
    int result = mistakes.len > 0 ? err_set(err, "%s", buf_text(&mistakes)) : 0;
    buf_deinit(&mistakes);
    return result;
}

struct settings *settings_open(const char *path, struct err *err)
{
    struct settings *settings = mem_alloc(sizeof *settings);
    list_init(&settings->link);
    buf_init(&settings->srs_keys, SRS_KEYS_BYTES_MAX);
    if (config_load(&settings->config, path, err) != 0 || open_files(settings, path, err) != 0)
        settings_close(&settings);
    if (settings == NULL)
        return NULL;
    settings->limits = SERVER_LIMITS_DEFAULT;
    server_limits_set(&settings->limits, &settings->config);
    return settings;
}

void settings_close(struct settings **where)
{
    struct settings *settings = *where;
    *where = NULL;
    if (settings == NULL)
        return;
    list_remove(&settings->link);
    SSL_CTX_free(settings->tls_server);
    signer_close(&settings->signer);
    recipient_map_free(&settings->recipients);
    routing_rules_forget(&settings->routing);
    arena_deinit(&settings->rules);
    auth_users_deinit(&settings->users);
    auth_issuers_deinit(&settings->issuers);
    submission_tokens_deinit(&settings->tokens);
    secret_file_forget(&settings->password);
    secret_file_forget(&settings->srs_keys);
    secret_file_forget(&settings->unsubscribe_secret);
    config_deinit(&settings->config);
    free(settings);
}

int settings_may_follow(const struct settings *before, const struct settings *after,
                        struct err *err)
{
    struct buf keys;
    buf_init(&keys, ERR_TEXT_BYTES / 2);
    config_change_fixed(&before->config, &after->config, &keys);
    int result = 0;
    if (keys.len > 0)
        result = err_set(err, "only a restart can change %s; nothing was changed", buf_text(&keys));
    buf_deinit(&keys);
    return result;
}

void settings_to_server(const struct settings *settings, struct server_options *options)
{
    options->config = &settings->config;
    options->limits = &settings->limits;
    const struct config_auth *auth = &settings->config.auth;
    options->users = auth->users != NULL ? &settings->users : NULL;
    options->issuers = auth->token_count > 0 ? &settings->issuers : NULL;
    options->tls = settings->tls_server;
    options->signer = settings->signer;
    options->one_click = settings->one_click.url != NULL ? &settings->one_click : NULL;
}
