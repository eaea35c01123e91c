#include "sim/mx/mx_spoil.h"

#include "mta-under-test/base/poison.h"

enum { MX_SPOIL_LINE_BYTES = 2000, MX_SPOIL_BYTES_MAX = 256 * 1024, MX_CODE_BYTES = 4 };

const char *const MX_SPOIL_WORDS[] = {
#define X(name, word) word,
    MX_SPOILS(X)
#undef X
        NULL,
};

/* The first line's code with the other class: "250 " gets a line "450-" in front, all else "250-".
 */
static void mx_spoil_mix(struct slice reply, struct buf *out)
{
    buf_add_text(out, reply.data[0] == '2' ? "450-" : "250-");
    buf_add_text(out, "to be continued\r\n");
    buf_add_slice(out, reply);
}

static void mx_spoil_write(enum mx_spoil spoil, struct slice reply, struct buf *out)
{
    switch (spoil) {
    case MX_SPOIL_BARE_LF:
        for (size_t i = 0; i < reply.len; i++) {
            if (reply.data[i] != '\r')
                buf_add_char(out, reply.data[i]);
        }
        return;
    case MX_SPOIL_NO_END:
        buf_add_slice(out, slice_trim(reply));
        return;
    case MX_SPOIL_NUL:
        buf_add_slice(out, slice_first(reply, MX_CODE_BYTES));
        buf_add_char(out, '\0');
        buf_add_slice(out, slice_skip(reply, MX_CODE_BYTES));
        return;
    case MX_SPOIL_LONG:
        buf_add_slice(out, slice_trim(reply));
        buf_add_char(out, ' ');
        while (out->len < MX_SPOIL_LINE_BYTES)
            buf_add_char(out, 'x');
        buf_add_text(out, "\r\n");
        return;
    case MX_SPOIL_MIXED_CODES:
        mx_spoil_mix(reply, out);
        return;
    case MX_SPOIL_TWICE:
        buf_add_slice(out, reply);
        buf_add_slice(out, reply);
        return;
    case MX_SPOIL_EIGHT_BIT:
        buf_add_slice(out, slice_trim(reply));
        buf_add_text(out, " (n\xe4her)\r\n");
        return;
    case MX_SPOIL_NONE:
    case MX_SPOIL_COUNT:
        break;
    }
    buf_add_slice(out, reply);
}

void mx_spoil_reply(enum mx_spoil spoil, struct buf *out, size_t from)
{
    if (spoil == MX_SPOIL_NONE || out->len <= from + MX_CODE_BYTES)
        return;
    struct buf spoiled;
    buf_init(&spoiled, MX_SPOIL_BYTES_MAX);
    mx_spoil_write(spoil, slice_skip(buf_slice(out), from), &spoiled);
    buf_truncate(out, from);
    buf_add_slice(out, buf_slice(&spoiled));
    buf_deinit(&spoiled);
}
