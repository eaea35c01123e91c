#include "mta-under-test/refmta/auth/auth_exchange.h"

#include <openssl/crypto.h>

#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

static bool has_users(const struct auth_means *means)
{
    return means->users != NULL;
}

static bool has_issuers(const struct auth_means *means)
{
    return means->issuers != NULL;
}

static bool has_binding(const struct auth_means *means)
{
    return has_users(means) && means->channel != NULL && means->channel->binding_count > 0;
}

static bool has_certificate(const struct auth_means *means)
{
    return means->channel != NULL && means->channel->name_count > 0;
}

static const struct {
    const char *name;
    bool client_first;
    bool (*is_offered)(const struct auth_means *means);
    enum auth_step (*feed)(struct auth_exchange *exchange, struct slice message);
} MECHANISMS[AUTH_MECHANISM_COUNT] = {
    [AUTH_PLAIN] = {"PLAIN", true, has_users, auth_plain_feed},
    [AUTH_LOGIN] = {"LOGIN", false, has_users, auth_login_feed},
    [AUTH_SCRAM_SHA_256] = {"SCRAM-SHA-256", true, has_users, auth_scram_feed},
    [AUTH_SCRAM_SHA_256_PLUS] = {"SCRAM-SHA-256-PLUS", true, has_binding, auth_scram_feed},
    [AUTH_EXTERNAL] = {"EXTERNAL", true, has_certificate, auth_external_feed},
    [AUTH_OAUTHBEARER] = {"OAUTHBEARER", true, has_issuers, auth_oauthbearer_feed},
    [AUTH_XOAUTH2] = {"XOAUTH2", true, has_issuers, auth_xoauth2_feed},
};

const char *auth_mechanism_name(enum auth_mechanism mechanism)
{
    return mechanism < AUTH_MECHANISM_COUNT ? MECHANISMS[mechanism].name : NULL;
}

int auth_mechanism_from_name(struct slice name, enum auth_mechanism *mechanism)
{
    for (unsigned i = 0; i < AUTH_MECHANISM_COUNT; i++) {
        if (slice_is_nocase(name, MECHANISMS[i].name)) {
            *mechanism = (enum auth_mechanism)i;
            return 0;
        }
    }
    return -1;
}

bool auth_mechanism_is_offered(enum auth_mechanism mechanism, const struct auth_means *means)
{
    return MECHANISMS[mechanism].is_offered(means);
}

bool auth_mechanism_client_first(enum auth_mechanism mechanism)
{
    return MECHANISMS[mechanism].client_first;
}

void auth_exchange_start(struct auth_exchange *exchange, const struct auth_means *means,
                         enum auth_mechanism mechanism, const char *nonce, int64_t now_us)
{
    *exchange = (struct auth_exchange){.means = *means, .mechanism = mechanism, .now_us = now_us};
    buf_init(&exchange->name, AUTH_NAME_BYTES_MAX);
    buf_init(&exchange->challenge, AUTH_MESSAGE_BYTES_MAX + 1024);
    buf_init(&exchange->nonce, AUTH_MESSAGE_BYTES_MAX + 256);
    buf_init(&exchange->binding, AUTH_MESSAGE_BYTES_MAX + AUTH_BINDING_BYTES_MAX);
    buf_init(&exchange->auth_message, (size_t)4 * AUTH_MESSAGE_BYTES_MAX);
    buf_add_text(&exchange->nonce, nonce);
}

void auth_exchange_deinit(struct auth_exchange *exchange)
{
    buf_deinit(&exchange->name);
    buf_deinit(&exchange->challenge);
    buf_deinit(&exchange->nonce);
    buf_deinit(&exchange->binding);
    buf_deinit(&exchange->auth_message);
    OPENSSL_cleanse(&exchange->secret, sizeof exchange->secret);
}

enum auth_step auth_exchange_feed(struct auth_exchange *exchange, struct slice message)
{
    buf_reset(&exchange->challenge);
    if (message.len > AUTH_MESSAGE_BYTES_MAX)
        return AUTH_MALFORMED;
    return MECHANISMS[exchange->mechanism].feed(exchange, message);
}
