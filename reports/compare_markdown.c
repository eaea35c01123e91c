/*
 * The scoreboard as Markdown: topics and servers with counts, the findings of each server, then
 * each topic's scenarios, those of one file in one row.
 */
#include "reports/compare_fold.h"

#include "mta-under-test/base/map.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* In the order in which they are told. */
static const struct {
    enum compare_verdict verdict;
    const char *sign;
} SIGNS[] = {
    {COMPARE_PASSED, "\xF0\x9F\x9F\xA2"}, {COMPARE_WARNED, "\xF0\x9F\x9F\xA1"},
    {COMPARE_FAILED, "\xF0\x9F\x94\xB4"}, {COMPARE_ERROR, "\xF0\x9F\x9F\xA3"},
    {COMPARE_NOT_APPLICABLE, "n/a"},
};

enum { SIGN_COUNT = sizeof SIGNS / sizeof SIGNS[0] };

static const char *sign_of(enum compare_verdict verdict)
{
    for (size_t i = 0; i < SIGN_COUNT; i++) {
        if (SIGNS[i].verdict == verdict)
            return SIGNS[i].sign;
    }
    return "";
}

/* Text from outside cannot become a table's border, markup or a line of its own. */
static void print_plain(const char *text, struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            buf_add_char(out, ' ');
            continue;
        }
        if (strchr("\\`*_[]<>|#~", *text) != NULL)
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
}

static void print_columns(const struct compare *compare, const char *first, struct buf *out)
{
    buf_format(out, "\n| %s |", first);
    for (size_t s = 0; s < compare->server_count; s++)
        buf_format(out, " %s |", compare->servers[s].name);
    buf_add_text(out, "\n|---|");
    for (size_t s = 0; s < compare->server_count; s++)
        buf_add_text(out, "---|");
    buf_add_char(out, '\n');
}

/* "🟢 12 🔴 1"; the sign alone where there is nothing to count. */
static void print_tally(const struct compare *compare, size_t first, size_t count, size_t server,
                        struct buf *out)
{
    struct compare_tally tally = compare_tally(compare, first, count, server);
    for (size_t i = 0; i < SIGN_COUNT; i++) {
        size_t here = tally.of[SIGNS[i].verdict];
        if (here > 0 && count == 1)
            buf_format(out, " %s", SIGNS[i].sign);
        else if (here > 0 && SIGNS[i].verdict == COMPARE_NOT_APPLICABLE)
            buf_format(out, " %zu %s", here, SIGNS[i].sign);
        else if (here > 0)
            buf_format(out, " %s %zu", SIGNS[i].sign, here);
    }
    buf_add_text(out, " |");
}

static void print_glance(const struct compare *compare, const struct compare_group *groups,
                         size_t group_count, struct buf *out)
{
    buf_add_text(out, "\n## At a glance\n");
    print_columns(compare, "topic", out);
    for (size_t g = 0; g < group_count;) {
        size_t end = compare_topic_end(groups, group_count, g);
        size_t first = groups[g].first;
        size_t count = groups[end - 1].first + groups[end - 1].count - first;
        buf_format(out, "| [%s](#%s) |", groups[g].topic, groups[g].topic);
        for (size_t s = 0; s < compare->server_count; s++)
            print_tally(compare, first, count, s, out);
        buf_add_char(out, '\n');
        g = end;
    }
    buf_add_text(out, "| **all** |");
    for (size_t s = 0; s < compare->server_count; s++)
        print_tally(compare, 0, compare->row_count, s, out);
    buf_add_char(out, '\n');
}

/* The file, as a link from docs/, and the cell if there are several. */
static void print_scenario(const struct compare_row *row, struct buf *out)
{
    struct slice name = slice_of(row->file);
    if (slice_starts_with(name, SLICE("scenarios/")))
        name = slice_skip(name, strlen("scenarios/"));
    if (slice_ends_with_nocase(name, SLICE(".json")))
        name.len -= 5;
    buf_format(out, "[%.*s](../%s)", SLICE_ARG(name), row->file);
    if (row->cell[0] != '\0') {
        buf_add_text(out, " (");
        print_plain(row->cell, out);
        buf_add_char(out, ')');
    }
}

/* The scenarios of a finding; of a file whose cells all show it, the file alone. */
static void print_shown(const struct compare *compare, const struct compare_note *note,
                        struct buf *out)
{
    for (size_t i = 0; i < note->row_count; i++) {
        const struct compare_row *row = &compare->rows[note->rows[i]];
        size_t cells = 0;
        while (i + cells < note->row_count &&
               slice_is(slice_of(compare->rows[note->rows[i + cells]].file), row->file))
            cells++;
        struct compare_row told = *row;
        if (cells > 1)
            told.cell = "";
        buf_add_text(out, i > 0 ? ", " : "");
        print_scenario(&told, out);
        if (cells > 1)
            buf_format(out, " (%zu cells)", cells);
        i += cells - 1;
    }
}

/* The mildest verdict among the scenarios that show it: a worse one has another reason too. */
static enum compare_verdict weight_of(const struct compare *compare,
                                      const struct compare_note *note)
{
    for (size_t i = 0; i < SIGN_COUNT; i++) {
        for (size_t k = 0; k < note->row_count; k++) {
            if (compare->rows[note->rows[k]].cells[note->server].verdict == SIGNS[i].verdict)
                return SIGNS[i].verdict;
        }
    }
    return COMPARE_ABSENT;
}

