#include "mta-under-test/refmta/auth/auth_token.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/auth/auth_exchange.h"
#include "tests/unit/unit.h"

static const int64_t NOW_US = 1800000000 * TIME_SECOND;
static const char GOOD[] =
    "{\"iss\":\"https://id.test\",\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":1800000060}";

static struct auth_issuers issuers;

static void to_base64url(struct buf *out, const void *data, size_t len)
{
    struct buf usual;
    buf_init(&usual, 10000);
    text_to_base64(&usual, data, len);
    for (size_t i = 0; i < usual.len && usual.data[i] != '='; i++)
        buf_add_char(out, usual.data[i] == '+' ? '-' : usual.data[i] == '/' ? '_' : usual.data[i]);
    buf_deinit(&usual);
}

/* The issuer's own work: header and claims, signed. */
static void make_token(struct buf *out, EVP_PKEY *key, const char *header, const char *claims)
{
    unsigned char signature[600];
    size_t len = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    buf_init(out, 10000);
    to_base64url(out, header, strlen(header));
    buf_add_char(out, '.');
    to_base64url(out, claims, strlen(claims));
    bool is_eddsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    ck_assert_int_eq(EVP_DigestSignInit(context, NULL, is_eddsa ? NULL : EVP_sha256(), NULL, key),
                     1);
    ck_assert_int_eq(
        EVP_DigestSign(context, signature, &len, (const unsigned char *)out->data, out->len), 1);
    EVP_MD_CTX_free(context);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        const unsigned char *at = signature;
        ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
        ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32), 32);
        ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32), 32);
        ECDSA_SIG_free(pair);
        len = 64;
    }
    buf_add_char(out, '.');
    to_base64url(out, signature, len);
}

static void add_issuer(EVP_PKEY *key)
{
    char path[] = "/tmp/test-key-XXXXXX";
    const struct auth_issuer issuer = {
        .name = "https://id.test", .audience = "smtp", .claim = "sub"};
    struct err err;
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    ck_assert_int_eq(PEM_write_PUBKEY(file, key), 1);
    fclose(file);
    issuers.leeway_us = TIME_MINUTE;
    ck_assert_msg(auth_issuers_add(&issuers, &issuer, path, &err) == 0, "%s", err.text);
    unlink(path);
}

static const char *check_text(const char *token, struct buf *user)
{
    buf_init(user, 255);
    return auth_token_check(&issuers, slice_of(token), NOW_US, user);
}

/* Whether the token is refused with a reason that has this word; NULL: taken, for ann. */
static void expect(EVP_PKEY *key, const char *header, const char *claims, const char *word)
{
    struct buf token;
    struct buf user;
    make_token(&token, key, header, claims);
    const char *reason = check_text(buf_text(&token), &user);
    if (word == NULL) {
        ck_assert_msg(reason == NULL, "%s: %s", claims, reason);
        ck_assert_str_eq(buf_text(&user), "ann");
    } else {
        ck_assert_msg(reason != NULL && strstr(reason, word) != NULL, "%s: %s", claims, reason);
    }
    buf_deinit(&user);
    buf_deinit(&token);
}

START_TEST(keys_of_each_kind)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    add_issuer(rsa);
    add_issuer(ec);
    add_issuer(ed);
    expect(rsa, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", GOOD, NULL);
    expect(ec, "{\"alg\":\"ES256\"}", GOOD, NULL);
    expect(ed, "{\"alg\":\"EdDSA\"}", GOOD, NULL);
    expect(other, "{\"alg\":\"EdDSA\"}", GOOD, "signature");
    expect(ed, "{\"alg\":\"none\"}", GOOD, "signature");
    expect(rsa, "{\"alg\":\"HS256\"}", GOOD, "signature");
    expect(ed, "{\"alg\":\"EdDSA\",\"crit\":[\"x\"]}", GOOD, "signature");
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(other);
    auth_issuers_deinit(&issuers);
}
END_TEST

START_TEST(claims)
{
    static const struct {
        const char *claims;
        const char *word;
    } CASES[] = {
#define CLAIMS(text) "{\"iss\":\"https://id.test\"," text "}"
        {CLAIMS("\"aud\":[\"imap\",\"smtp\"],\"sub\":\"ann\",\"exp\":1800000060"), NULL},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":1799999941"), NULL}, /* the leeway */
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":1799999940"), "expired"},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":1e300,\"nbf\":1800000060"), NULL},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":1800009999,\"nbf\":1800000061"), "yet"},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":1800009999,\"nbf\":\"x\""), "no date"},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\""), "no end"},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"ann\",\"exp\":\"1800000060\""), "no end"},
        {CLAIMS("\"aud\":\"imap\",\"sub\":\"ann\",\"exp\":1800000060"), "audience"},
        {CLAIMS("\"sub\":\"ann\",\"exp\":1800000060"), "audience"},
        {CLAIMS("\"aud\":\"smtp\",\"exp\":1800000060"), "no user"},
        {CLAIMS("\"aud\":\"smtp\",\"sub\":\"a b\",\"exp\":1800000060"), "no user"},
        {"{\"iss\":\"https://other.test\",\"aud\":\"smtp\"}", "nobody we know"},
        {"{}", "nobody we know"},
        {"[]", "no token"},
