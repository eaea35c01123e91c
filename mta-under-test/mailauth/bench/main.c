/*
 * mailauth_bench worst: what mail costs that is made to be expensive (bench_worst.h).
 *
 * mailauth_bench [SECONDS [FOLDER]]: how fast the checks are, on one core, as one JSON object. Each
 * figure is taken for SECONDS (1 where none is given). "bytes_per_s" of SHA-256 alone stands beside
 * the body figures, on the same size, to compare with. What was measured is left in FOLDER, for
 * others to be measured on it: the messages, the keys, and the records of DNS.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <time.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/bench/bench_worst.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/dkim/dkim_sign.h"

#include "mta-under-test/base/poison.h"

enum { BENCH_BODY_BYTES = 4096, BENCH_LARGE_BYTES = 16 * 1024 * 1024, BENCH_BUF_BYTES = 1 << 26 };

struct bench {
    struct json_out *json;
    int64_t span_us;
    struct dns_cache cache;
    struct dns_resolver resolver;
    struct dkim_key_cache keys;
    EVP_PKEY *rsa;
    EVP_PKEY *ed25519;
    struct buf bare;           /* a message of 4 kB ... */
    struct buf signed_rsa;     /* ... and the same with a signature by RSA ... */
    struct buf signed_ed25519; /* ... or by Ed25519 */
    struct buf large;          /* a body */
    struct buf zone;           /* the records, "name text" a line */
};

/* One round of what is measured; returns false when it did not do what it should. */
typedef bool bench_step(struct bench *bench, struct arena *arena);

static void bench_fail(const char *what)
{
    fprintf(stderr, "mailauth_bench: %s failed\n", what);
    exit(2);
}

static int64_t bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

/* Rounds in a second. */
static double bench_run(struct bench *bench, const char *name, bench_step *step)
{
    int64_t start = bench_now_us();
    int64_t now = start;
    uint64_t rounds = 0;
    while (now - start < bench->span_us) {
        for (int i = 0; i < 16; i++) {
            struct arena arena;
            arena_init(&arena);
            if (!step(bench, &arena))
                bench_fail(name);
            arena_deinit(&arena);
            rounds++;
        }
        now = bench_now_us();
    }
    return (double)rounds * (double)TIME_SECOND / (double)(now - start);
}

static void bench_put_txt(struct bench *bench, const char *name, struct slice text)
{
    struct dns_record record = {.data = text};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(&bench->cache, DNS_TYPE_TXT, slice_of(name), &answer);
    buf_format(&bench->zone, "%s %.*s\n", name, SLICE_ARG(text));
}

static void bench_publish(struct bench *bench, const char *selector, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    struct buf text;
    int len = i2d_PUBKEY(key, &der);
    /* Ed25519 is published bare (RFC 8463 4): the last 32 bytes. */
    size_t skip = EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? (size_t)len - 32 : 0;
    buf_init(&text, 65536);
    buf_format(&text, "v=DKIM1; k=%s; p=", skip > 0 ? "ed25519" : "rsa");
    text_to_base64(&text, der + skip, (size_t)len - skip);
    char *name = mem_text_format("%s._domainkey.x.test", selector);
    bench_put_txt(bench, name, buf_slice(&text));
    free(name);
    OPENSSL_free(der);
    buf_deinit(&text);
}

static int bench_sign(struct bench *bench, EVP_PKEY *key, const char *selector, struct arena *arena,
                      struct buf *out)
{
    struct message message;
    struct err err;
    struct dkim_sign_options options = {.key = key,
                                        .domain = SLICE("x.test"),
                                        .selector = slice_of(selector),
                                        .headers = SLICE("from:to:subject:date:message-id"),
                                        .header_canon = DKIM_CANON_RELAXED,
                                        .body_canon = DKIM_CANON_RELAXED,
                                        .has_time = true,
                                        .time_s = 1772442000};
    if (!message_parse(arena, buf_slice(&bench->bare), &message))
        return -1;
    return dkim_sign(&message, &options, arena, out, &err);
}

static bool bench_sign_with(struct bench *bench, EVP_PKEY *key, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 65536);
    bool good = bench_sign(bench, key, "s", arena, &out) == 0;
    buf_deinit(&out);
    return good;
}

static bool bench_sign_ed25519(struct bench *bench, struct arena *arena)
{
    return bench_sign_with(bench, bench->ed25519, arena);
}

static bool bench_sign_rsa(struct bench *bench, struct arena *arena)
{
    return bench_sign_with(bench, bench->rsa, arena);
}

