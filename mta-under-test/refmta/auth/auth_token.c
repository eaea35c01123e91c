#include "mta-under-test/refmta/auth/auth_token.h"

#include <cjson/cJSON.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/auth/auth_users.h"

#include "mta-under-test/base/poison.h"

enum { TOKEN_BYTES_MAX = 8192, RSA_BITS_MIN = 2048, P256_BYTES = 32 };

/* The three parts of a token in its compact form (RFC 7515 7.1), decoded; `signed_part` is what the
 * signature is over. */
struct token {
    struct slice signed_part;
    struct buf signature;
    cJSON *header;
    cJSON *claims;
};

/* base64url without padding (RFC 7515 2). */
static int from_base64url(struct buf *out, struct slice text)
{
    struct buf usual;
    buf_init(&usual, TOKEN_BYTES_MAX + 4);
    int result = 0;
    for (size_t i = 0; i < text.len && result == 0; i++) {
        char c = text.data[i];
        if (c == '+' || c == '/' || c == '=')
            result = -1;
        buf_add_char(&usual, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (usual.len % 4 != 0)
        buf_add_char(&usual, '=');
    if (result == 0)
        result = text_from_base64(out, buf_slice(&usual));
    buf_deinit(&usual);
    return result;
}

/* NULL if it is no JSON object. */
static cJSON *parse_part(struct slice text)
{
    struct buf json;
    cJSON *object = NULL;
    buf_init(&json, TOKEN_BYTES_MAX);
    if (from_base64url(&json, text) == 0 && json.len > 0)
        object = cJSON_ParseWithLength(json.data, json.len);
    buf_deinit(&json);
    if (object != NULL && !cJSON_IsObject(object)) {
        cJSON_Delete(object);
        object = NULL;
    }
    return object;
}

static bool token_parse(struct token *token, struct slice text)
{
    struct slice rest = text;
    struct slice header;
    struct slice claims;
    if (text.len == 0 || text.len > TOKEN_BYTES_MAX || !slice_split(&rest, '.', &header) ||
        !slice_split(&rest, '.', &claims) || rest.len == 0)
        return false;
    token->signed_part = slice_first(text, header.len + 1 + claims.len);
    token->header = parse_part(header);
    token->claims = parse_part(claims);
    return token->header != NULL && token->claims != NULL &&
           from_base64url(&token->signature, rest) == 0;
}

static void token_deinit(struct token *token)
{
    cJSON_Delete(token->header);
    cJSON_Delete(token->claims);
    buf_deinit(&token->signature);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "";
}

/* ---- signatures */

/* The algorithm that goes with a key; NULL if there is none. */
static const char *algorithm_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN ? "RS256" : NULL;
    case EVP_PKEY_EC: {
        char group[32] = "";
        EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
        return strcmp(group, "prime256v1") == 0 ? "ES256" : NULL;
    }
    case EVP_PKEY_ED25519:
        return "EdDSA";
    default:
        return NULL;
    }
}

/* ES256 has R and S side by side (RFC 7518 3.4); OpenSSL wants them in DER. -1 if they are not. */
static int signature_to_der(struct slice raw, unsigned char **der)
{
    const unsigned char *bytes = (const unsigned char *)raw.data;
    if (raw.len != (size_t)2 * P256_BYTES)
        return -1;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(bytes + P256_BYTES, P256_BYTES, NULL);
    if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1)
        abort(); /* only without memory */
    int len = i2d_ECDSA_SIG(signature, der);
    ECDSA_SIG_free(signature);
    return len;
}

static bool verify(EVP_PKEY *key, const EVP_MD *digest, struct slice signature, struct slice text)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
                                 (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

static bool is_signed_by(const struct token *token, const struct auth_issuer *issuer)
{
    const char *algorithm = algorithm_of(issuer->key);
    struct slice signature = buf_slice(&token->signature);
    unsigned char *der = NULL;
    /* "crit" lists what must be understood (RFC 7515 4.1.11); nothing of that is. */
    if (algorithm == NULL || strcmp(text_of(token->header, "alg"), algorithm) != 0 ||
        cJSON_HasObjectItem(token->header, "crit"))
        return false;
    if (strcmp(algorithm, "EdDSA") == 0)
        return verify(issuer->key, NULL, signature, token->signed_part);
    if (strcmp(algorithm, "ES256") != 0)
        return verify(issuer->key, EVP_sha256(), signature, token->signed_part);
    int len = signature_to_der(signature, &der);
    bool good = len > 0 && verify(issuer->key, EVP_sha256(),
                                  slice_from((const char *)der, (size_t)len), token->signed_part);
    OPENSSL_free(der);
    return good;
}

/* ---- claims (RFC 7519 4.1) */

/* A NumericDate as microseconds; false if it is none. */
static bool time_of(const cJSON *claims, const char *name, int64_t *time_us)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(claims, name);
    if (!cJSON_IsNumber(value) || !(value->valuedouble >= 0))
        return false;
    const double far_away_s = 1e11; /* some thousand years, and no overflow */
    double seconds = value->valuedouble < far_away_s ? value->valuedouble : far_away_s;
    *time_us = (int64_t)seconds * TIME_SECOND;
    return true;
}

