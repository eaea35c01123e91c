/*
 * The comparison for programs.
 */
#include "mta-under-test/base/json_out.h"
#include "reports/compare.h"

#include "mta-under-test/base/poison.h"

enum { COMPARE_VERSION = 1 };

static const char *verdict_key(enum compare_verdict verdict)
{
    static const char *const KEYS[COMPARE_VERDICT_COUNT] = {
        [COMPARE_ABSENT] = "absent",
        [COMPARE_PASSED] = "passed",
        [COMPARE_WARNED] = "warned",
        [COMPARE_FAILED] = "failed",
        [COMPARE_NOT_APPLICABLE] = "not-applicable",
        [COMPARE_ERROR] = "error",
    };
    return KEYS[verdict];
}

static void print_cells(const struct compare *compare, const struct compare_row *row,
                        struct json_out *json)
{
    json_out_object(json, "servers");
    for (size_t s = 0; s < compare->server_count; s++) {
        const struct compare_cell *cell = &row->cells[s];
        json_out_object(json, compare->servers[s].name);
        json_out_text(json, "verdict", verdict_key(cell->verdict));
        json_out_text(json, "problem", cell->problem);
        json_out_text(json, "folder", cell->folder);
        json_out_text(json, "note", cell->note);
        json_out_end(json);
    }
    json_out_end(json);
}

static void print_line(const struct compare *compare, const struct compare_line *line,
                       struct json_out *json)
{
    json_out_object(json, NULL);
    json_out_text(json, "recipient", line->recipient);
    json_out_text(json, "aspect", line->aspect);
    json_out_bool(json, "differs", line->differs);
    json_out_object(json, "servers");
    for (size_t s = 0; s < compare->server_count; s++)
        json_out_text(json, compare->servers[s].name, line->texts[s]);
    json_out_end(json);
    json_out_end(json);
}

void compare_print_json(const struct compare *compare, struct buf *out)
{
    struct json_out json;
    json_out_init_pretty(&json, out);
    json_out_object(&json, NULL);
    json_out_int(&json, "version", COMPARE_VERSION);
    json_out_array(&json, "servers");
    for (size_t s = 0; s < compare->server_count; s++) {
        json_out_object(&json, NULL);
        json_out_text(&json, "name", compare->servers[s].name);
        json_out_text(&json, "version", compare->servers[s].version);
        json_out_end(&json);
    }
    json_out_end(&json);
    json_out_array(&json, "scenarios");
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_row *row = &compare->rows[r];
        json_out_object(&json, NULL);
        json_out_text(&json, "name", row->name);
        json_out_text(&json, "file", row->file);
        json_out_text(&json, "cell", row->cell);
        print_cells(compare, row, &json);
        json_out_array(&json, "lines");
        for (size_t i = 0; i < row->line_count; i++)
            print_line(compare, &row->lines[i], &json);
        json_out_end(&json);
        json_out_end(&json);
    }
    json_out_end(&json);
    json_out_end(&json);
    buf_add_char(out, '\n');
}
