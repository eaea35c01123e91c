#include <openssl/x509.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/rng.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/dkim/dkim_sign.h"
#include "mta-under-test/mailauth/dkim/dkim_verify.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

#define KEY_PATH "tests/unit/mta-under-test/mailauth/vectors/keys/rsa2048.pem"

static void body_digest(enum dkim_canon canon, struct slice text, struct rng *rng,
                        unsigned char digest[DKIM_DIGEST_BYTES_MAX])
{
    struct dkim_body body;
    dkim_body_init(&body, canon, DKIM_SHA256, DKIM_BODY_NO_LIMIT);
    while (rng != NULL && text.len > 0) {
        size_t len = (size_t)rng_below(rng, 40);
        dkim_body_feed(&body, slice_first(text, len));
        text = slice_skip(text, len);
    }
    dkim_body_feed(&body, text);
    dkim_body_finish(&body, digest);
    dkim_body_deinit(&body);
}

/* The plain way of the relaxed form, byte by byte, to compare with. */
static void relaxed_by_bytes(struct slice text, struct buf *out)
{
    struct buf line;
    buf_init(&line, 1 << 20);
    size_t held = 0;
    while (text.len > 0) {
        size_t end = slice_find_slice(text, SLICE("\r\n"));
        struct slice part = slice_first(text, end);
        bool space = false;
        buf_reset(&line);
        for (size_t i = 0; i < part.len; i++) {
            bool wsp = part.data[i] == ' ' || part.data[i] == '\t';
            if (!wsp && space)
                buf_add_char(&line, ' ');
            if (!wsp)
                buf_add_char(&line, part.data[i]);
            space = wsp;
        }
        held++;
        if (line.len > 0) {
            for (; held > 1; held--)
                buf_add_text(out, "\r\n");
            buf_add_slice(out, buf_slice(&line));
        }
        text = end == SIZE_MAX ? slice_skip(text, text.len) : slice_skip(text, end + 2);
    }
    if (out->len > 0)
        buf_add_text(out, "\r\n");
    buf_deinit(&line);
}

START_TEST(bodies_in_pieces_and_by_bytes_agree)
{
    static const char ALPHABET[] = "ab  \t\r\n\r\n\r\nxyz";
    struct rng rng;
    rng_init(&rng, 7);
    for (int round = 0; round < 3000; round++) {
        unsigned char whole[DKIM_DIGEST_BYTES_MAX];
        unsigned char pieces[DKIM_DIGEST_BYTES_MAX];
        unsigned char plain[DKIM_DIGEST_BYTES_MAX];
        char text[200];
        size_t len = (size_t)rng_below(&rng, sizeof text);
        for (size_t i = 0; i < len; i++)
            text[i] = ALPHABET[rng_below(&rng, sizeof ALPHABET - 1)];
        body_digest(DKIM_CANON_RELAXED, slice_from(text, len), NULL, whole);
        body_digest(DKIM_CANON_RELAXED, slice_from(text, len), &rng, pieces);
        ck_assert_mem_eq(whole, pieces, 32);
        struct buf relaxed;
        struct dkim_hash hash;
        buf_init(&relaxed, 1 << 20);
        relaxed_by_bytes(slice_from(text, len), &relaxed);
        dkim_hash_init(&hash, DKIM_SHA256);
        dkim_hash_add(&hash, buf_text(&relaxed), relaxed.len);
        dkim_hash_finish(&hash, plain);
        dkim_hash_deinit(&hash);
        buf_deinit(&relaxed);
        ck_assert_mem_eq(whole, plain, 32);
        body_digest(DKIM_CANON_SIMPLE, slice_from(text, len), NULL, whole);
        body_digest(DKIM_CANON_SIMPLE, slice_from(text, len), &rng, pieces);
        ck_assert_mem_eq(whole, pieces, 32);
    }
}
END_TEST

