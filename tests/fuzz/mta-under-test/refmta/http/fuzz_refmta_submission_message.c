/* Any JSON: either a message with recipients and a header, or words that say what is wrong. */
#include <assert.h>

#include "mta-under-test/refmta/http/submission_message.h"

enum { CONTENT_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct submission_facts facts = {
        .hostname = "mail.s.test", .user = "shop", .id = "0abc", .client = "192.0.2.1"};
    struct envelope envelope;
    struct buf content;
    struct err err = {.text = ""};
    size_t trace_bytes = 0;
    envelope_init(&envelope);
    buf_init(&content, CONTENT_BYTES_MAX);
    int result = submission_message_read(slice_from((const char *)data, size), &facts, &envelope,
                                         &content, &trace_bytes, &err);
    if (result != 0) {
        assert(err.text[0] != '\0');
    } else {
        assert(envelope.recipient_count > 0);
        assert(trace_bytes > 0 && trace_bytes < content.len);
        assert(memchr(content.data, '\0', trace_bytes) == NULL);
    }
    buf_deinit(&content);
    envelope_deinit(&envelope);
    return 0;
}