static void print_notes(const struct compare *compare, size_t server, bool of_range,
                        struct buf *out)
{
    for (size_t n = 0; n < compare->note_count; n++) {
        const struct compare_note *note = &compare->notes[n];
        if (note->server != server || note->of_range != of_range || note->row_count == 0)
            continue;
        buf_format(out, "- %s ", sign_of(weight_of(compare, note)));
        buf_add_text(out, of_range ? "A limit of the range: " : "");
        print_plain(note->text, out);
        if (note->rfc[0] != '\0') {
            buf_add_text(out, " *");
            print_plain(note->rfc, out);
            buf_add_text(out, ".*");
        }
        buf_add_text(out, " Shown by ");
        print_shown(compare, note, out);
        buf_add_text(out, ".\n");
    }
}

/* What the checks say of a cell that no finding explains. */
static void print_unexplained(const struct compare *compare, size_t server, struct buf *out)
{
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_row *row = &compare->rows[r];
        const struct compare_cell *cell = &row->cells[server];
        if (cell->note[0] != '\0' ||
            (cell->verdict != COMPARE_WARNED && cell->verdict != COMPARE_FAILED &&
             cell->verdict != COMPARE_ERROR))
            continue;
        buf_format(out, "- %s ", sign_of(cell->verdict));
        print_scenario(row, out);
        buf_add_text(out, ": ");
        print_plain(cell->problem, out);
        for (size_t i = 0; i < row->line_count; i++) {
            if (slice_is(slice_of(row->lines[i].aspect), "did not hold") &&
                row->lines[i].texts[server] != NULL)
                print_plain(row->lines[i].texts[server], out);
        }
        buf_add_char(out, '\n');
    }
}

/* Why scenarios were not for this server: each reason once, with their number. */
static void print_reasons(const struct compare *compare, size_t server, struct buf *out)
{
    struct map counts = {0};
    size_t *numbers = mem_alloc_array(compare->row_count + 1, sizeof numbers[0]);
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_cell *cell = &compare->rows[r].cells[server];
        if (cell->verdict != COMPARE_NOT_APPLICABLE)
            continue;
        size_t *number = map_get_text(&counts, cell->problem);
        if (number == NULL) {
            number = &numbers[r];
            map_set_text(&counts, cell->problem, number);
        }
        (*number)++;
    }
    for (size_t r = 0; r < compare->row_count; r++) {
        if (numbers[r] == 0)
            continue;
        buf_format(out, "- n/a %zu: ", numbers[r]);
        print_plain(compare->rows[r].cells[server].problem, out);
        buf_add_char(out, '\n');
    }
    map_deinit(&counts, NULL);
    free(numbers);
}

static void print_findings(const struct compare *compare, struct buf *out)
{
    buf_add_text(out, "\n## Findings\n\nEach was looked at in the event log, where it mattered in "
                      "the capture, and in the "
                      "server's own log.\n");
    for (size_t s = 0; s < compare->server_count; s++) {
        buf_format(out, "\n### <a id=\"%s\"></a>%s %s\n\n", compare->servers[s].name,
                   compare->servers[s].name, compare->servers[s].version);
        size_t start = out->len;
        print_notes(compare, s, false, out);
        print_notes(compare, s, true, out);
        print_unexplained(compare, s, out);
        print_reasons(compare, s, out);
        if (out->len == start)
            buf_add_text(out, "Everything that was tried holds.\n");
    }
}

static void print_topics(const struct compare *compare, const struct compare_group *groups,
                         size_t group_count, struct buf *out)
{
    buf_add_text(out, "\n## By topic\n");
    for (size_t g = 0; g < group_count; g++) {
        const struct compare_group *group = &groups[g];
        if (g == 0 || !slice_is(slice_of(group->topic), groups[g - 1].topic)) {
            buf_format(out, "\n### %s\n", group->topic);
            print_columns(compare, "scenario", out);
        }
        buf_add_text(out, "| [");
        print_plain(group->name, out);
        buf_format(out, "](../%s) |", compare->rows[group->first].file);
        for (size_t s = 0; s < compare->server_count; s++)
            print_tally(compare, group->first, group->count, s, out);
        buf_add_char(out, '\n');
    }
}

void compare_print_markdown(const struct compare *compare, struct buf *out)
{
    size_t group_count;
    struct arena arena = {0};
    struct compare_group *groups = compare_fold(compare, &arena, &group_count);
    buf_add_text(
        out,
        "# Scoreboard\n\nThe catalogue over all servers, as `mailrange compare --scoreboard` makes "
        "it. Each server is unmodified, each scenario has a world of its own.\n\n\xF0\x9F\x9F\xA2 "
        "all that the RFCs demand and recommend holds. \xF0\x9F\x9F\xA1 something that they "
        "recommend does not. \xF0\x9F\x94\xB4 something that they demand does not. "
        "\xF0\x9F\x9F\xA3 the run had to be ended. n/a: the server cannot be told what the "
        "scenario asks for.\n\n| server | version |\n|---|---|\n");
    for (size_t s = 0; s < compare->server_count; s++)
        buf_format(out, "| [%s](#%s) | %s |\n", compare->servers[s].name, compare->servers[s].name,
                   compare->servers[s].version);
    print_glance(compare, groups, group_count, out);
    print_findings(compare, out);
    print_topics(compare, groups, group_count, out);
    free(groups);
    arena_deinit(&arena);
}
