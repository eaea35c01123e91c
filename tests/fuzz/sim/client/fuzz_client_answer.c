/*
 * What a server that should speak HTTP may answer: it is an answer, or none, or not whole; and what
 * is taken of it is a part of the input.
 */
#include <assert.h>
#include <stdint.h>

#include "sim/client/client_answer.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct submit_reply reply;
    if (size == 0)
        return 0;
    struct slice rest = slice_from((const char *)data + 1, size - 1);
    bool is_ended = data[0] % 2 == 1;
    submit_reply_init(&reply);
    for (;;) {
        size_t used = 0;
        int found = client_answer_parse(&reply, rest, is_ended, &used);
        assert(found >= -1 && found <= 1);
        if (found != 1)
            break;
        assert(used > 0 && used <= rest.len);
        assert(reply.code >= 200 && reply.code <= 599);
        rest = slice_skip(rest, used);
    }
    submit_reply_deinit(&reply);
    return 0;
}
