#include "sim/scenario/scenario_select.h"

#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum { SELECT_TEXT_BYTES_MAX = 1000 };

/* The first recipient that both patterns match, sequences counted out. */
static bool find_recipient(const struct scenario_message *message, const struct pattern *pattern,
                           const struct pattern *other, struct buf *out)
{
    for (size_t i = 0; i < message->to_count; i++) {
        size_t count = sequence_count((struct spec){0}, message->to[i], SIZE_MAX, NULL);
        for (size_t k = 0; k < count; k++) {
            buf_reset(out);
            sequence_text(out, message->to[i], k);
            if (pattern_matches(pattern, buf_slice(out)) && pattern_matches(other, buf_slice(out)))
                return true;
        }
    }
    return false;
}

bool scenario_message_has_id(const struct scenario_message *message, const struct pattern *id)
{
    struct buf text;
    buf_init(&text, SELECT_TEXT_BYTES_MAX);
    bool found = pattern_matches(id, slice_of(message->id));
    for (size_t i = 0; message->instances > 1 && i < message->instances && !found; i++) {
        buf_reset(&text);
        buf_format(&text, "%s/%zu", message->id, i + 1);
        found = pattern_matches(id, buf_slice(&text));
    }
    buf_deinit(&text);
    return found;
}

/* Whose patterns of id and sender the message meets. */
static bool meets(const struct check_expectation *e, const struct scenario_message *message)
{
    return scenario_message_has_id(message, e->message) &&
           pattern_matches(e->from, slice_of(message->from));
}

bool scenario_both_expect_of(const struct check_expectation *one,
                             const struct check_expectation *other,
                             const struct scenario_message *message, struct buf *out)
{
    return meets(one, message) && meets(other, message) &&
           find_recipient(message, one->to, other->to, out);
}

bool scenario_expects_of(const struct check_expectation *expectation,
                         const struct scenario_message *message)
{
    struct buf text;
    buf_init(&text, SELECT_TEXT_BYTES_MAX);
    bool found = scenario_both_expect_of(expectation, expectation, message, &text);
    buf_deinit(&text);
    return found;
}
