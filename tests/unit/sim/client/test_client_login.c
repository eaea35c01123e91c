#include "sim/client/client_login.h"

#include "mta-under-test/base/text.h"
#include "tests/unit/unit.h"

static struct spec_document *document;
static struct client_login login;
static struct err err;

static int parse(const char *json)
{
    document = spec_document_parse("x.json", slice_of(json), &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    login = (struct client_login){.user = NULL};
    return client_login_read(spec_root(document), &login, &err);
}

/* What is said, with base64 taken off what stands behind the last space: "AUTH PLAIN ...". */
static const char *plain(const struct buf *line)
{
    static struct buf text;
    buf_deinit(&text);
    buf_init(&text, 2000);
    struct slice whole = buf_slice(line);
    size_t space = slice_find_last(whole, ' ');
    size_t start = space == SIZE_MAX ? 0 : space + 1;
    buf_add_slice(&text, slice_first(whole, start));
    if (slice_is(slice_skip(whole, start), "="))
        buf_add_char(&text, '=');
    else
        ck_assert_int_eq(text_from_base64(&text, slice_skip(whole, start)), 0);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ')
            text.data[i] = text.data[i] == '\0' ? '0' : '^';
    return buf_text(&text);
}

static struct client_login_course begin(const char *json, const char *nonce, const char *says)
{
    struct client_login_course course = {.login = &login, .nonce = nonce};
    struct buf line;
    ck_assert_msg(parse(json) == 0, "%s", err.text);
    buf_init(&line, 2000);
    ck_assert_msg(client_login_begin(&course, &line, &err) == 0, "%s", err.text);
    if (slice_find(slice_skip(buf_slice(&line), 5), ' ') == SIZE_MAX)
        ck_assert_str_eq(buf_text(&line), says);
    else
        ck_assert_str_eq(plain(&line), says);
    buf_deinit(&line);
    return course;
}

/* The answer to a challenge, both without base64; NULL with `err`. */
static const char *answer(struct client_login_course *course, const char *challenge)
{
    static char said[1000];
    struct buf coded;
    struct buf line;
    buf_init(&coded, 2000);
    buf_init(&line, 2000);
    text_to_base64(&coded, challenge, strlen(challenge));
    int result = client_login_answer(course, buf_slice(&coded), &line, &err);
    if (result == 0)
        snprintf(said, sizeof said, "%s", slice_is(buf_slice(&line), "*") ? "*" : plain(&line));
    buf_deinit(&coded);
    buf_deinit(&line);
    return result == 0 ? said : NULL;
}

static void end(struct client_login_course *course)
{
    client_login_end(course);
    spec_document_free(&document);
}

START_TEST(what_is_said_first)
{
    static const struct {
        const char *json;
        const char *says;
        const char *answers; /* to a challenge that nobody should get */
    } CASES[] = {
        {"{\"mechanism\": \"PLAIN\", \"user\": \"ann\", \"password\": \"s\"}", "AUTH PLAIN 0ann0s",
         "*"},
        {"{\"mechanism\": \"EXTERNAL\"}", "AUTH EXTERNAL =", "*"},
        {"{\"mechanism\": \"EXTERNAL\", \"user\": \"a@b.test\"}", "AUTH EXTERNAL a@b.test", "*"},
        /* The challenge tells why the token is refused (RFC 7628 3.2.3). */
        {"{\"mechanism\": \"OAUTHBEARER\", \"user\": \"ann\", \"token\": \"t.t\"}",
         "AUTH OAUTHBEARER n,a=ann,^auth=Bearer t.t^^", "^"},
        {"{\"mechanism\": \"XOAUTH2\", \"user\": \"ann\", \"token\": \"t.t\"}",
         "AUTH XOAUTH2 user=ann^auth=Bearer t.t^^", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct client_login_course course = begin(CASES[i].json, "", CASES[i].says);
        ck_assert_str_eq(answer(&course, "{}"), CASES[i].answers);
        ck_assert_str_eq(answer(&course, "{}"), "*");
        end(&course);
    }
}
END_TEST

START_TEST(login_is_asked_twice)
{
    struct client_login_course course = begin(
        "{\"mechanism\": \"LOGIN\", \"user\": \"ann\", \"password\": \"s\"}", "", "AUTH LOGIN");
    ck_assert_str_eq(answer(&course, "Username:"), "ann");
    ck_assert_str_eq(answer(&course, "Password:"), "s");
    ck_assert_str_eq(answer(&course, "More:"), "*");
    end(&course);
}
END_TEST

#define PENCIL "{\"mechanism\": \"SCRAM-SHA-256\", \"user\": \"user\", \"password\": \"pencil\"}"
#define FIRST \
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

/* The exchange of RFC 7677 3. */
START_TEST(scram_is_as_in_the_rfc)
{
    struct client_login_course course = begin(
        PENCIL, "rOprNGfwEbeRWgbNEkqO", "AUTH SCRAM-SHA-256 n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    ck_assert_str_eq(answer(&course, FIRST),
                     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                     "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    ck_assert_str_eq(answer(&course, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), "");
    end(&course);
}
END_TEST

START_TEST(a_server_that_cheats_is_found_out)
{
    struct client_login_course course = begin(
        PENCIL, "rOprNGfwEbeRWgbNEkqO", "AUTH SCRAM-SHA-256 n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    ck_assert_ptr_nonnull(answer(&course, FIRST));
    ck_assert_ptr_null(answer(&course, "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    ck_assert_str_eq(err.text, "the server does not prove that it knows the password (RFC 5802 5)");
    end(&course);
    static const struct {
        const char *challenge;
        const char *says;
    } CASES[] = {
        {"r=somethingelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "does not go on from that"},
        {"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "does not go on from that"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0", "expected \"r=NONCE"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=?,i=1", "expected \"r=NONCE"},
        {"m=x,r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=1", "expected \"r=NONCE"},
        {"", "expected \"r=NONCE"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        course = begin(PENCIL, "rOprNGfwEbeRWgbNEkqO",
                       "AUTH SCRAM-SHA-256 n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        ck_assert_ptr_null(answer(&course, CASES[i].challenge));
        ck_assert_msg(strstr(err.text, CASES[i].says) != NULL, "%s", err.text);
        end(&course);
    }
}
END_TEST

START_TEST(what_the_client_says_of_the_channel)
{
    struct client_login_course course =
        begin("{\"mechanism\": \"SCRAM-SHA-256\", \"user\": \"a,b=c\", \"password\": \"x\","
              "\"binding\": \"not-offered\"}",
              "n", "AUTH SCRAM-SHA-256 y,,n=a=2Cb=3Dc,r=n");
    end(&course);
    course = begin("{\"mechanism\": \"SCRAM-SHA-256-PLUS\", \"user\": \"a\", \"password\": \"x\","
                   "\"binding\": \"another-connection\"}",
                   "n", "AUTH SCRAM-SHA-256-PLUS p=tls-exporter,,n=a,r=n");
    end(&course);
    /* In the clear there is none. */
    struct buf line;
    ck_assert_int_eq(parse("{\"mechanism\": \"SCRAM-SHA-256-PLUS\", \"user\": \"a\", "
                           "\"password\": \"x\"}"),
                     0);
    course = (struct client_login_course){.login = &login, .nonce = "n"};
    buf_init(&line, 1000);
    ck_assert_int_eq(client_login_begin(&course, &line, &err), -1);
    ck_assert_str_eq(err.text, "there is no TLS connection to bind the login to");
    buf_deinit(&line);
    end(&course);
}
END_TEST

START_TEST(mistakes)
{
    static const struct {
        const char *json;
        const char *says;
    } CASES[] = {
        {"{}", "\"mechanism\" is missing"},
        {"{\"mechanism\": \"CRAM-MD5\"}", "$.mechanism"},
        {"{\"mechanism\": \"PLAIN\", \"user\": \"a\"}", "PLAIN needs \"user\" and \"password\""},
        {"{\"mechanism\": \"EXTERNAL\", \"password\": \"a\"}", "the client's \"certificate\" says"},
        {"{\"mechanism\": \"XOAUTH2\", \"user\": \"a\", \"password\": \"a\"}", "write a \"token\""},
        {"{\"mechanism\": \"XOAUTH2\", \"user\": \"a\"}", "needs \"user\" and \"token\""},
        {"{\"mechanism\": \"PLAIN\", \"user\": \"a\", \"password\": \"a\", \"token\": \"t\"}",
         "is for OAUTHBEARER and XOAUTH2, not for PLAIN"},
        {"{\"mechanism\": \"PLAIN\", \"user\": \"a\", \"password\": \"a\", \"binding\": "
         "\"tls-exporter\"}",
         "is for SCRAM, not for PLAIN"},
        {"{\"mechanism\": \"SCRAM-SHA-256\", \"user\": \"a\", \"password\": \"a\", \"binding\": "
         "\"tls-exporter\"}",
         "\"tls-exporter\" is for SCRAM-SHA-256-PLUS"},
        {"{\"mechanism\": \"SCRAM-SHA-256-PLUS\", \"user\": \"a\", \"password\": \"a\", "
         "\"binding\": \"not-offered\"}",
         "\"not-offered\" is for SCRAM-SHA-256"},
        {"{\"mechanism\": \"PLAIN\", \"usr\": \"a\"}", "did you mean \"user\"?"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_int_eq(parse(CASES[i].json), -1);
        ck_assert_msg(strstr(err.text, CASES[i].says) != NULL, "%s: %s", CASES[i].json, err.text);
        spec_document_free(&document);
    }
}
END_TEST

UNIT_MAIN(what_is_said_first, login_is_asked_twice, scram_is_as_in_the_rfc,
          a_server_that_cheats_is_found_out, what_the_client_says_of_the_channel, mistakes)
