/* Any content: either there is an obstacle with its words, or what comes out is US-ASCII without
 * NUL. */
#include <assert.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/mime/mime_downgrade.h"

enum { OUT_BYTES_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice content = slice_from((const char *)data, size);
    struct mime_obstacle obstacle = {NULL, NULL};
    struct buf out;
    buf_init(&out, OUT_BYTES_MAX);
    if (mime_downgrade(content, &out, &obstacle) != 0) {
        assert(obstacle.status != NULL && obstacle.why != NULL);
    } else {
        assert(text_is_ascii(buf_slice(&out)));
        assert(memchr(buf_text(&out), '\0', out.len) == NULL);
        assert(!mime_has_utf8_header(buf_slice(&out)));
    }
    buf_deinit(&out);
    return 0;
}