#undef CLAIMS
    };
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    add_issuer(key);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        expect(key, "{\"alg\":\"EdDSA\"}", CASES[i].claims, CASES[i].word);
    EVP_PKEY_free(key);
    auth_issuers_deinit(&issuers);
}
END_TEST

START_TEST(what_is_no_token)
{
    static const char *const TEXTS[] = {
        "",          ".",         "..", "e30.e30.", "e30.e30", "e30=.e30.e30", "e30.e30.e30.e30",
        "!.e30.e30", "W10.e30.AA"};
    struct buf user;
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        const char *reason = check_text(TEXTS[i], &user);
        ck_assert_msg(reason != NULL && strstr(reason, "no token") != NULL, "%s", TEXTS[i]);
        buf_deinit(&user);
    }
}
END_TEST

/* How the two mechanisms bring a token, and what a refusal looks like. */
START_TEST(mechanisms)
{
    static const struct {
        enum auth_mechanism mechanism;
        const char *before; /* the token; ^A is "|" */
        const char *behind;
        enum auth_step step;
    } CASES[] = {
        {AUTH_OAUTHBEARER, "n,,|auth=Bearer ", "||", AUTH_GOOD},
        {AUTH_OAUTHBEARER, "n,a=ann,|host=h.test|port=587|auth=Bearer ", "||", AUTH_GOOD},
        {AUTH_OAUTHBEARER, "n,a=bob,|auth=Bearer ", "||", AUTH_CHALLENGE},
        {AUTH_OAUTHBEARER, "n,,|auth=Bearer x", "||", AUTH_CHALLENGE},
        {AUTH_OAUTHBEARER, "n,,|auth=Basic ", "||", AUTH_MALFORMED},
        {AUTH_OAUTHBEARER, "n,,|auth=Bearer ", "|", AUTH_MALFORMED},
        {AUTH_OAUTHBEARER, "n,,auth=Bearer ", "||", AUTH_MALFORMED},
        {AUTH_OAUTHBEARER, "p=tls-exporter,,|auth=Bearer ", "||", AUTH_MALFORMED},
        {AUTH_OAUTHBEARER, "n,,|auth=Bearer y|auth=Bearer ", "||", AUTH_MALFORMED},
        {AUTH_XOAUTH2, "user=ann|auth=Bearer ", "||", AUTH_GOOD},
        {AUTH_XOAUTH2, "user=bob|auth=Bearer ", "||", AUTH_CHALLENGE},
        {AUTH_XOAUTH2, "auth=Bearer ", "||", AUTH_MALFORMED},
    };
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    const struct auth_means means = {.issuers = &issuers};
    struct buf token;
    add_issuer(key);
    make_token(&token, key, "{\"alg\":\"EdDSA\"}", GOOD);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct auth_exchange exchange;
        char *text = mem_text_format("%s%s%s", CASES[i].before, buf_text(&token), CASES[i].behind);
        for (char *c = text; *c != '\0'; c++)
            *c = *c == '|' ? '\x01' : *c;
        auth_exchange_start(&exchange, &means, CASES[i].mechanism, "", NOW_US);
        ck_assert_msg(auth_exchange_feed(&exchange, slice_of(text)) == CASES[i].step, "case %zu",
                      i);
        if (CASES[i].step == AUTH_CHALLENGE) {
            ck_assert_ptr_nonnull(strstr(buf_text(&exchange.challenge), "\"schemes\":\"bearer\""));
            ck_assert_int_eq(auth_exchange_feed(&exchange, SLICE("\x01")), AUTH_BAD);
            ck_assert_ptr_nonnull(exchange.reason);
        }
        auth_exchange_deinit(&exchange);
        free(text);
    }
    ck_assert(!auth_mechanism_is_offered(AUTH_PLAIN, &means));
    buf_deinit(&token);
    EVP_PKEY_free(key);
    auth_issuers_deinit(&issuers);
}
END_TEST

START_TEST(keys_that_are_none)
{
    const struct auth_issuer issuer = {.name = "i", .audience = "a", .claim = "sub"};
    struct err err;
    ck_assert_int_eq(auth_issuers_add(&issuers, &issuer, "/does/not/exist", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/does/not/exist: cannot be read as a public key"));
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    char path[] = "/tmp/test-key-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_int_eq(PEM_write_PUBKEY(file, weak), 1);
    fclose(file);
    ck_assert_int_eq(auth_issuers_add(&issuers, &issuer, path, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "at least 2048 bits"));
    unlink(path);
    EVP_PKEY_free(weak);
    ck_assert_uint_eq(issuers.count, 0);
}
END_TEST

UNIT_MAIN(keys_of_each_kind, claims, what_is_no_token, mechanisms, keys_that_are_none)
