#include "mta-under-test/refmta/tlspolicy/tls_pin.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { SHA256_BYTES = 32, MATCHING_SHA256 = 1 };

bool tls_pin_parse(struct arena *arena, struct slice text, struct dane_record *record)
{
    bool is_key = slice_starts_with(text, SLICE("key:"));
    struct slice rest = slice_skip(text, is_key ? strlen("key:") : 0);
    struct slice part;
    struct buf digest;
    bool is_hex = true;
    buf_init(&digest, SHA256_BYTES);
    while (is_hex && rest.len > 0 && slice_split(&rest, ':', &part))
        is_hex = text_from_hex(&digest, part) == 0;
    bool is_good = is_hex && digest.len == SHA256_BYTES && !buf_overflowed(&digest);
    if (is_good)
        *record = (struct dane_record){.usage = DANE_EE,
                                       .selector = is_key ? 1 : 0,
                                       .matching_type = MATCHING_SHA256,
                                       .data = arena_slice(arena, buf_slice(&digest))};
    buf_deinit(&digest);
    return is_good;
}
