/* Verification of a message; the first line of the input is the key record. And the body's
 * canonical form, in one piece and in two. */
#include "mta-under-test/mailauth/dkim/dkim_verify.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dns_answer *answer_key(void *context, enum dns_type type, struct slice name)
{
    (void)type;
    (void)name;
    return context;
}

static void compare_pieces(struct slice text, enum dkim_canon canon)
{
    unsigned char whole[DKIM_DIGEST_BYTES_MAX];
    unsigned char pieces[DKIM_DIGEST_BYTES_MAX];
    struct dkim_body one;
    struct dkim_body two;
    size_t at = text.len > 0 ? (unsigned char)text.data[0] % text.len : 0;
    dkim_body_init(&one, canon, DKIM_SHA256, DKIM_BODY_NO_LIMIT);
    dkim_body_init(&two, canon, DKIM_SHA256, DKIM_BODY_NO_LIMIT);
    dkim_body_feed(&one, text);
    dkim_body_feed(&two, slice_first(text, at));
    dkim_body_feed(&two, slice_skip(text, at));
    dkim_body_finish(&one, whole);
    dkim_body_finish(&two, pieces);
    if (memcmp(whole, pieces, 32) != 0)
        __builtin_trap();
    dkim_body_deinit(&one);
    dkim_body_deinit(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_from(data != NULL ? (const char *)data : "", size);
    struct slice record;
    struct arena arena;
    struct facts facts;
    struct message message;
    struct dkim_key_cache keys;
    struct dkim_outcomes outcomes;
    compare_pieces(rest, DKIM_CANON_RELAXED);
    compare_pieces(rest, DKIM_CANON_SIMPLE);
    slice_split(&rest, '\n', &record);
    struct dns_record txt = {.data = record};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &txt};
    struct dns_resolver resolver = {&answer, answer_key};
    struct dkim_verify_options options = DKIM_VERIFY_DEFAULT;
    arena_init(&arena);
    facts_init(&facts, &arena);
    dkim_key_cache_init(&keys, 10);
    options.policy.allows_sha1 = size % 2 == 1;
    struct dkim_context context = {
        .resolver = &resolver, .keys = &keys, .arena = &arena, .facts = &facts};
    if (rest.data != NULL && message_parse(&arena, rest, &message))
        dkim_verify(&message, &options, &context, &outcomes);
    dkim_key_cache_deinit(&keys);
    arena_deinit(&arena);
    return 0;
}
