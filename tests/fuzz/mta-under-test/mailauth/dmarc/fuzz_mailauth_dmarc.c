/* The DMARC check of a header; lines of the input are the answers. And aggregate reports. */
#include "mta-under-test/mailauth/dmarc/dmarc_check.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

#include "mta-under-test/base/poison.h"

struct world {
    struct slice rest;
    struct arena *arena;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dns_answer *answer_next(void *context, enum dns_type type, struct slice name)
{
    struct world *world = context;
    struct dns_answer *answer = arena_alloc(world->arena, sizeof *answer);
    struct dns_record *record = arena_alloc(world->arena, sizeof *record);
    (void)type;
    (void)name;
    answer->status = DNS_NXDOMAIN;
    if (slice_split(&world->rest, '\n', &record->data) && record->data.len > 0) {
        answer->status = DNS_OK;
        answer->count = 1;
        answer->records = record;
    }
    return answer;
}

static void check(struct slice text, enum dmarc_version version)
{
    struct arena arena;
    struct facts facts;
    struct message message;
    struct dmarc_outcome outcome;
    struct world world = {text, &arena};
    struct dns_resolver resolver = {&world, answer_next};
    arena_init(&arena);
    facts_init(&facts, &arena);
    struct dmarc_context context = {
        .version = version, .resolver = &resolver, .arena = &arena, .facts = &facts};
    struct spf_outcome spf = {.result = SPF_RESULT_PASS, .domain = SLICE("a.b.c.x.test")};
    struct dmarc_request request = {.message = &message, .spf = &spf};
    if (message_parse(&arena, text, &message))
        dmarc_check(&context, &request, &outcome);
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from(data != NULL ? (const char *)data : "", size);
    struct arena arena;
    struct dmarc_report report;
    struct buf out;
    struct err err;
    check(text, DMARC_RFC7489);
    check(text, DMARC_RFC9989);
    arena_init(&arena);
    if (dmarc_report_read(&arena, text, &report, &err) == 0) {
        buf_init(&out, 16 << 20);
        dmarc_report_write(&report, &out);
        if (!buf_overflowed(&out) && dmarc_report_read(&arena, buf_slice(&out), &report, &err) != 0)
            __builtin_trap();
        buf_deinit(&out);
    }
    arena_deinit(&arena);
    return 0;
}