static bool bench_verify(struct bench *bench, struct slice signed_message, struct arena *arena)
{
    struct message message;
    struct dkim_outcomes outcomes;
    struct dkim_context context = {
        .resolver = &bench->resolver, .keys = &bench->keys, .arena = arena};
    if (!message_parse(arena, signed_message, &message))
        return false;
    dkim_verify(&message, &DKIM_VERIFY_DEFAULT, &context, &outcomes);
    return outcomes.count == 1 && outcomes.list[0].result == DKIM_RESULT_PASS;
}

static bool bench_verify_rsa(struct bench *bench, struct arena *arena)
{
    return bench_verify(bench, buf_slice(&bench->signed_rsa), arena);
}

static bool bench_verify_ed25519(struct bench *bench, struct arena *arena)
{
    return bench_verify(bench, buf_slice(&bench->signed_ed25519), arena);
}

static bool bench_spf(struct bench *bench, struct arena *arena)
{
    struct spf_outcome outcome;
    struct spf_request request = {.helo = SLICE("h.test"), .mail_from = SLICE("a@x.test")};
    request.ip = (struct ip_address){.bytes = {203, 0, 113, 7}};
    spf_check(&request, &bench->resolver, arena, NULL, &outcome);
    return outcome.result == SPF_RESULT_PASS && outcome.lookups == 6;
}

static bool bench_body(struct bench *bench, enum dkim_canon canon)
{
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    struct dkim_body body;
    dkim_body_init(&body, canon, DKIM_SHA256, DKIM_BODY_NO_LIMIT);
    dkim_body_feed(&body, buf_slice(&bench->large));
    size_t len = dkim_body_finish(&body, digest);
    dkim_body_deinit(&body);
    return len == 32;
}

static bool bench_body_relaxed(struct bench *bench, struct arena *arena)
{
    (void)arena;
    return bench_body(bench, DKIM_CANON_RELAXED);
}

static bool bench_body_simple(struct bench *bench, struct arena *arena)
{
    (void)arena;
    return bench_body(bench, DKIM_CANON_SIMPLE);
}

static bool bench_sha256(struct bench *bench, struct arena *arena)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    (void)arena;
    return EVP_Digest(bench->large.data, bench->large.len, digest, NULL, EVP_sha256(), NULL) == 1;
}

static void bench_fill_spf(struct bench *bench)
{
    bench_put_txt(bench, "x.test",
                  SLICE("v=spf1 include:a.test include:b.test include:c.test include:d.test "
                        "include:e.test include:f.test ~all"));
    static const char *const NAMES[] = {"a.test", "b.test", "c.test", "d.test", "e.test"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        bench_put_txt(bench, NAMES[i],
                      SLICE("v=spf1 ip4:192.0.2.0/26 ip4:192.0.2.64/26 ip4:198.51.100.0/24 "
                            "ip6:2001:db8:1::/48 ip6:2001:db8:2::/48 -all"));
    bench_put_txt(bench, "f.test", SLICE("v=spf1 ip4:203.0.113.0/24 -all"));
}

static void bench_fill_text(struct buf *out, size_t bytes)
{
    while (out->len < bytes)
        buf_add_text(out, "The quick brown fox jumps over the lazy dog, again and again and "
                          "again.\r\n");
}

static void bench_init(struct bench *bench)
{
    struct arena arena;
    dns_cache_init(&bench->cache);
    dkim_key_cache_init(&bench->keys, 100);
    bench->resolver = dns_cache_resolver(&bench->cache);
    bench->rsa = EVP_RSA_gen(2048);
    bench->ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    buf_init(&bench->bare, BENCH_BUF_BYTES);
    buf_init(&bench->signed_rsa, BENCH_BUF_BYTES);
    buf_init(&bench->signed_ed25519, BENCH_BUF_BYTES);
    buf_init(&bench->large, BENCH_BUF_BYTES);
    buf_init(&bench->zone, BENCH_BUF_BYTES);
    bench_fill_spf(bench);
    bench_publish(bench, "s", bench->rsa);
    bench_publish(bench, "e", bench->ed25519);
    bench_fill_text(&bench->large, BENCH_LARGE_BYTES);
    buf_add_text(&bench->bare, "From: a@x.test\r\nTo: b@y.test\r\nSubject: figures\r\n"
                               "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n"
                               "Message-ID: <1@x.test>\r\n\r\n");
    bench_fill_text(&bench->bare, BENCH_BODY_BYTES);
    arena_init(&arena);
    if (bench_sign(bench, bench->rsa, "s", &arena, &bench->signed_rsa) != 0 ||
        bench_sign(bench, bench->ed25519, "e", &arena, &bench->signed_ed25519) != 0)
        bench_fail("signing");
    buf_add_slice(&bench->signed_rsa, buf_slice(&bench->bare));
    buf_add_slice(&bench->signed_ed25519, buf_slice(&bench->bare));
    arena_deinit(&arena);
}

static void bench_write(const char *folder, const char *name, struct slice bytes)
{
    struct err err;
    char *path = mem_text_format("%s/%s", folder, name);
    if (file_write(path, bytes, &err) != 0)
        bench_fail(err.text);
    free(path);
}

static void bench_write_key(const char *folder, const char *name, EVP_PKEY *key)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        bench_fail("writing a key");
    long len = BIO_get_mem_data(bio, &text);
    bench_write(folder, name, slice_from(text, (size_t)len));
    BIO_free(bio);
}

