#include "reports/compare.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

void compare_deinit(struct compare *compare)
{
    for (size_t r = 0; r < compare->row_count; r++) {
        for (size_t s = 0; s < compare->server_count; s++)
            cJSON_Delete(compare->rows[r].cells[s].results);
        free(compare->rows[r].lines);
    }
    free(compare->rows);
    for (size_t n = 0; n < compare->note_count; n++)
        free(compare->notes[n].rows);
    free(compare->notes);
    arena_deinit(&compare->arena);
    *compare = (struct compare){0};
}

size_t compare_add_server(struct compare *compare, const char *name, const char *version)
{
    compare->servers[compare->server_count] = (struct compare_server){
        arena_text(&compare->arena, name), arena_text(&compare->arena, version)};
    return compare->server_count++;
}

size_t compare_add_row(struct compare *compare, const char *file, const char *name,
                       const char *cell)
{
    for (size_t i = 0; i < compare->row_count; i++) {
        const struct compare_row *row = &compare->rows[i];
        if (slice_is(slice_of(row->file), file) && slice_is(slice_of(row->cell), cell))
            return i;
    }
    compare->rows = mem_grow(compare->rows, compare->row_count + 1, sizeof *compare->rows);
    struct compare_row *row = &compare->rows[compare->row_count];
    *row = (struct compare_row){.file = arena_text(&compare->arena, file),
                                .name = arena_text(&compare->arena, name),
                                .cell = arena_text(&compare->arena, cell)};
    for (size_t s = 0; s < COMPARE_SERVERS_MAX; s++)
        row->cells[s] = (struct compare_cell){.problem = "", .folder = "", .note = ""};
    return compare->row_count++;
}

static enum compare_verdict verdict_of(const char *word)
{
    struct slice verdict = slice_of(word);
    if (slice_is(verdict, "passed"))
        return COMPARE_PASSED;
    if (slice_is(verdict, "warned"))
        return COMPARE_WARNED;
    return slice_is(verdict, "failed") ? COMPARE_FAILED : COMPARE_ERROR;
}

/* Whether a cell shall be replaced: nothing is there, or something better. */
static bool is_worse(const struct compare_cell *cell, enum compare_verdict verdict)
{
    static const int RANKS[] = {
        [COMPARE_ABSENT] = 0, [COMPARE_PASSED] = 2, [COMPARE_WARNED] = 3,
        [COMPARE_FAILED] = 4, [COMPARE_ERROR] = 5,  [COMPARE_NOT_APPLICABLE] = 1,
    };
    return RANKS[verdict] > RANKS[cell->verdict];
}

int compare_add_results(struct compare *compare, size_t row, size_t server, const char *folder,
                        struct slice results, struct err *err)
{
    struct compare_cell *cell = &compare->rows[row].cells[server];
    cJSON *json = cJSON_ParseWithLength(results.data, results.len);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        return err_set(err, "%s: expected a JSON object in results.json", folder);
    }
    enum compare_verdict verdict = verdict_of(event_text(json, "verdict"));
    if (!is_worse(cell, verdict)) {
        cJSON_Delete(json);
        return 0;
    }
    cJSON_Delete(cell->results);
    cell->results = json;
    cell->verdict = verdict;
    cell->folder = arena_text(&compare->arena, folder);
    cell->problem = arena_text(&compare->arena, event_text(json, "problem"));
    return 0;
}

void compare_add_problem(struct compare *compare, size_t row, size_t server,
                         enum compare_verdict verdict, const char *problem)
{
    struct compare_cell *cell = &compare->rows[row].cells[server];
    if (!is_worse(cell, verdict))
        return;
    cell->verdict = verdict;
    cell->problem = arena_text(&compare->arena, problem);
}

const char *compare_word(enum compare_verdict verdict)
{
    static const char *const WORDS[COMPARE_VERDICT_COUNT] = {
        [COMPARE_ABSENT] = "-",    [COMPARE_PASSED] = "pass",        [COMPARE_WARNED] = "warn",
        [COMPARE_FAILED] = "FAIL", [COMPARE_NOT_APPLICABLE] = "n/a", [COMPARE_ERROR] = "error",
    };
    return WORDS[verdict];
}
