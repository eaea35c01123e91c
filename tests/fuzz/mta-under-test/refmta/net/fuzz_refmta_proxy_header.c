/* A proxy that says anything: read whole, or byte by byte as it comes, it must mean the same. */
#include <assert.h>

#include "mta-under-test/refmta/net/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_from((const char *)data, size);
    struct ip_endpoint whole;
    struct ip_endpoint piece;
    size_t used = 0;
    size_t piece_used = 0;
    enum proxy_header_result result = proxy_header_parse(bytes, &whole, &used);
    assert(used <= size);
    enum proxy_header_result first = PROXY_HEADER_MORE;
    for (size_t len = 0; len <= size && first == PROXY_HEADER_MORE; len++)
        first = proxy_header_parse(slice_first(bytes, len), &piece, &piece_used);
    assert(first == result);
    if (result == PROXY_HEADER_CLIENT)
        assert(used == piece_used && whole.port == piece.port &&
               whole.address.family == piece.address.family);
    return 0;
}
