/*
 * Messages to a simulated inbox: whatever they hold, reading them stays inside them.
 */
#include <assert.h>
#include <stdint.h>

#include "sim/mx/dsn.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct dsn dsn;
    struct slice message = slice_from((const char *)data, size);
    if (dsn_parse(message, &arena, &dsn) || dsn_parse_prose(message, &arena, &dsn)) {
        assert(dsn.recipient_count > 0 && dsn.recipient_count <= DSN_RECIPIENTS_MAX);
        for (size_t i = 0; i < dsn.recipient_count; i++)
            assert(dsn.recipients[i].recipient[0] != '\0' && dsn.recipients[i].action != NULL);
    }
    arena_deinit(&arena);
    return 0;
}
