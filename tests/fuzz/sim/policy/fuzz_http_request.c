/*
 * Requests from a hostile client, in pieces whose size the first byte gives: they are read or
 * refused, and however they are cut, to the same end.
 */
#include <assert.h>
#include <stdint.h>

#include "sim/policy/http_request.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_step feed(struct http_reader *reader, struct slice bytes, size_t step)
{
    enum http_step result = HTTP_STEP_MORE;
    http_reader_init(reader);
    while (bytes.len > 0 && result == HTTP_STEP_MORE) {
        result = http_reader_feed(reader, slice_first(bytes, step));
        bytes = slice_skip(bytes, step);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_reader whole;
    struct http_reader pieces;
    if (size < 2)
        return 0;
    struct slice bytes = slice_from((const char *)data + 1, size - 1);
    enum http_step a = feed(&whole, bytes, bytes.len);
    enum http_step b = feed(&pieces, bytes, 1 + data[0] % 16u);
    assert(a == b && whole.status == pieces.status);
    assert(a != HTTP_STEP_DONE || slice_equal(whole.request.body, pieces.request.body));
    assert(a != HTTP_STEP_BAD || whole.status >= 400);
    http_reader_deinit(&whole);
    http_reader_deinit(&pieces);
    return 0;
}
