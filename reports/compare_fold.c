#include "reports/compare_fold.h"

#include "mta-under-test/base/poison.h"

static const char ELLIPSIS[] = "\xE2\x80\xA6";

/* "dns" of "scenarios/dns/outage.json". */
static const char *topic_of(const char *file, struct arena *arena)
{
    struct slice folder = slice_of(file);
    size_t end = slice_find_last(folder, '/');
    if (end == SIZE_MAX)
        return "";
    folder = slice_first(folder, end);
    size_t start = slice_find_last(folder, '/');
    return arena_text_of(arena, start == SIZE_MAX ? folder : slice_skip(folder, start + 1));
}

/* How far two texts agree from the front, up to the end of a word. */
static size_t same_start(struct slice a, struct slice b)
{
    size_t at = 0;
    size_t words = 0;
    while (at < a.len && at < b.len && a.data[at] == b.data[at]) {
        at++;
        if (a.data[at - 1] == ' ' || a.data[at - 1] == '(')
            words = at;
    }
    return words;
}

static size_t same_end(struct slice a, struct slice b)
{
    size_t at = 0;
    size_t words = 0;
    while (at < a.len && at < b.len && a.data[a.len - 1 - at] == b.data[b.len - 1 - at]) {
        at++;
        char c = a.data[a.len - at];
        if (c == ' ' || c == ',' || c == ')')
            words = at;
    }
    return words;
}

static const char *common_name(const struct compare *compare, const struct compare_group *group,
                               struct arena *arena)
{
    const struct compare_row *rows = &compare->rows[group->first];
    struct slice name = slice_of(rows[0].name);
    size_t start = name.len;
    size_t end = name.len;
    for (size_t i = 1; i < group->count; i++) {
        struct slice other = slice_of(rows[i].name);
        if (slice_equal(name, other))
            continue;
        size_t here = same_start(name, other);
        start = here < start ? here : start;
        here = same_end(name, other);
        end = here < end ? here : end;
    }
    if (start + end >= name.len)
        return rows[0].name;
    return arena_format(arena, "%.*s%s%.*s", SLICE_ARG(slice_first(name, start)), ELLIPSIS,
                        SLICE_ARG(slice_skip(name, name.len - end)));
}

struct compare_group *compare_fold(const struct compare *compare, struct arena *arena,
                                   size_t *count)
{
    struct compare_group *groups = NULL;
    *count = 0;
    for (size_t r = 0; r < compare->row_count; r++) {
        const char *file = compare->rows[r].file;
        if (r > 0 && slice_is(slice_of(file), compare->rows[r - 1].file)) {
            groups[*count - 1].count++;
            continue;
        }
        groups = mem_grow(groups, *count + 1, sizeof *groups);
        groups[(*count)++] =
            (struct compare_group){.first = r, .count = 1, .topic = topic_of(file, arena)};
    }
    for (size_t g = 0; g < *count; g++)
        groups[g].name = common_name(compare, &groups[g], arena);
    return groups;
}

size_t compare_topic_end(const struct compare_group *groups, size_t group_count, size_t first)
{
    size_t g = first;
    while (g < group_count && slice_is(slice_of(groups[g].topic), groups[first].topic))
        g++;
    return g;
}

struct compare_tally compare_tally(const struct compare *compare, size_t first, size_t count,
                                   size_t server)
{
    struct compare_tally tally = {0};
    for (size_t r = first; r < first + count; r++)
        tally.of[compare->rows[r].cells[server].verdict]++;
    return tally;
}
