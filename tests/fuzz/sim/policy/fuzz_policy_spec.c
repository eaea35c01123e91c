/*
 * "policy" objects as people might write them: read or refused, and what is read can be published
 * and told in words.
 */
#include <stdint.h>

#include "sim/policy/policy_spec.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct policy_model *model = NULL;
    struct arena arena = {0};
    struct spec_document *document =
        spec_document_parse("policy", slice_from((const char *)data, size), &err);
    if (document == NULL)
        return 0;
    if (policy_spec_parse(spec_root(document), &arena, &model, &err) == 0) {
        struct dns_model *dns = dns_model_new();
        struct mx_model *mx = mx_model_new(".", 1, &arena);
        struct buf words;
        buf_init(&words, 1024 * 1024);
        if (dns_model_add_zone(dns, "a.test", &err) == 0)
            (void)!policy_model_publish(model, dns, mx, &err);
        policy_model_explain(model, &words);
        buf_deinit(&words);
        mx_model_release(&mx);
        dns_model_free(&dns);
    }
    policy_model_release(&model);
    spec_document_free(&document);
    arena_deinit(&arena);
    return 0;
}
