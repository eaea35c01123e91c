#include <openssl/x509.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/arc/arc_seal.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

#define KEY_PATH "tests/unit/mta-under-test/mailauth/vectors/keys/rsa2048.pem"

/* What every test here needs. */
struct bed {
    struct arena arena;
    struct dns_cache cache;
    struct dns_resolver resolver;
    struct dkim_key_cache keys;
    struct dkim_context context;
    struct arc_seal_options options;
    struct arc_options validation;
};

static void bed_init(struct bed *bed)
{
    struct buf text;
    struct err err;
    unsigned char *der = NULL;
    memset(bed, 0, sizeof *bed);
    arena_init(&bed->arena);
    dns_cache_init(&bed->cache);
    dkim_key_cache_init(&bed->keys, 10);
    bed->resolver = dns_cache_resolver(&bed->cache);
    bed->context =
        (struct dkim_context){.resolver = &bed->resolver, .keys = &bed->keys, .arena = &bed->arena};
    bed->validation = (struct arc_options){.policy = DKIM_POLICY_DEFAULT};
    buf_init(&text, 65536);
    ck_assert_int_eq(file_read(KEY_PATH, &text, &err), 0);
    bed->options = (struct arc_seal_options){.key = dkim_key_read_private(buf_slice(&text)),
                                             .domain = SLICE("x.test"),
                                             .selector = SLICE("s"),
                                             .headers = SLICE("from:subject"),
                                             .authserv_id = SLICE("mx.x.test"),
                                             .time_s = 1772442000};
    ck_assert_ptr_nonnull(bed->options.key);
    int len = i2d_PUBKEY(bed->options.key, &der);
    buf_reset(&text);
    buf_add_text(&text, "p=");
    text_to_base64(&text, der, (size_t)len);
    struct dns_record record = {.data = buf_slice(&text)};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(&bed->cache, DNS_TYPE_TXT, SLICE("s._domainkey.x.test"), &answer);
    OPENSSL_free(der);
    buf_deinit(&text);
}

static void bed_deinit(struct bed *bed)
{
    EVP_PKEY_free(bed->options.key);
    dkim_key_cache_deinit(&bed->keys);
    dns_cache_deinit(&bed->cache);
    arena_deinit(&bed->arena);
}

/* Seals the message once more; returns it with the new set on top. */
static const char *seal(struct bed *bed, const char *text, struct arc_sealed *sealed)
{
    struct message message;
    struct err err = {{0}};
    ck_assert(message_parse(&bed->arena, slice_of(text), &message));
    ck_assert_msg(
        arc_seal(&message, &bed->options, &bed->validation, &bed->context, sealed, &err) == 0, "%s",
        err.text);
    if (sealed->skipped != NULL)
        return text;
    return arena_format(&bed->arena, "%.*s\r\n%.*s\r\n%.*s\r\n%s", SLICE_ARG(sealed->seal),
                        SLICE_ARG(sealed->message), SLICE_ARG(sealed->results), text);
}

static enum arc_status validate(struct bed *bed, const char *text)
{
    struct message message;
    struct arc_outcome outcome;
    ck_assert(message_parse(&bed->arena, slice_of(text), &message));
    arc_validate(&message, &bed->validation, &bed->context, &outcome);
    return outcome.status;
}

#define RESULTS "Authentication-Results: mx.x.test; spf=pass smtp.mailfrom=a@x.test\r\n"
#define REST "From: a@x.test\r\nSubject: s\r\n\r\nbody\r\n"

START_TEST(sealed_chains_validate_up_to_fifty)
{
    struct bed bed;
    struct arc_sealed sealed;
    const char *text = RESULTS REST;
    bed_init(&bed);
    for (unsigned i = 1; i <= ARC_SETS_MAX; i++) {
        bed.options.canonical = i % 2 == 0;
        text = seal(&bed, text, &sealed);
        ck_assert_uint_eq(sealed.instance, i);
        ck_assert_int_eq(sealed.cv, i == 1 ? ARC_NONE : ARC_PASS);
    }
    ck_assert_int_eq(validate(&bed, text), ARC_PASS);
    seal(&bed, text, &sealed);
    ck_assert_ptr_nonnull(sealed.skipped);
    bed_deinit(&bed);
}
END_TEST

