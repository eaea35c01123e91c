#include <inttypes.h>

#include "mta-under-test/base/text.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

/* "user{1..5000}@a.test" in its parts. */
struct sequence {
    struct slice before;
    struct slice from;
    struct slice to;
    struct slice after;
    uint64_t first;
    uint64_t last;
};

/* 1 if there is one, 0 if not, -1 if its bounds are none. */
static int sequence_parse(const char *text, struct sequence *sequence)
{
    struct slice all = slice_of(text);
    size_t open = slice_find(all, '{');
    size_t dots = slice_find_slice(all, SLICE(".."));
    if (open == SIZE_MAX || dots == SIZE_MAX || dots < open)
        return 0;
    size_t close = slice_find(all, '}');
    if (close == SIZE_MAX || close < dots)
        return -1;
    sequence->before = slice_first(all, open);
    sequence->from = slice_first(slice_skip(all, open + 1), dots - open - 1);
    sequence->to = slice_first(slice_skip(all, dots + 2), close - dots - 2);
    sequence->after = slice_skip(all, close + 1);
    if (text_to_u64(sequence->from, &sequence->first) != 0 ||
        text_to_u64(sequence->to, &sequence->last) != 0 || sequence->first > sequence->last ||
        slice_find(sequence->after, '{') != SIZE_MAX)
        return -1;
    return 1;
}

size_t sequence_count(struct spec spec, const char *text, size_t max, struct err *err)
{
    struct sequence sequence;
    int found = sequence_parse(text, &sequence);
    if (found == 0)
        return 1;
    if (found < 0) {
        spec_error(spec, err, "\"%.100s\": expected one sequence like \"user{1..5000}@a.test\"",
                   text);
        return 0;
    }
    if (sequence.last - sequence.first >= max) {
        spec_error(spec, err, "\"%.100s\" stands for more than %zu texts", text, max);
        return 0;
    }
    return (size_t)(sequence.last - sequence.first) + 1;
}

void sequence_text(struct buf *out, const char *text, size_t i)
{
    struct sequence sequence;
    if (sequence_parse(text, &sequence) != 1) {
        buf_add_text(out, text);
        return;
    }
    /* "{001..100}" counts with leading zeros. */
    int width = sequence.from.len > 1 && sequence.from.data[0] == '0' ? (int)sequence.from.len : 1;
    buf_add_slice(out, sequence.before);
    buf_format(out, "%0*" PRIu64, width, sequence.first + i);
    buf_add_slice(out, sequence.after);
}
