#include "mta-under-test/refmta/auth/auth_exchange.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "mta-under-test/base/text.h"
#include "tests/unit/unit.h"

/* The example of RFC 7677 3: user "user", password "pencil". */
static const char SALT[] = "W22ZaJ0SNY7soEsUEjb6gQ==";
static const char SERVER_NONCE[] = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
static const char FIRST[] = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
static const char FINAL[] = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

static struct auth_users users;
static struct auth_exchange exchange;
static struct auth_channel channel; /* none, unless the test makes one */

static void load(void)
{
    struct auth_secret secret = {.iterations = 4096};
    struct buf text;
    struct buf salt;
    struct err err;
    buf_init(&salt, sizeof secret.salt);
    buf_init(&text, 1000);
    ck_assert_int_eq(text_from_base64(&salt, slice_of(SALT)), 0);
    memcpy(secret.salt, salt.data, salt.len);
    secret.salt_bytes = salt.len;
    auth_secret_make(&secret, SLICE("pencil"));
    auth_users_set(SLICE(""), "user", &secret, &text);
    ck_assert_int_eq(auth_users_parse(&users, "u", buf_slice(&text), &err), 0);
    buf_deinit(&text);
    buf_deinit(&salt);
}

static void start(enum auth_mechanism mechanism)
{
    load();
    const struct auth_means means = {.users = &users, .channel = &channel};
    ck_assert(auth_mechanism_is_offered(mechanism, &means));
    auth_exchange_start(&exchange, &means, mechanism, SERVER_NONCE, 0);
}

static void stop(void)
{
    auth_exchange_deinit(&exchange);
    auth_users_deinit(&users);
}

static enum auth_step say(const char *text)
{
    return auth_exchange_feed(&exchange, slice_of(text));
}

START_TEST(plain)
{
    static const struct {
        const char *text;
        size_t len;
        enum auth_step step;
    } CASES[] = {
#define CASE(text, step) {text, sizeof text - 1, step}
        CASE("\0user\0pencil", AUTH_GOOD),        CASE("user\0user\0pencil", AUTH_GOOD),
        CASE("admin\0user\0pencil", AUTH_BAD),    CASE("\0user\0Pencil", AUTH_BAD),
        CASE("\0nobody\0pencil", AUTH_BAD),       CASE("\0User\0pencil", AUTH_BAD),
        CASE("user\0pencil", AUTH_MALFORMED),     CASE("", AUTH_MALFORMED),
        CASE("\0\0pencil", AUTH_MALFORMED),       CASE("\0user\0", AUTH_MALFORMED),
        CASE("\0user\0pen\0cil", AUTH_MALFORMED), CASE("\0us er\0pencil", AUTH_MALFORMED),
#undef CASE
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        start(AUTH_PLAIN);
        ck_assert_msg(auth_exchange_feed(&exchange, slice_from(CASES[i].text, CASES[i].len)) ==
                          CASES[i].step,
                      "case %zu", i);
        stop();
    }
}
END_TEST

START_TEST(login)
{
    start(AUTH_LOGIN);
    ck_assert_int_eq(say(""), AUTH_CHALLENGE);
    ck_assert_str_eq(buf_text(&exchange.challenge), "Username:");
    ck_assert_int_eq(say("user"), AUTH_CHALLENGE);
    ck_assert_str_eq(buf_text(&exchange.challenge), "Password:");
    ck_assert_int_eq(say("pencil"), AUTH_GOOD);
    stop();
    start(AUTH_LOGIN);
    ck_assert_int_eq(say("user"), AUTH_CHALLENGE);
    ck_assert_str_eq(buf_text(&exchange.challenge), "Password:");
    ck_assert_int_eq(say("wrong"), AUTH_BAD);
    stop();
    start(AUTH_LOGIN);
    ck_assert_int_eq(say("nobody"), AUTH_CHALLENGE);
    ck_assert_int_eq(say("pencil"), AUTH_BAD);
    stop();
}
END_TEST

