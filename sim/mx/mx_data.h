/*
 * The bytes behind DATA (RFC 5321 4.1.1.4, 4.5.2): finds the end, which is CRLF "." CRLF and
 * nothing else, takes the stuffed dots off, and notes what a client must not send.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum mx_data_state {
    MX_DATA_LINE_START,
    MX_DATA_TEXT,
    MX_DATA_CR,     /* a CR; LF must follow */
    MX_DATA_DOT,    /* a dot at the start of a line */
    MX_DATA_DOT_CR, /* a dot and a CR at the start of a line */
    MX_DATA_END,
};

struct mx_data {
    enum mx_data_state state;
    size_t bytes;      /* of the content so far, kept or not */
    size_t line_bytes; /* of the line at hand, without its end */
    size_t line_bytes_max;
    bool bare_cr;
    bool bare_lf;
    bool eight_bit;
    bool nul;
    bool stray_dot; /* a line began with a single dot that was neither stuffed nor the end */
};

void mx_data_init(struct mx_data *data);

/*
 * Appends content to `content` (what does not fit sets its mark) and returns how many bytes were
 * consumed: all of them, or fewer when the end was found (state is then MX_DATA_END).
 */
size_t mx_data_feed(struct mx_data *data, struct slice input, struct buf *content);

/* The same notes for content that came with BDAT, where dots and ends mean nothing. */
void mx_data_feed_chunk(struct mx_data *data, struct slice chunk, struct buf *content);