/* "aud" is a text or a list of texts. */
static bool is_for(const cJSON *claims, const char *audience)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(claims, "aud");
    const cJSON *item = NULL;
    if (cJSON_IsString(value))
        return strcmp(value->valuestring, audience) == 0;
    if (!cJSON_IsArray(value))
        return false;
    cJSON_ArrayForEach(item, value)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, audience) == 0)
            return true;
    }
    return false;
}

static const char *check_claims(const cJSON *claims, const struct auth_issuer *issuer,
                                int64_t leeway_us, int64_t now_us)
{
    int64_t end_us = 0;
    int64_t begin_us = 0;
    if (!is_for(claims, issuer->audience))
        return "the token is for another audience";
    if (!time_of(claims, "exp", &end_us))
        return "the token has no end";
    if (now_us >= end_us + leeway_us)
        return "the token has expired";
    if (cJSON_HasObjectItem(claims, "nbf") && !time_of(claims, "nbf", &begin_us))
        return "the token's begin is no date";
    if (now_us < begin_us - leeway_us)
        return "the token is not valid yet";
    if (!auth_users_is_name(slice_of(text_of(claims, issuer->claim))))
        return "the token names no user";
    return NULL;
}

static const char *check(const struct auth_issuers *issuers, const struct token *token,
                         int64_t now_us, struct buf *user)
{
    const char *reason = "nobody we know has issued the token";
    for (size_t i = 0; i < issuers->count; i++) {
        const struct auth_issuer *issuer = &issuers->list[i];
        if (strcmp(text_of(token->claims, "iss"), issuer->name) != 0)
            continue;
        if (!is_signed_by(token, issuer)) {
            reason = "the signature is not its issuer's";
            continue;
        }
        reason = check_claims(token->claims, issuer, issuers->leeway_us, now_us);
        if (reason == NULL)
            buf_add_text(user, text_of(token->claims, issuer->claim));
        return reason;
    }
    return reason;
}

const char *auth_token_check(const struct auth_issuers *issuers, struct slice text, int64_t now_us,
                             struct buf *user)
{
    struct token token = {.header = NULL};
    buf_init(&token.signature, TOKEN_BYTES_MAX);
    const char *reason = token_parse(&token, text) ? check(issuers, &token, now_us, user)
                                                   : "that is no token (RFC 7519)";
    token_deinit(&token);
    return reason;
}

/* ---- issuers */

int auth_issuers_add(struct auth_issuers *issuers, const struct auth_issuer *issuer,
                     const char *key_path, struct err *err)
{
    BIO *file = BIO_new_file(key_path, "r");
    EVP_PKEY *key = file != NULL ? PEM_read_bio_PUBKEY(file, NULL, NULL, NULL) : NULL;
    BIO_free(file);
    ERR_clear_error();
    if (key == NULL)
        return err_set(err, "%s: cannot be read as a public key in PEM", key_path);
    if (algorithm_of(key) == NULL) {
        EVP_PKEY_free(key);
        return err_set(err, "%s: expected a key of RSA with at least %d bits, P-256 or Ed25519",
                       key_path, RSA_BITS_MIN);
    }
    issuers->list = mem_grow(issuers->list, issuers->count + 1, sizeof *issuers->list);
    issuers->list[issuers->count] = *issuer;
    issuers->list[issuers->count++].key = key;
    return 0;
}

void auth_issuers_deinit(struct auth_issuers *issuers)
{
    for (size_t i = 0; i < issuers->count; i++)
        EVP_PKEY_free(issuers->list[i].key);
    free(issuers->list);
    *issuers = (struct auth_issuers){.count = 0};
}