START_TEST(a_heap_of_seals_asks_nothing)
{
    struct bed bed;
    struct buf text;
    enum dns_type type = DNS_TYPE_A;
    struct slice name;
    bed_init(&bed);
    buf_init(&text, 16 << 20);
    for (int i = 0; i < 50000; i++)
        buf_format(&text, "ARC-Seal: i=%d; a=rsa-sha256; cv=none; d=y%d.test; s=s; b=AAAA\r\n",
                   i % 50 + 1, i);
    buf_add_text(&text, REST);
    size_t before = bed.arena.used_bytes;
    ck_assert_int_eq(validate(&bed, buf_text(&text)), ARC_FAIL);
    ck_assert(!dns_cache_next_question(&bed.cache, &type, &name));
    ck_assert_uint_lt(bed.arena.used_bytes - before, 16 << 20);
    buf_deinit(&text);
    bed_deinit(&bed);
}
END_TEST

START_TEST(a_broken_chain_is_sealed_once_more_and_then_no_more)
{
    struct bed bed;
    struct arc_sealed sealed;
    bed_init(&bed);
    const char *text = seal(&bed, RESULTS REST, &sealed);
    char *broken = arena_text(&bed.arena, text);
    *strstr(broken, "body") = 'B';
    ck_assert_int_eq(validate(&bed, broken), ARC_FAIL);
    text = seal(&bed, broken, &sealed);
    ck_assert_int_eq(sealed.cv, ARC_FAIL);
    ck_assert_int_eq(validate(&bed, text), ARC_FAIL);
    seal(&bed, text, &sealed);
    ck_assert_ptr_nonnull(sealed.skipped);
    bed_deinit(&bed);
}
END_TEST

START_TEST(only_own_results_are_taken_over)
{
    struct bed bed;
    struct arc_sealed sealed;
    bed_init(&bed);
    seal(&bed, "Authentication-Results: other.test; spf=pass\r\n" REST, &sealed);
    ck_assert_ptr_nonnull(sealed.skipped);
    seal(&bed,
         RESULTS
         "Authentication-Results: other.test; dkim=pass\r\n"
         "Authentication-Results: MX.x.test 1;\r\n\tdkim=fail (c)\r\n header.d=y.test\r\n" REST,
         &sealed);
    ck_assert(
        slice_is(sealed.results,
                 "ARC-Authentication-Results: i=1; mx.x.test; spf=pass smtp.mailfrom=a@x.test; "
                 "dkim=fail (c) header.d=y.test"));
    bed_deinit(&bed);
}
END_TEST

START_TEST(the_canonical_form_is_sorted_and_in_lower_case)
{
    struct bed bed;
    struct arc_sealed sealed;
    bed_init(&bed);
    bed.options.canonical = true;
    bed.options.headers = SLICE("From : Subject");
    seal(&bed, RESULTS REST, &sealed);
    ck_assert(slice_starts_with(sealed.seal, SLICE("ARC-Seal: a=rsa-sha256; b=")));
    ck_assert(
        slice_ends_with_nocase(sealed.seal, SLICE("; cv=none; d=x.test; i=1; s=s; t=1772442000")));
    ck_assert_uint_ne(slice_find_slice(sealed.message, SLICE("; h=from:subject; i=1; s=s; t=")),
                      SIZE_MAX);
    bed_deinit(&bed);
}
END_TEST

UNIT_MAIN(sealed_chains_validate_up_to_fifty, a_heap_of_seals_asks_nothing,
          a_broken_chain_is_sealed_once_more_and_then_no_more, only_own_results_are_taken_over,
          the_canonical_form_is_sorted_and_in_lower_case)
