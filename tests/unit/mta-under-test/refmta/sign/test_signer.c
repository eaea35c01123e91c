/* What is signed verifies, with both kinds of keys; a change of the message shows. */
#include "mta-under-test/refmta/sign/signer.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/arc/arc_validate.h"
#include "mta-under-test/mailauth/dkim/dkim_verify.h"
#include "tests/unit/unit.h"

#define MESSAGE "From: a@a.test\r\nSubject: x\r\n\r\nHello \r\n.\r\n\r\n"

static struct buf record;

static const struct dns_answer *look_up(void *context, enum dns_type type, struct slice name)
{
    static struct dns_record found;
    static struct dns_answer answer;
    (void)context;
    answer = (struct dns_answer){.status = DNS_NXDOMAIN};
    found.data = buf_slice(&record);
    if (type == DNS_TYPE_TXT && slice_is(name, "s1._domainkey.a.test"))
        answer = (struct dns_answer){.status = DNS_OK, .count = 1, .records = &found};
    return &answer;
}

/* The private half goes to a file, the public half to the record. */
static struct signer *open_signer(EVP_PKEY *key, struct err *err)
{
    char path[] = "/tmp/mailrange-key-XXXXXX";
    unsigned char raw[32];
    size_t len = sizeof raw;
    unsigned char *der = NULL;
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_int_eq(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    buf_init(&record, 8192);
    if (EVP_PKEY_base_id(key) == EVP_PKEY_RSA) {
        int der_len = i2d_PUBKEY(key, &der);
        buf_add_text(&record, "v=DKIM1; k=rsa; p=");
        text_to_base64(&record, der, (size_t)der_len);
        OPENSSL_free(der);
    } else {
        EVP_PKEY_get_raw_public_key(key, raw, &len);
        buf_add_text(&record, "v=DKIM1; k=ed25519; p=");
        text_to_base64(&record, raw, len);
    }
    struct signer_key one = {
        .domain = "a.test", .selector = "s1", .file = path, .is_for_all = true};
    struct signer *signer = signer_open(&one, 1, err);
    unlink(path);
    return signer;
}

static enum dkim_result verify(const struct buf *signature, const char *text)
{
    struct arena arena = {0};
    struct buf whole;
    struct message message;
    struct dkim_outcomes outcomes;
    struct dkim_key_cache keys;
    const struct dns_resolver resolver = {NULL, look_up};
    struct dkim_context context = {.resolver = &resolver, .keys = &keys, .arena = &arena};
    dkim_key_cache_init(&keys, 8);
    buf_init(&whole, 65536);
    buf_add_slice(&whole, buf_slice(signature));
    buf_add_text(&whole, text);
    ck_assert(message_parse(&arena, buf_slice(&whole), &message));
    dkim_verify(&message, &DKIM_VERIFY_DEFAULT, &context, &outcomes);
    ck_assert_uint_eq(outcomes.count, 1);
    enum dkim_result result = outcomes.list[0].result;
    dkim_key_cache_deinit(&keys);
    buf_deinit(&whole);
    arena_deinit(&arena);
    return result;
}

static void check_key(EVP_PKEY *key)
{
    struct err err = {0};
    struct buf signature;
    struct signer *signer = open_signer(key, &err);
    ck_assert_msg(signer != NULL, "%s", err.text);
    buf_init(&signature, 8192);
    ck_assert_int_eq(signer_sign(signer, SLICE(MESSAGE), 1000 * TIME_SECOND, &signature, &err), 0);
    ck_assert_ptr_nonnull(strstr(buf_text(&signature), "t=1000"));
    ck_assert_int_eq(verify(&signature, MESSAGE), DKIM_RESULT_PASS);
    ck_assert_int_eq(verify(&signature, MESSAGE "more\r\n"), DKIM_RESULT_FAIL);
    /* From stands once more in h= than in the message: a second one breaks it. */
    ck_assert_int_eq(verify(&signature, "From: b@b.test\r\n" MESSAGE), DKIM_RESULT_FAIL);
    ck_assert_int_eq(signer_sign(signer, SLICE("To: x\r\n\r\n"), 0, &signature, &err), -1);
    buf_deinit(&signature);
    buf_deinit(&record);
    signer_close(&signer);
    EVP_PKEY_free(key);
}

START_TEST(test_both_kinds_of_keys)
{
    check_key(EVP_RSA_gen(2048));
    check_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}
END_TEST

START_TEST(test_what_is_no_key)
{
    struct err err = {0};
    struct signer_key one = {.domain = "a.test", .selector = "s1", .file = "/dev/null"};
    ck_assert_ptr_null(signer_open(&one, 1, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "private key"));
    one.file = "/no/such/key";
    ck_assert_ptr_null(signer_open(&one, 1, &err));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    ck_assert_ptr_null(open_signer(key, &err));
    buf_deinit(&record);
    EVP_PKEY_free(key);
}
END_TEST

/* The selectors that signed, in order: "s1 s2". */
static const char *selectors(const struct signer *signer, const char *from, int64_t now_us)
{
    static char found[64];
    struct err err = {0};
    struct buf out;
    char text[128];
    buf_init(&out, 65536);
    snprintf(text, sizeof text, "From: %s\r\n\r\nx\r\n", from);
    ck_assert_msg(signer_sign(signer, slice_of(text), now_us, &out, &err) == 0, "%s", err.text);
    found[0] = '\0';
    const char *at = buf_text(&out);
    while ((at = strstr(at, "s=")) != NULL) {
        at += 2;
        if (at[-3] != ' ' && at[-3] != '\t')
            continue;
        size_t len = strlen(found);
        snprintf(found + len, sizeof found - len, "%s%.*s", len > 0 ? " " : "",
                 (int)strcspn(at, ";"), at);
    }
    buf_deinit(&out);
    return found;
}

static void write_key(char *path, EVP_PKEY *key)
{
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_int_eq(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    EVP_PKEY_free(key);
}

START_TEST(test_which_keys_sign)
{
    struct err err = {0};
    char rsa[] = "/tmp/mailrange-key-XXXXXX";
    char ed[] = "/tmp/mailrange-key-XXXXXX";
    write_key(rsa, EVP_RSA_gen(2048));
    write_key(ed, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    const struct signer_key keys[] = {
        {.domain = "a.test", .selector = "old", .file = rsa, .until_us = 1000},
        {.domain = "a.test", .selector = "new", .file = rsa, .from_us = 1000},
        {.domain = "a.test", .selector = "ed", .file = ed},
        {.domain = "sub.a.test", .selector = "sub", .file = ed},
        {.domain = "own.test", .selector = "all", .file = ed, .is_for_all = true},
    };
    struct signer *signer = signer_open(keys, sizeof keys / sizeof keys[0], &err);
    ck_assert_msg(signer != NULL, "%s", err.text);
    ck_assert_str_eq(selectors(signer, "x@a.test", 999), "old ed");
    ck_assert_str_eq(selectors(signer, "x@a.test", 1000), "new ed");
    ck_assert_str_eq(selectors(signer, "Name <x@b.A.test>", 1000), "new ed");
    ck_assert_str_eq(selectors(signer, "x@sub.a.test", 1000), "sub");
    ck_assert_str_eq(selectors(signer, "x@nota.test", 1000), "all");
    signer_close(&signer);
    unlink(rsa);
    unlink(ed);
}
END_TEST

static enum arc_status validate(struct slice content)
{
    struct arena arena = {0};
    struct message message;
    struct dkim_key_cache keys;
    struct arc_outcome outcome;
    const struct dns_resolver resolver = {NULL, look_up};
    const struct arc_options options = {.policy = DKIM_POLICY_DEFAULT, .now_us = TIME_HOUR};
    struct dkim_context context = {
        .policy = &options.policy, .resolver = &resolver, .keys = &keys, .arena = &arena};
    dkim_key_cache_init(&keys, 8);
    ck_assert(message_parse(&arena, content, &message));
    arc_validate(&message, &options, &context, &outcome);
    dkim_key_cache_deinit(&keys);
    arena_deinit(&arena);
    return outcome.status;
}

START_TEST(a_seal_carries_our_results_on)
{
    static const char CHECKED[] =
        "Authentication-Results: our.test; spf=pass; arc=none\r\n" MESSAGE;
    const struct signer_seal_facts facts = {"our.test", TIME_HOUR};
    const struct signer_seal_facts others = {"another.test", TIME_HOUR};
    struct err err = {.text = ""};
    struct buf out;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct signer *signer = open_signer(key, &err);
    ck_assert_msg(signer != NULL, "%s", err.text);
    buf_init(&out, 65536);
    ck_assert_int_eq(signer_seal(signer, slice_of(CHECKED), &others, &out, &err), 0);
    ck_assert_uint_eq(out.len, 0); /* there is nothing of ours to carry on */
    ck_assert_msg(signer_seal(signer, slice_of(CHECKED), &facts, &out, &err) == 0, "%s", err.text);
    ck_assert_ptr_nonnull(
        strstr(buf_text(&out), "ARC-Authentication-Results: i=1; our.test; spf=pass"));
    buf_add_text(&out, CHECKED);
    ck_assert_int_eq(validate(buf_slice(&out)), ARC_PASS);
    strstr(out.data, "spf=pass")[4] = 'P';
    ck_assert_int_eq(validate(buf_slice(&out)), ARC_FAIL);
    buf_deinit(&out);
    signer_close(&signer);
    EVP_PKEY_free(key);
    buf_deinit(&record);
}
END_TEST

START_TEST(what_was_converted_is_signed_anew_in_the_same_place)
{
    struct err err = {.text = ""};
    struct buf first;
    struct buf changed;
    struct buf again;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct signer *signer = open_signer(key, &err);
    buf_init(&first, 65536);
    buf_init(&changed, 65536);
    buf_init(&again, 65536);
    ck_assert_int_eq(signer_sign(signer, slice_of(MESSAGE), TIME_HOUR, &first, &err), 0);
    buf_format(&changed, "Received: x\r\n%sFrom: a@a.test\r\nSubject: x\r\n\r\nanother\r\n",
               buf_text(&first));
    ck_assert_int_eq(signer_sign_again(signer, buf_slice(&changed), TIME_HOUR, &again, &err), 0);
    ck_assert_int_eq(strncmp(buf_text(&again), "Received: x\r\nDKIM-Signature:", 28), 0);
    struct buf none = {0};
    ck_assert_int_eq(verify(&none, buf_text(&again)), DKIM_RESULT_PASS);
    /* Without a signature of ours there is nothing to do. */
    buf_reset(&again);
    ck_assert_int_eq(signer_sign_again(signer, slice_of(MESSAGE), TIME_HOUR, &again, &err), 0);
    ck_assert_str_eq(buf_text(&again), MESSAGE);
    buf_deinit(&first);
    buf_deinit(&changed);
    buf_deinit(&again);
    signer_close(&signer);
    EVP_PKEY_free(key);
    buf_deinit(&record);
}
END_TEST

UNIT_MAIN(a_seal_carries_our_results_on, what_was_converted_is_signed_anew_in_the_same_place,
          test_both_kinds_of_keys, test_what_is_no_key, test_which_keys_sign)
