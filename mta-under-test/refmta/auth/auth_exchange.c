#include "mta-under-test/refmta/auth/auth_exchange.h"

#include <openssl/crypto.h>

#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

static const struct {
    const char *name;
    bool client_first;
    enum auth_step (*feed)(struct auth_exchange *exchange, struct slice message);
} MECHANISMS[AUTH_MECHANISM_COUNT] = {
    [AUTH_PLAIN] = {"PLAIN", true, auth_plain_feed},
    [AUTH_LOGIN] = {"LOGIN", false, auth_login_feed},
    [AUTH_SCRAM_SHA_256] = {"SCRAM-SHA-256", true, auth_scram_feed},
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

bool auth_mechanism_client_first(enum auth_mechanism mechanism)
{
    return MECHANISMS[mechanism].client_first;
}

void auth_exchange_start(struct auth_exchange *exchange, const struct auth_users *users,
                         enum auth_mechanism mechanism, const char *nonce)
{
    *exchange = (struct auth_exchange){.users = users, .mechanism = mechanism};
    buf_init(&exchange->name, AUTH_NAME_BYTES_MAX);
    buf_init(&exchange->challenge, AUTH_MESSAGE_BYTES_MAX + 1024);
    buf_init(&exchange->nonce, AUTH_MESSAGE_BYTES_MAX + 256);
    buf_init(&exchange->header, AUTH_MESSAGE_BYTES_MAX);
    buf_init(&exchange->auth_message, (size_t)4 * AUTH_MESSAGE_BYTES_MAX);
    buf_add_text(&exchange->nonce, nonce);
}

void auth_exchange_deinit(struct auth_exchange *exchange)
{
    buf_deinit(&exchange->name);
    buf_deinit(&exchange->challenge);
    buf_deinit(&exchange->nonce);
    buf_deinit(&exchange->header);
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
