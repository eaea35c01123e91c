/*
 * The scoreboard: the matrix as Markdown, with a footnote for each cell that is not green.
 */
#include "reports/compare.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

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

static bool needs_note(enum compare_verdict verdict)
{
    return verdict == COMPARE_WARNED || verdict == COMPARE_FAILED || verdict == COMPARE_ERROR ||
           verdict == COMPARE_NOT_APPLICABLE;
}

static void print_head(const struct compare *compare, struct buf *out)
{
    buf_add_text(out,
                 "# Scoreboard\n\nThe catalogue over all servers, as `mailrange compare "
                 "--scoreboard` makes it. Each server is unmodified, each scenario has a world "
                 "of its own.\n\n| server | version |\n|---|---|\n");
    for (size_t s = 0; s < compare->server_count; s++)
        buf_format(out, "| %s | %s |\n", compare->servers[s].name, compare->servers[s].version);
    buf_add_text(out, "\n| scenario |");
    for (size_t s = 0; s < compare->server_count; s++)
        buf_format(out, " %s |", compare->servers[s].name);
    buf_add_text(out, "\n|---|");
    for (size_t s = 0; s < compare->server_count; s++)
        buf_add_text(out, "---|");
    buf_add_char(out, '\n');
}

/* The sentence that a person wrote, and what the checks say. */
static void print_note(const struct compare_row *row, const struct compare_cell *cell, size_t s,
                       struct buf *out)
{
    if (cell->note[0] != '\0') {
        print_plain(cell->note, out);
    } else if (cell->problem[0] != '\0') {
        print_plain(cell->problem, out);
    } else {
        for (size_t i = 0; i < row->line_count; i++) {
            const struct compare_line *line = &row->lines[i];
            if (slice_is(slice_of(line->aspect), "did not hold") && line->texts[s] != NULL)
                print_plain(line->texts[s], out);
        }
    }
}

static void print_matrix(const struct compare *compare, struct buf *out)
{
    static const char *const SIGNS[COMPARE_VERDICT_COUNT] = {
        [COMPARE_ABSENT] = "",
        [COMPARE_PASSED] = "\xF0\x9F\x9F\xA2",
        [COMPARE_WARNED] = "\xF0\x9F\x9F\xA1",
        [COMPARE_FAILED] = "\xF0\x9F\x94\xB4",
        [COMPARE_NOT_APPLICABLE] = "\xE2\x9A\xAA",
        [COMPARE_ERROR] = "\xF0\x9F\x9F\xA3",
    };
    size_t note = 0;
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_row *row = &compare->rows[r];
        buf_add_text(out, "| ");
        print_plain(row->name, out);
        if (row->cell[0] != '\0' && strstr(row->name, row->cell) == NULL) {
            buf_add_text(out, " (");
            print_plain(row->cell, out);
            buf_add_char(out, ')');
        }
        buf_add_text(out, " |");
        for (size_t s = 0; s < compare->server_count; s++) {
            enum compare_verdict verdict = row->cells[s].verdict;
            buf_format(out, " %s %s", SIGNS[verdict], compare_word(verdict));
            if (needs_note(verdict))
                buf_format(out, " [%zu](#n%zu)", note + 1, note + 1);
            note += needs_note(verdict);
            buf_add_text(out, " |");
        }
        buf_add_char(out, '\n');
    }
}

void compare_print_markdown(const struct compare *compare, struct buf *out)
{
    size_t note = 0;
    print_head(compare, out);
    print_matrix(compare, out);
    buf_add_text(out, "\npass: all that the RFCs demand holds. warn: something that they recommend "
                      "does not. FAIL: something that they demand does not. n/a: the server cannot "
                      "be told what the scenario asks for.\n\n## Notes\n\n");
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_row *row = &compare->rows[r];
        for (size_t s = 0; s < compare->server_count; s++) {
            if (!needs_note(row->cells[s].verdict))
                continue;
            note++;
            buf_format(out, "%zu. <a id=\"n%zu\"></a>**%s**, ", note, note,
                       compare->servers[s].name);
            print_plain(row->name, out);
            buf_add_text(out, ": ");
            print_note(row, &row->cells[s], s, out);
            buf_add_char(out, '\n');
        }
    }
}
