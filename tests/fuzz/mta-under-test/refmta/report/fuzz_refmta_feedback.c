/* Any message: what is read of it are addresses, at most so many as a report may have. */
#include <assert.h>

#include "mta-under-test/refmta/report/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct feedback feedback;
    feedback_read(slice_from((const char *)data, size), &arena, &feedback);
    assert(feedback.count <= FEEDBACK_ITEMS_MAX);
    assert(feedback.kind != FEEDBACK_NONE || feedback.count == 0);
    for (size_t i = 0; i < feedback.count; i++)
        assert(strchr(feedback.items[i].recipient, '@') != NULL);
    arena_deinit(&arena);
    return 0;
}