static void bench_leave(struct bench *bench, const char *folder)
{
    bench_write(folder, "bare.eml", buf_slice(&bench->bare));
    bench_write(folder, "signed.eml", buf_slice(&bench->signed_rsa));
    bench_write(folder, "zone.txt", buf_slice(&bench->zone));
    bench_write_key(folder, "rsa.pem", bench->rsa);
    bench_write_key(folder, "ed25519.pem", bench->ed25519);
}

static void bench_deinit(struct bench *bench)
{
    EVP_PKEY_free(bench->rsa);
    EVP_PKEY_free(bench->ed25519);
    buf_deinit(&bench->bare);
    buf_deinit(&bench->signed_rsa);
    buf_deinit(&bench->signed_ed25519);
    buf_deinit(&bench->large);
    buf_deinit(&bench->zone);
    dkim_key_cache_deinit(&bench->keys);
    dns_cache_deinit(&bench->cache);
}

static void bench_measure(struct bench *bench)
{
    double size = (double)bench->large.len;
    struct json_out *json = bench->json;
    json_out_object(json, NULL);
    json_out_real(json, "dkim_verify_rsa2048_4kB_per_s",
                  bench_run(bench, "verify rsa", bench_verify_rsa), 0);
    json_out_real(json, "dkim_verify_ed25519_4kB_per_s",
                  bench_run(bench, "verify ed25519", bench_verify_ed25519), 0);
    json_out_real(json, "dkim_sign_ed25519_4kB_per_s",
                  bench_run(bench, "sign ed25519", bench_sign_ed25519), 0);
    json_out_real(json, "dkim_sign_rsa2048_4kB_per_s", bench_run(bench, "sign rsa", bench_sign_rsa),
                  0);
    json_out_real(json, "spf_six_includes_per_s", bench_run(bench, "spf", bench_spf), 0);
    double sha = bench_run(bench, "sha256", bench_sha256) * size;
    double relaxed = bench_run(bench, "relaxed body", bench_body_relaxed) * size;
    double simple = bench_run(bench, "simple body", bench_body_simple) * size;
    json_out_real(json, "sha256_bytes_per_s", sha, 0);
    json_out_real(json, "body_relaxed_bytes_per_s", relaxed, 0);
    json_out_real(json, "body_simple_bytes_per_s", simple, 0);
    json_out_real(json, "body_relaxed_of_sha256", relaxed / sha, 3);
    json_out_real(json, "body_simple_of_sha256", simple / sha, 3);
    json_out_end(json);
}

int main(int argc, char **argv)
{
    struct bench bench = {.span_us = TIME_SECOND};
    struct json_out json;
    struct buf out;
    uint64_t seconds = 1;
    if (argc > 1 && text_to_u64(slice_of(argv[1]), &seconds) == 0 && seconds < 1000)
        bench.span_us = (int64_t)seconds * TIME_SECOND;
    buf_init(&out, 65536);
    json_out_init_pretty(&json, &out);
    if (argc > 1 && strcmp(argv[1], "worst") == 0) {
        if (bench_worst(&json) != 0)
            bench_fail("a worst case");
        puts(buf_text(&out));
        buf_deinit(&out);
        return 0;
    }
    bench.json = &json;
    bench_init(&bench);
    if (argc > 2)
        bench_leave(&bench, argv[2]);
    bench_measure(&bench);
    bench_deinit(&bench);
    puts(buf_text(&out));
    buf_deinit(&out);
    return 0;
}
