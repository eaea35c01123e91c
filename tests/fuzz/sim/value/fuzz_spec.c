/* JSON documents: whatever the bytes, a document or an error with a place; every value readable. */
#include <stdint.h>
#include <stdlib.h>

#include "sim/value/address.h"
#include "sim/value/pattern.h"
#include "sim/value/range.h"
#include "sim/value/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_value(struct spec spec)
{
    struct arena arena = {0};
    struct err err;
    struct range range;
    struct rate rate;
    struct window window;
    struct address address;
    struct prefix prefix;
    struct pattern *pattern = NULL;
    const char *text = NULL;
    int64_t number = 0;
    uint32_t share = 0;
    (void)!range_read(spec, &range, &err);
    (void)!range_read_span(spec, &range, &err);
    (void)!range_read_share(spec, &range, &err);
    (void)!range_read_size(spec, &range, &err);
    (void)!rate_read(spec, &rate, &err);
    (void)!window_read(spec, &window, &err);
    (void)!address_read(spec, &address, &err);
    (void)!prefix_read(spec, &prefix, &err);
    (void)!spec_read_instant(spec, &number, &err);
    (void)!spec_read_size(spec, &number, &err);
    (void)!spec_read_share(spec, &share, &err);
    (void)!spec_read_domain(spec, &arena, &text, &err);
    if (pattern_read(spec, &arena, &pattern, &err) == 0) {
        (void)pattern_matches(pattern, SLICE("bob@a.test"));
        pattern_release(pattern);
    }
    if (spec_is_text(spec)) {
        static const char *const NAMES[] = {"source-ip", NULL};
        (void)!template_check(spec, spec.json->valuestring, NAMES, &err);
        (void)!sequence_count(spec, spec.json->valuestring, 1000, &err);
    }
    arena_deinit(&arena);
}

static void read_all(struct spec spec, int budget)
{
    size_t count = spec_is_array(spec) || spec_is_object(spec) ? spec_count(spec) : 0;
    read_value(spec);
    for (size_t i = 0; i < count && i < (size_t)budget; i++)
        read_all(spec_at(spec, i), budget / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct spec_variable VARIABLES[] = {{"a", "1"}, {"b", "text"}};
    struct err err;
    struct slice text = slice_from((const char *)data, size);
    struct spec_document *document = spec_document_parse("fuzz.json", text, &err);
    if (document == NULL)
        return 0;
    if (spec_document_substitute(document, VARIABLES, 2, &err) == 0)
        read_all(spec_root(document), 32);
    struct spec_document *base = spec_document_parse("base.json", text, &err);
    if (base != NULL && spec_document_extend(document, &base, &err) == 0)
        read_all(spec_root(document), 32);
    spec_document_free(&document);
    return 0;
}
