#include "mta-under-test/mailauth/sts/sts_policy.h"
#include "mta-under-test/mailauth/sts/sts_record.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from(data != NULL ? (const char *)data : "", size);
    struct arena arena;
    struct sts_record record;
    struct sts_policy policy;
    arena_init(&arena);
    sts_record_parse(text, &record);
    if (sts_policy_parse(&arena, text, &policy) == NULL)
        sts_policy_allows(&policy, text);
    arena_deinit(&arena);
    return 0;
}
