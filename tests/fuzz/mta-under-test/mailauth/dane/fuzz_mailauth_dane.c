#include "mta-under-test/mailauth/dane/dane_record.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from(data != NULL ? (const char *)data : "", size);
    struct arena arena;
    struct dane_record record;
    arena_init(&arena);
    if (dane_record_from_text(&arena, text, &record))
        dane_record_usability(&record, true);
    if (dane_record_from_wire(text, &record))
        dane_record_usability(&record, false);
    arena_deinit(&arena);
    return 0;
}
