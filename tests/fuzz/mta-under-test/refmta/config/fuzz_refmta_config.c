/* Any bytes as a configuration: a result, or a message. */
#include <assert.h>

#include "mta-under-test/refmta/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct err err = {.text = ""};
    int result = config_parse(&config, "fuzz", slice_from((const char *)data, size), &err);
    assert(result == 0 || err.text[0] != '\0');
    config_deinit(&config);
    return 0;
}
