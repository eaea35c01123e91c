/*
 * The matrix on a terminal, and below it what differs in more than time.
 */
#include "reports/compare.h"

#include "mta-under-test/base/poison.h"

enum { NAME_COLUMNS = 46, CELL_COLUMNS = 11 };

static void print_verdict(enum compare_verdict verdict, bool color, struct buf *out)
{
    static const char *const HUES[COMPARE_VERDICT_COUNT] = {
        [COMPARE_ABSENT] = "",
        [COMPARE_PASSED] = "\033[32m",
        [COMPARE_WARNED] = "\033[33m",
        [COMPARE_FAILED] = "\033[31m",
        [COMPARE_NOT_APPLICABLE] = "\033[2m",
        [COMPARE_ERROR] = "\033[35m",
    };
    buf_format(out, " %s%-*s%s", color ? HUES[verdict] : "", CELL_COLUMNS, compare_word(verdict),
               color ? "\033[0m" : "");
}

/* "dns/outage [answer=none]" without folder and ending. */
static void print_row_name(const struct compare_row *row, struct buf *out)
{
    struct slice file = slice_of(row->file);
    size_t at = slice_find_last(file, '/');
    struct slice name = at == SIZE_MAX ? file : slice_skip(file, at + 1);
    if (slice_ends_with_nocase(name, SLICE(".json")))
        name.len -= 5;
    struct buf text;
    buf_init(&text, 256);
    buf_add_slice(&text, name);
    if (row->cell[0] != '\0')
        buf_format(&text, " [%s]", row->cell);
    buf_format(out, "%-*.*s", NAME_COLUMNS, NAME_COLUMNS, buf_text(&text));
    buf_deinit(&text);
}

static void print_totals(const struct compare *compare, struct buf *out)
{
    buf_format(out, "%-*s", NAME_COLUMNS, "passed, with or without warnings");
    for (size_t s = 0; s < compare->server_count; s++) {
        size_t passed = 0;
        size_t run = 0;
        char text[48];
        for (size_t r = 0; r < compare->row_count; r++) {
            enum compare_verdict verdict = compare->rows[r].cells[s].verdict;
            passed += verdict == COMPARE_PASSED || verdict == COMPARE_WARNED;
            run += verdict != COMPARE_ABSENT && verdict != COMPARE_NOT_APPLICABLE;
        }
        snprintf(text, sizeof text, "%zu of %zu", passed, run);
        buf_format(out, " %-*s", CELL_COLUMNS, text);
    }
    buf_add_char(out, '\n');
}

void compare_print_text(const struct compare *compare, bool color, struct buf *out)
{
    buf_format(out, "%-*s", NAME_COLUMNS, "");
    for (size_t s = 0; s < compare->server_count; s++)
        buf_format(out, " %-*.*s", CELL_COLUMNS, CELL_COLUMNS, compare->servers[s].name);
    buf_add_char(out, '\n');
    for (size_t r = 0; r < compare->row_count; r++) {
        print_row_name(&compare->rows[r], out);
        for (size_t s = 0; s < compare->server_count; s++)
            print_verdict(compare->rows[r].cells[s].verdict, color, out);
        buf_add_char(out, '\n');
    }
    print_totals(compare, out);
}
