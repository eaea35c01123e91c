/* Any bytes as the changes of a record of the queue's store. */
#include "mta-under-test/refmta/queue/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record_reader reader = {slice_from((const char *)data, size)};
    struct record_item item;
    while (record_next(&reader, &item) == 1)
        message_free(&item.message);
    return 0;
}
