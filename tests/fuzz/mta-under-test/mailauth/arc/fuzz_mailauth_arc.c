/* Validation of a chain; the first line of the input is the key record. */
#include "mta-under-test/mailauth/arc/arc_validate.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dns_answer *answer_key(void *context, enum dns_type type, struct slice name)
{
    (void)type;
    (void)name;
    return context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_from(data != NULL ? (const char *)data : "", size);
    struct slice record;
    struct arena arena;
    struct facts facts;
    struct message message;
    struct dkim_key_cache keys;
    struct arc_outcome outcome;
    slice_split(&rest, '\n', &record);
    struct dns_record txt = {.data = record};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &txt};
    struct dns_resolver resolver = {&answer, answer_key};
    struct arc_options options = {.policy = DKIM_POLICY_DEFAULT, .finds_oldest_pass = true};
    arena_init(&arena);
    facts_init(&facts, &arena);
    dkim_key_cache_init(&keys, 10);
    struct dkim_context context = {
        .resolver = &resolver, .keys = &keys, .arena = &arena, .facts = &facts};
    if (rest.data != NULL && message_parse(&arena, rest, &message))
        arc_validate(&message, &options, &context, &outcome);
    dkim_key_cache_deinit(&keys);
    arena_deinit(&arena);
    return 0;
}
