#include <zlib.h>

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

#include "mta-under-test/base/poison.h"

enum { DMARC_GZIP_WINDOW = 15 + 16, DMARC_GZIP_STEP = 65536 };

/* zlib reads through pointers that are not const. */
static Bytef *dmarc_gzip_input(struct slice bytes)
{
    union {
        const char *text;
        Bytef *bytes;
    } both = {.text = bytes.data};
    return both.bytes;
}

void dmarc_report_gzip(struct slice bytes, struct buf *out)
{
    z_stream stream = {0};
    int status = Z_OK;
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, DMARC_GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); /* out of memory */
    stream.next_in = dmarc_gzip_input(bytes);
    stream.avail_in = (uInt)bytes.len;
    while (status == Z_OK) {
        char *room = buf_reserve(out, DMARC_GZIP_STEP);
        if (room == NULL)
            break;
        stream.next_out = (Bytef *)room;
        stream.avail_out = DMARC_GZIP_STEP;
        status = deflate(&stream, Z_FINISH);
        buf_commit(out, DMARC_GZIP_STEP - stream.avail_out);
    }
    deflateEnd(&stream);
}

int dmarc_report_gunzip(struct slice bytes, size_t max, struct buf *out)
{
    z_stream stream = {0};
    int status = Z_OK;
    size_t start = out->len;
    if (inflateInit2(&stream, DMARC_GZIP_WINDOW) != Z_OK)
        abort(); /* out of memory */
    stream.next_in = dmarc_gzip_input(bytes);
    stream.avail_in = (uInt)bytes.len;
    while (status == Z_OK && out->len - start <= max) {
        char *room = buf_reserve(out, DMARC_GZIP_STEP);
        if (room == NULL)
            break;
        stream.next_out = (Bytef *)room;
        stream.avail_out = DMARC_GZIP_STEP;
        status = inflate(&stream, Z_NO_FLUSH);
        buf_commit(out, DMARC_GZIP_STEP - stream.avail_out);
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END && out->len - start <= max ? 0 : -1;
}
