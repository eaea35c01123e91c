#include "mta-under-test/mailauth/bimi/bimi_record.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct bimi_record record;
    arena_init(&arena);
    bimi_record_parse(&arena, slice_from(data != NULL ? (const char *)data : "", size), &record);
    arena_deinit(&arena);
    return 0;
}
