#include "mta-under-test/refmta/auth/auth_exchange.h"

#include <stdio.h>

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
    auth_exchange_start(&exchange, &users, mechanism, SERVER_NONCE);
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
        ("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
         "Ute9ytag9zjfMHgsqmmiz7AndVQ="),
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

UNIT_MAIN(plain, login, scram_as_in_the_rfc, scram_refuses, nobody_looks_like_somebody)
