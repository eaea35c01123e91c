/* The scenario's "dns" object: an error says something, a model answers. */
#include <stdint.h>

#include "sim/dns/dns_answer.h"
#include "sim/dns/dns_spec.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* ldns forgets some memory of data that it refuses. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void ask(struct dns_model *model)
{
    static const char QUERY[] =
        "\0\1\1\0\0\1\0\0\0\0\0\1\1a\4test\0\0\17\0\1\0\0\51\20\0\0\0\0\0\0\0";
    const struct dns_answer_options options = {.start_us = TIME_DAY, .seed = 1};
    struct dns_answerer *answerer = dns_answerer_new(model, &options);
    for (int64_t now_us = TIME_DAY; now_us < 3 * TIME_DAY; now_us += TIME_DAY) {
        const struct dns_request request = {.bytes = slice_from(QUERY, sizeof QUERY - 1),
                                            .now_us = now_us};
        struct dns_outcome outcome;
        dns_answer(answerer, &request, &outcome);
        if (!outcome.readable)
            abort();
    }
    dns_answerer_free(&answerer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct spec_document *document =
        spec_document_parse("x", slice_from((const char *)data, size), &err);
    if (document == NULL)
        return 0;
    struct dns_model *model = dns_model_new();
    struct spec root = spec_root(document);
    struct buf words;
    buf_init(&words, (size_t)1 << 20);
    int result = dns_spec_parse(root, NULL, NULL, model, &err);
    if (result == 0)
        result = dns_spec_finish(root, model, &err);
    if (result != 0 && *err.text == '\0')
        abort();
    if (result == 0)
        ask(model);
    dns_model_explain(model, false, &words);
    buf_deinit(&words);
    dns_model_free(&model);
    spec_document_free(&document);
    return 0;
}
