#include "sim/mx/mx_condition_kinds.h"

#include "sim/mx/mx_header.h"

#include "mta-under-test/base/poison.h"

enum { MX_HEADER_VALUE_BYTES = 8192 };

static bool mx_header_matches(struct slice header, const char *name, const struct pattern *pattern)
{
    struct slice rest = header;
    struct slice field;
    struct slice value;
    bool matches = false;
    struct buf text;
    buf_init(&text, MX_HEADER_VALUE_BYTES);
    while (!matches && mx_header_next(&rest, &field, &value)) {
        if (!slice_is_nocase(field, name))
            continue;
        buf_reset(&text);
        mx_header_unfold(value, &text);
        matches = pattern_matches(pattern, slice_of(buf_text(&text)));
    }
    buf_deinit(&text);
    return matches;
}

MX_CONDITION_JUDGE(mx_subject_holds)
{
    return mx_header_matches(question->facts->header, "Subject", condition->pattern);
}

/* {"List-Unsubscribe": "*", "X-Kind": ["a", "b"]}: all must match. */
MX_CONDITION_READER(mx_header_read)
{
    size_t count = spec_is_object(spec) ? spec_count(spec) : 0;
    if (count == 0)
        return spec_error(spec, err,
                          "expected header fields with patterns, as in {\"Precedence\": \"bulk\"}");
    condition->headers.list =
        arena_alloc_array(reader->arena, count, sizeof condition->headers.list[0]);
    condition->headers.count = count;
    for (size_t i = 0; i < count; i++) {
        struct mx_header_match *match = &condition->headers.list[i];
        match->name = arena_text(reader->arena, spec_key_at(spec, i));
        if (pattern_read(spec_at(spec, i), reader->arena, &match->pattern, err) != 0)
            return -1;
    }
    return 0;
}

MX_CONDITION_JUDGE(mx_header_holds)
{
    for (size_t i = 0; i < condition->headers.count; i++) {
        const struct mx_header_match *match = &condition->headers.list[i];
        if (!mx_header_matches(question->facts->header, match->name, match->pattern))
            return false;
    }
    return true;
}

MX_CONDITION_READER(mx_size_read)
{
    (void)reader;
    return range_read_size(spec, &condition->range, err);
}

/* A size that is not known (no SIZE parameter) is in no range. */
MX_CONDITION_JUDGE(mx_size_holds)
{
    int64_t size = question->facts->size;
    return size >= 0 && range_holds(condition->range, size);
}

MX_CONDITION_READER(mx_number_range_read)
{
    (void)reader;
    if (range_read(spec, &condition->range, err) != 0)
        return -1;
    return condition->range.max < 0 ? spec_error(spec, err, "a number below 0 never comes") : 0;
}

MX_CONDITION_READER(mx_recipients_read)
{
    if (mx_number_range_read(reader, spec, condition, err) != 0)
        return -1;
    return condition->range.max < 1
               ? spec_error(spec, err,
                            "recipients are counted from 1, with the one at hand: this never holds")
               : 0;
}

MX_CONDITION_JUDGE(mx_recipients_holds)
{
    return range_holds(condition->range, (int64_t)question->facts->recipient_count);
}

MX_CONDITION_JUDGE(mx_messages_holds)
{
    return range_holds(condition->range, question->facts->messages);
}