START_TEST(scram_as_in_the_rfc)
{
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say(FIRST), AUTH_CHALLENGE);
    ck_assert_str_eq(buf_text(&exchange.challenge),
                     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                     "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    ck_assert_int_eq(say(FINAL), AUTH_CHALLENGE);
    ck_assert_str_eq(buf_text(&exchange.challenge),
                     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    ck_assert_int_eq(say(""), AUTH_GOOD);
    ck_assert_str_eq(buf_text(&exchange.name), "user");
    stop();
}
END_TEST

START_TEST(scram_refuses)
{
    static const char *const FIRSTS[] = {
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=user",
        "n,,r=x,n=user",
        "n,,n=,r=x",
        "n,,n=user,r=",
        "n,,n=us=er,r=x",
        "n,,m=ext,n=user,r=x",
        "p=tls-unique,,n=user,r=x",
        "x,,n=user,r=x",
        "n,n=user,r=x",
        "n,,n=user,r=a b",
    };
    static const char *const FINALS[] = {
        "",
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzb",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,x=dHzb",
    };
    for (size_t i = 0; i < sizeof FIRSTS / sizeof FIRSTS[0]; i++) {
        start(AUTH_SCRAM_SHA_256);
        ck_assert_msg(say(FIRSTS[i]) == AUTH_MALFORMED, "%s", FIRSTS[i]);
        stop();
    }
    for (size_t i = 0; i < sizeof FINALS / sizeof FINALS[0]; i++) {
        start(AUTH_SCRAM_SHA_256);
        ck_assert_int_eq(say(FIRST), AUTH_CHALLENGE);
        ck_assert_msg(say(FINALS[i]) == AUTH_MALFORMED, "%s", FINALS[i]);
        stop();
    }
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say(FIRST), AUTH_CHALLENGE);
    ck_assert_int_eq(say("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                         "p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
                     AUTH_BAD);
    ck_assert_uint_eq(exchange.challenge.len, 0);
    stop();
    /* "c=" is another gs2-header than the first message had. */
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say(FIRST), AUTH_CHALLENGE);
    ck_assert_int_eq(say("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                         "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
                     AUTH_BAD);
    stop();
}
END_TEST

/* What a client makes of the password "pencil". */
static void client_key_of(const struct auth_secret *secret, unsigned char *key)
{
    unsigned char salted[AUTH_KEY_BYTES];
    ck_assert_int_eq(PKCS5_PBKDF2_HMAC("pencil", 6, secret->salt, (int)secret->salt_bytes, 4096,
                                       EVP_sha256(), AUTH_KEY_BYTES, salted),
                     1);
    auth_hmac(salted, SLICE("Client Key"), key);
}

/* A client of SCRAM-SHA-256-PLUS says `header`, and proves the password over what it says. */
static enum auth_step say_bound(const char *header, const char *binding)
{
    static const char BARE[] = "n=user,r=abc";
    unsigned char signature[AUTH_KEY_BYTES];
    unsigned char client_key[AUTH_KEY_BYTES];
    struct auth_secret secret = {.iterations = 4096};
    char *first = mem_text_format("%s%s", header, BARE);
    enum auth_step step = say(first);
    free(first);
    if (step != AUTH_CHALLENGE)
        return step;
    char *challenge = mem_text_copy(buf_text(&exchange.challenge));
    struct buf final;
    struct buf text;
    buf_init(&final, 1000);
    buf_init(&text, 1000);
    buf_add_text(&text, header);
    buf_add_text(&text, binding);
    buf_add_text(&final, "c=");
    text_to_base64(&final, text.data, text.len);
    buf_format(&final, ",r=abc%s", SERVER_NONCE);
    char *message = mem_text_format("%s,%s,%s", BARE, challenge, buf_text(&final));
    secret = exchange.secret;
    auth_hmac(secret.stored_key, slice_of(message), signature);
    client_key_of(&secret, client_key);
    for (size_t i = 0; i < AUTH_KEY_BYTES; i++)
        signature[i] ^= client_key[i];
    buf_add_text(&final, ",p=");
    text_to_base64(&final, signature, sizeof signature);
    step = say(buf_text(&final));
    free(message);
    free(challenge);
    buf_deinit(&final);
    buf_deinit(&text);
    return step;
}

START_TEST(scram_bound_to_the_channel)
{
    static const struct {
        const char *header;
        const char *binding;
        enum auth_step step;
    } CASES[] = {
        {"p=tls-exporter,,", "0123456789", AUTH_CHALLENGE}, /* and our own proof is in it */
        {"p=tls-exporter,,", "0123456780", AUTH_BAD},
        {"p=tls-exporter,,", "", AUTH_BAD},
        {"p=tls-unique,,", "0123456789", AUTH_MALFORMED},
        {"n,,", "", AUTH_MALFORMED},
        {"y,,", "", AUTH_MALFORMED},
    };
    channel = (struct auth_channel){
        .bindings = {{.name = "tls-exporter", .bytes = "0123456789", .len = 10}},
        .binding_count = 1};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        start(AUTH_SCRAM_SHA_256_PLUS);
        ck_assert_msg(say_bound(CASES[i].header, CASES[i].binding) == CASES[i].step, "case %zu", i);
        stop();
    }
    /* Who thinks that we cannot bind was lied to; who cannot bind is let in. */
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say_bound("y,,", ""), AUTH_BAD);
    stop();
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say_bound("n,,", ""), AUTH_CHALLENGE);
    stop();
    channel = (struct auth_channel){.binding_count = 0};
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say_bound("y,,", ""), AUTH_CHALLENGE);
    ck_assert(!auth_mechanism_is_offered(AUTH_SCRAM_SHA_256_PLUS, &exchange.means));
    stop();
}
END_TEST

