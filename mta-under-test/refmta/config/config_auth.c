#include "mta-under-test/refmta/config/config_auth.h"

#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

static const struct config_key TOKEN_KEYS[] = {
    {"issuer", CONFIG_TEXT(struct config_issuer, issuer), .is_needed = true,
     .help = "what `iss` must be; one that changes its key stands here twice for a while"},
    {"audience", CONFIG_TEXT(struct config_issuer, audience), .is_needed = true,
     .help = "what must be in `aud`"},
    {"user", CONFIG_TEXT(struct config_issuer, claim), .fallback = "\"sub\"",
     .help = "the claim that has the user's name"},
    {"key", CONFIG_FILE(struct config_issuer, key), .is_needed = true,
     .help = "PEM file of the public key: RSA of at least 2048 bits (RS256), P-256 (ES256) or "
             "Ed25519 (EdDSA)"},
    CONFIG_END,
};

static const struct config_object TOKEN = {.size = sizeof(struct config_issuer),
                                           .keys = TOKEN_KEYS};

static const struct config_key KEYS[] = {
    {"users", CONFIG_FILE(struct config_auth, users),
     .help = "the file of the users who may log in with a password"},
    {"tokens", CONFIG_LIST(struct config_auth, tokens, CONFIG_TYPE_OBJECT, token_count),
     .object = &TOKEN, .fallback = "[]",
     .help = "who issues tokens (JWT, RFC 7519) by which users log in (OAUTHBEARER, XOAUTH2)"},
    {"token-leeway", CONFIG_SPAN(struct config_auth, leeway_us), .fallback = "\"1m\"",
     .help = "how far the clock of an issuer may differ from ours"},
    {"client-authorities", CONFIG_FILE(struct config_auth, authorities),
     .help = "PEM file of the authorities whose certificates stand for a user (EXTERNAL): for its "
             "mail addresses, or its common name if it has none"},
    {"clear-text-on-loopback", CONFIG_FLAG(struct config_auth, on_loopback), .fallback = "false",
     .help = "whether they may without TLS from this machine"},
    CONFIG_END,
};

bool config_auth_is_there(const struct config_auth *auth)
{
    return auth->users != NULL || auth->authorities != NULL || auth->token_count > 0;
}

static int check(struct config_reader *reader, const char *path, void *target)
{
    if (!config_auth_is_there(target))
        return config_mistake(reader, path,
                              "needs \"users\", \"tokens\" or \"client-authorities\"");
    return 0;
}

const struct config_object CONFIG_AUTH = {
    .size = sizeof(struct config_auth), .keys = KEYS, .check = check};
