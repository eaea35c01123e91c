/* The whole SPF check: the input's lines are records, one for each name that is asked for. */
#include "mta-under-test/mailauth/spf/spf_check.h"
#include "mta-under-test/mailauth/spf/spf_header.h"

#include "mta-under-test/base/poison.h"

struct world {
    struct slice rest;
    struct arena *arena;
    size_t queries;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dns_answer *answer_next(void *context, enum dns_type type, struct slice name)
{
    struct world *world = context;
    struct dns_answer *answer = arena_alloc(world->arena, sizeof *answer);
    struct dns_record *record = arena_alloc(world->arena, sizeof *record);
    struct slice line;
    if (++world->queries > 500 || name.len == 0)
        __builtin_trap(); /* no evaluation asks so much */
    if (!slice_split(&world->rest, '\n', &line))
        line = SLICE("");
    answer->status = line.len == 0 ? DNS_NXDOMAIN : (enum dns_status)(line.data[0] % 8);
    if (answer->status > DNS_PENDING)
        answer->status = DNS_OK;
    if (answer->status == DNS_OK) {
        record->data = type == DNS_TYPE_TXT && line.len > 1 ? slice_skip(line, 1) : line;
        memcpy(record->address, line.data, line.len < 16 ? line.len : 16);
        answer->records = record;
        answer->count = 1;
    }
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct facts facts;
    struct spf_outcome outcome;
    struct buf header;
    struct spf_request request = {.helo = SLICE("h.test"), .mail_from = SLICE("a.b+c@x.y.test")};
    struct world world = {slice_from((const char *)data, size), &arena, 0};
    struct dns_resolver resolver = {&world, answer_next};
    arena_init(&arena);
    facts_init(&facts, &arena);
    request.ip.is_v6 = size > 0 && data[size - 1] % 2 == 1;
    spf_check(&request, &resolver, &arena, &facts, &outcome);
    buf_init(&header, 1 << 20);
    spf_header_write(&request, &outcome, SLICE("mx.test"), &header);
    if (arena.used_bytes > 64 << 20)
        __builtin_trap();
    buf_deinit(&header);
    arena_deinit(&arena);
    return 0;
}