START_TEST(external)
{
    static char ann[] = "ann@a.test";
    static char second[] = "sales@a.test";
    static const struct {
        const char *message;
        enum auth_step step;
        const char *name;
    } CASES[] = {{"", AUTH_GOOD, "ann@a.test"},
                 {"sales@a.test", AUTH_GOOD, "sales@a.test"},
                 {"bob@a.test", AUTH_BAD, "bob@a.test"},
                 {"a b", AUTH_MALFORMED, ""}};
    channel = (struct auth_channel){.names = {ann, second}, .name_count = 2};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        start(AUTH_EXTERNAL);
        ck_assert_int_eq(say(CASES[i].message), CASES[i].step);
        ck_assert_str_eq(buf_text(&exchange.name), CASES[i].name);
        stop();
    }
    channel = (struct auth_channel){.name_count = 0};
    ck_assert(!auth_mechanism_is_offered(AUTH_EXTERNAL, &exchange.means));
}
END_TEST

START_TEST(nobody_looks_like_somebody)
{
    char salts[2][200];
    for (size_t i = 0; i < 2; i++) {
        start(AUTH_SCRAM_SHA_256);
        ck_assert_int_eq(say("n,,n=nobody,r=x"), AUTH_CHALLENGE);
        snprintf(salts[i], sizeof salts[i], "%s", buf_text(&exchange.challenge));
        stop();
    }
    ck_assert_str_eq(salts[0], salts[1]);
    ck_assert_ptr_nonnull(strstr(salts[0], ",i=4096"));
    start(AUTH_SCRAM_SHA_256);
    ck_assert_int_eq(say("n,a=other,n=user,r=x"), AUTH_CHALLENGE);
    ck_assert(!exchange.is_known);
    stop();
}
END_TEST

UNIT_MAIN(plain, login, scram_as_in_the_rfc, scram_refuses, scram_bound_to_the_channel, external,
          nobody_looks_like_somebody)