START_TEST(an_empty_body_has_the_hashes_of_the_rfc)
{
    /* RFC 6376 3.4.3 and 3.4.4 */
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    struct buf text;
    buf_init(&text, 100);
    body_digest(DKIM_CANON_SIMPLE, SLICE(""), NULL, digest);
    text_to_base64(&text, digest, 32);
    ck_assert_str_eq(buf_text(&text), "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
    buf_reset(&text);
    body_digest(DKIM_CANON_RELAXED, SLICE(""), NULL, digest);
    text_to_base64(&text, digest, 32);
    ck_assert_str_eq(buf_text(&text), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    buf_deinit(&text);
}
END_TEST

static EVP_PKEY *read_key(void)
{
    struct buf pem;
    struct err err;
    buf_init(&pem, 65536);
    ck_assert_int_eq(file_read(KEY_PATH, &pem, &err), 0);
    EVP_PKEY *key = dkim_key_read_private(buf_slice(&pem));
    ck_assert_ptr_nonnull(key);
    buf_deinit(&pem);
    return key;
}

/* Puts the public key at s._domainkey.x.test. */
static void publish(struct dns_cache *cache, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    struct buf text;
    int len = i2d_PUBKEY(key, &der);
    buf_init(&text, 65536);
    buf_add_text(&text, "v=DKIM1; p=");
    text_to_base64(&text, der, (size_t)len);
    struct dns_record record = {.data = buf_slice(&text)};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(cache, DNS_TYPE_TXT, SLICE("s._domainkey.x.test"), &answer);
    OPENSSL_free(der);
    buf_deinit(&text);
}

START_TEST(what_is_signed_verifies_with_all_options)
{
    struct arena arena;
    struct dns_cache cache;
    struct dkim_key_cache keys;
    struct message message;
    struct message signed_message;
    struct dkim_outcomes outcomes;
    struct buf out;
    struct err err;
    const char *text = "From: a@x.test\r\nTo: b@y.test\r\nSubject: x; y=z|w\r\n\r\nbody\r\n";
    arena_init(&arena);
    dns_cache_init(&cache);
    dkim_key_cache_init(&keys, 10);
    buf_init(&out, 65536);
    struct dkim_sign_options options = {.key = read_key(),
                                        .domain = SLICE("x.test"),
                                        .selector = SLICE("s"),
                                        .identity = SLICE("a@x.test"),
                                        .headers = SLICE("from:to:subject:from"),
                                        .has_time = true,
                                        .time_s = 1000,
                                        .lifetime_s = 500,
                                        .limits_body = true,
                                        .copies_headers = true};
    publish(&cache, options.key);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert(message_parse(&arena, slice_of(text), &message));
    ck_assert_msg(dkim_sign(&message, &options, &arena, &out, &err) == 0, "%s", err.text);
    buf_add_text(&out, text);
    ck_assert(message_parse(&arena, buf_slice(&out), &signed_message));
    struct dkim_verify_options verify = DKIM_VERIFY_DEFAULT;
    struct dkim_context context = {.resolver = &resolver, .keys = &keys, .arena = &arena};
    dkim_verify(&signed_message, &verify, &context, &outcomes);
    ck_assert_uint_eq(outcomes.count, 1);
    ck_assert_int_eq(outcomes.list[0].result, DKIM_RESULT_PASS);
    ck_assert_uint_eq(outcomes.list[0].signature.expiry_s, 1500);
    verify.now_us = 2000 * INT64_C(1000000);
    dkim_verify(&signed_message, &verify, &context, &outcomes);
    ck_assert_int_eq(outcomes.list[0].reason, DKIM_REASON_EXPIRED);
    options.headers = SLICE("to:subject");
    ck_assert_int_eq(dkim_sign(&message, &options, &arena, &out, &err), -1);
    EVP_PKEY_free(options.key);
    buf_deinit(&out);
    dkim_key_cache_deinit(&keys);
    dns_cache_deinit(&cache);
    arena_deinit(&arena);
}
END_TEST

START_TEST(ten_thousand_signatures_stay_bounded)
{
    struct arena arena;
    struct dns_cache cache;
    struct dkim_key_cache keys;
    struct message message;
    struct dkim_outcomes outcomes;
    struct buf text;
    arena_init(&arena);
    dns_cache_init(&cache);
    dkim_key_cache_init(&keys, 10);
    buf_init(&text, 16 << 20);
    for (int i = 0; i < 10000; i++)
        buf_format(&text,
                   "DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; h=from; l=%d; "
                   "bh=AAAA; b=AAAA\r\n",
                   i);
    buf_add_text(&text, "From: a@x.test\r\n\r\nbody\r\n");
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    struct dkim_verify_options options = DKIM_VERIFY_DEFAULT;
    struct dkim_context context = {.resolver = &resolver, .keys = &keys, .arena = &arena};
    ck_assert(message_parse(&arena, buf_slice(&text), &message));
    dkim_verify(&message, &options, &context, &outcomes);
    ck_assert_uint_eq(outcomes.count, 10000);
    ck_assert_int_eq(outcomes.list[9999].reason, DKIM_REASON_LIMIT);
    ck_assert_int_eq(outcomes.list[20].reason, DKIM_REASON_LIMIT);
    ck_assert_int_eq(outcomes.list[0].reason, DKIM_REASON_DNS_PENDING);
    buf_deinit(&text);
    dkim_key_cache_deinit(&keys);
    dns_cache_deinit(&cache);
    arena_deinit(&arena);
}
END_TEST

START_TEST(a_large_body_is_hashed_as_it_comes)
{
    struct arena arena;
    struct dns_cache cache;
    struct dkim_key_cache keys;
    struct message message;
    struct dkim_outcomes outcomes;
    struct buf piece;
    arena_init(&arena);
    dns_cache_init(&cache);
    dkim_key_cache_init(&keys, 10);
    buf_init(&piece, 1 << 20);
    while (piece.len + 4 <= 1 << 20)
        buf_add_text(&piece, " \t\r\n");
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    struct dkim_context context = {.resolver = &resolver, .keys = &keys, .arena = &arena};
    ck_assert(
        message_parse(&arena,
                      SLICE("DKIM-Signature: v=1; a=rsa-sha256; c=simple/relaxed; d=x.test; s=s; "
                            "h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
                            "From: a@x.test\r\n\r\n"),
                      &message));
    struct dkim_verifier *verifier = dkim_verifier_new(&message, &DKIM_VERIFY_DEFAULT, &context);
    for (int i = 0; i < 100; i++)
        dkim_verifier_feed(verifier, buf_slice(&piece));
    dkim_verifier_finish(verifier, &outcomes);
    dkim_verifier_free(&verifier);
    /* 100 MB of blank lines are an empty body; nothing of them was kept. */
    ck_assert_int_eq(outcomes.list[0].reason, DKIM_REASON_DNS_PENDING);
    ck_assert_uint_eq(outcomes.list[0].body_len, 0);
    ck_assert_uint_lt(arena.used_bytes, 64 << 10);
    buf_deinit(&piece);
    dkim_key_cache_deinit(&keys);
    dns_cache_deinit(&cache);
    arena_deinit(&arena);
}
END_TEST

START_TEST(each_field_is_hashed_once_however_often_it_is_named)
{
    enum { FIELDS = 50000, NAMES = 200000 };
    struct arena arena;
    struct message message;
    struct dkim_hash hash;
    struct buf text;
    struct buf names;
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    arena_init(&arena);
    buf_init(&text, 16 << 20);
    buf_init(&names, 16 << 20);
    for (int i = 0; i < FIELDS; i++)
        buf_format(&text, "X-%d: a\r\n", i % 100);
    for (int i = 0; i < NAMES; i++)
        buf_format(&names, "%sx-%d", i > 0 ? ":" : "", i % 200);
    ck_assert(message_parse(&arena, buf_slice(&text), &message));
    ck_assert_uint_lt(arena.used_bytes, FIELDS * 200);
    dkim_hash_init(&hash, DKIM_SHA256);
    size_t taken = dkim_header_add_chosen(&hash, DKIM_CANON_RELAXED, &message, buf_slice(&names),
                                          NULL, &arena);
    dkim_hash_finish(&hash, digest);
    dkim_hash_deinit(&hash);
    ck_assert_uint_eq(taken, FIELDS);
    buf_deinit(&names);
    buf_deinit(&text);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(bodies_in_pieces_and_by_bytes_agree, an_empty_body_has_the_hashes_of_the_rfc,
          what_is_signed_verifies_with_all_options, ten_thousand_signatures_stay_bounded,
          a_large_body_is_hashed_as_it_comes, each_field_is_hashed_once_however_often_it_is_named)
