/* Everything at once: a zone in JSON, an empty line, and a message. */
#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/tool/zone.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct zone *zone, struct slice bytes)
{
    struct arena arena;
    struct facts facts;
    struct message message;
    struct dkim_key_cache keys;
    struct auth_outcome outcome;
    struct buf out;
    struct dns_resolver resolver = zone_resolver(zone);
    struct auth_request request = {.helo = SLICE("h.test"),
                                   .mail_from = SLICE("a@x.test"),
                                   .message = &message,
                                   .receiver = SLICE("mx.test")};
    arena_init(&arena);
    facts_init(&facts, &arena);
    dkim_key_cache_init(&keys, 10);
    buf_init(&out, 16 << 20);
    if (message_parse(&arena, bytes, &message)) {
        auth_check(&request, &resolver, &keys, &arena, &facts, &outcome);
        auth_check_write(&request, &outcome, &arena, &out);
        facts_to_tree(&facts, &out);
    }
    buf_deinit(&out);
    dkim_key_cache_deinit(&keys);
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from(data != NULL ? (const char *)data : "", size);
    struct zone *zone = NULL;
    struct err err;
    size_t gap = slice_find_slice(text, SLICE("\n\n"));
    if (zone_parse(slice_first(text, gap), &zone, &err) != 0)
        return 0;
    check(zone, gap == SIZE_MAX ? SLICE("") : slice_skip(text, gap + 2));
    zone_free(&zone);
    return 0;
}
