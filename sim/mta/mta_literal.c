#include "sim/mta/mta_literal.h"

#include "mta-under-test/base/buf.h"

#include "mta-under-test/base/poison.h"

/* The place behind a bracket expression that begins at `at`; "]" is ordinary as its first
 * character. */
static const char *mta_literal_skip_bracket(const char *at)
{
    at += at[1] == '^' ? 2 : 1;
    if (*at == ']')
        at++;
    for (; *at != '\0' && *at != ']'; at++) {
        if (*at == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=')) {
            const char end[] = {at[1], ']', '\0'};
            const char *closing = strstr(at + 2, end);
            at = closing != NULL ? closing + 1 : at;
        }
    }
    return *at == ']' ? at + 1 : at;
}

/* The place behind the group that begins at `at`. */
static const char *mta_literal_skip_group(const char *at)
{
    unsigned depth = 0;
    do {
        if (*at == '[') {
            at = mta_literal_skip_bracket(at);
            continue;
        }
        depth += *at == '(';
        depth -= *at == ')';
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    } while (depth > 0 && *at != '\0');
    return at;
}

/* Takes the character at `at` into `row` if it stands for itself, and as often as it is written;
 * returns the place behind it. `ends` tells that the row ends there. */
static const char *mta_literal_take(const char *at, struct buf *row, bool *ends)
{
    bool is_escaped = *at == '\\' && strchr("^.[]$()|*+?{}\\", at[1]) != NULL && at[1] != '\0';
    *ends = true;
    if (*at == '{')
        return at + strcspn(at, "}");
    if (*at == '(')
        return mta_literal_skip_group(at);
    if (*at == '[')
        return mta_literal_skip_bracket(at);
    if (!is_escaped && strchr("^.$*+?}\\", *at) != NULL)
        return at + (*at == '\\' && at[1] != '\0' ? 2 : 1);
    const char *next = at + (is_escaped ? 2 : 1);
    if (*next == '*' || *next == '?' || *next == '{')
        return next;
    buf_add_char(row, next[-1]);
    *ends = *next == '+';
    return next;
}

const char *mta_literal_of(const char *regex, struct arena *arena)
{
    size_t len = strlen(regex);
    const char *longest = "";
    struct buf row;
    buf_init(&row, len + 1);
    for (const char *at = regex; *at != '\0';) {
        bool ends = false;
        if (*at == '|') {
            longest = "";
            break;
        }
        at = mta_literal_take(at, &row, &ends);
        if (!ends && *at != '\0' && *at != '|')
            continue;
        if (row.len > strlen(longest))
            longest = arena_text_of(arena, buf_slice(&row));
        buf_reset(&row);
    }
    buf_deinit(&row);
    return longest;
}
