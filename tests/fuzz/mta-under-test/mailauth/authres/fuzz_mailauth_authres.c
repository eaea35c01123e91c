/* What is read is written so that it reads the same. */
#include "mta-under-test/mailauth/authres/authres.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from((const char *)data, size);
    struct arena arena;
    struct authres first;
    struct authres second;
    struct buf out;
    arena_init(&arena);
    buf_init(&out, 1 << 20);
    authres_is_forged(text, SLICE("x.test"));
    if (authres_parse(&arena, text, &first) == NULL) {
        authres_write(&out, &first, true);
        if (authres_parse(&arena, buf_slice(&out), &second) != NULL || first.count != second.count)
            __builtin_trap();
    }
    buf_deinit(&out);
    arena_deinit(&arena);
    return 0;
}
