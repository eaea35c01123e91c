/* Zone files, and then each name that came out is asked for. */
#include <stdint.h>

#include "sim/dns/dns_answer.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* ldns forgets some memory of data that it refuses. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

enum { INPUT_BYTES_MAX = 4096, MESSAGE_BYTES_MAX = 300 };

static void ask(struct dns_answerer *answerer, struct slice name, char type)
{
    char bytes[MESSAGE_BYTES_MAX] = {0, 1, 1, 0, 0, 1};
    memcpy(bytes + DNS_HEADER_BYTES, name.data, name.len);
    bytes[DNS_HEADER_BYTES + name.len + 1] = type;
    bytes[DNS_HEADER_BYTES + name.len + 3] = 1;
    const struct dns_request request = {.bytes = slice_from(bytes, DNS_HEADER_BYTES + name.len + 4),
                                        .tcp = true};
    struct dns_outcome outcome;
    dns_answer(answerer, &request, &outcome);
    if (outcome.action != DNS_ACTION_REPLY)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_BYTES_MAX)
        return 0;
    char *copy = mem_alloc(size);
    memcpy(copy, data, size);
    FILE *file = fmemopen(copy, size, "r");
    struct dns_model *model = dns_model_new();
    struct err err = {0};
    if (dns_model_add_zone_file(model, "a.test", file, "zone", &err) != 0 && *err.text == '\0')
        abort();
    const struct dns_answer_options options = {.start_us = TIME_DAY, .seed = 1};
    struct dns_answerer *answerer = dns_answerer_new(model, &options);
    struct dns_name origin;
    if (dns_name_from_text(SLICE("a.test"), &origin) != 0)
        abort();
    const struct dns_zone *zone = dns_model_zone(model, dns_name_slice(&origin));
    for (struct map_entry *entry = map_first(&zone->nodes); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_node *node = map_value(entry);
        ask(answerer, node->name, (char)LDNS_RR_TYPE_ANY);
        ask(answerer, node->name, LDNS_RR_TYPE_MX);
    }
    struct buf words;
    buf_init(&words, (size_t)1 << 20);
    dns_model_explain(model, true, &words);
    buf_deinit(&words);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
    (void)fclose(file);
    free(copy);
    return 0;
}
