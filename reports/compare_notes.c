/*
 * Findings of a person about servers, put to the cells that show them.
 */
#include "reports/compare.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

static bool shows(const struct compare_cell *cell)
{
    return cell->verdict == COMPARE_WARNED || cell->verdict == COMPARE_FAILED ||
           cell->verdict == COMPARE_ERROR;
}

/* "dns/outage:answer=refused" is that cell of scenarios/dns/outage.json, "dns/outage" each. */
static bool names_row(struct slice name, const struct compare_row *row)
{
    struct slice file = slice_of(row->file);
    struct slice folder = SLICE("scenarios/");
    struct slice of_name;
    struct slice cell = name;
    if (!slice_split(&cell, ':', &of_name))
        of_name = name;
    if (slice_starts_with(file, folder))
        file = slice_skip(file, folder.len);
    if (slice_ends_with_nocase(file, SLICE(".json")))
        file.len -= 5;
    return slice_equal(file, of_name) && (cell.len == 0 || slice_is(cell, row->cell));
}

static void show(struct compare *compare, struct compare_note *note, size_t r)
{
    struct compare_cell *cell = &compare->rows[r].cells[note->server];
    note->rows = mem_grow(note->rows, note->row_count + 1, sizeof *note->rows);
    note->rows[note->row_count++] = r;
    const char *rfc = note->rfc[0] != '\0' ? arena_format(&compare->arena, " (%s)", note->rfc) : "";
    cell->note = arena_format(&compare->arena, "%s%s%s%s", cell->note,
                              cell->note[0] != '\0' ? " " : "", note->text, rfc);
}

static void add_note(struct compare *compare, const cJSON *json, size_t server)
{
    compare->notes = mem_grow(compare->notes, compare->note_count + 1, sizeof *compare->notes);
    struct compare_note *note = &compare->notes[compare->note_count++];
    *note = (struct compare_note){
        .server = server,
        .text = arena_text(&compare->arena, event_text(json, "text")),
        .rfc = arena_text(&compare->arena, event_text(json, "rfc")),
        .of_range = event_bool(json, "of-range"),
    };
    const cJSON *scenario;
    cJSON_ArrayForEach(scenario, cJSON_GetObjectItemCaseSensitive(json, "scenarios"))
    {
        const char *name = cJSON_GetStringValue(scenario);
        for (size_t r = 0; r < compare->row_count && name != NULL; r++) {
            if (shows(&compare->rows[r].cells[server]) &&
                names_row(slice_of(name), &compare->rows[r]))
                show(compare, note, r);
        }
    }
}

int compare_add_notes(struct compare *compare, struct slice notes, struct err *err)
{
    cJSON *json = cJSON_ParseWithLength(notes.data, notes.len);
    int result = cJSON_IsArray(json) ? 0 : err_set(err, "expected a JSON array of notes");
    const cJSON *one;
    cJSON_ArrayForEach(one, json)
    {
        bool whole = event_text(one, "server")[0] != '\0' && event_text(one, "text")[0] != '\0' &&
                     cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(one, "scenarios"));
        if (result == 0 && !whole)
            result = err_set(err, "a note needs server, text and scenarios: %s",
                             event_text(one, "text"));
        for (size_t s = 0; s < compare->server_count && result == 0; s++) {
            if (slice_is(slice_of(event_text(one, "server")), compare->servers[s].name))
                add_note(compare, one, s);
        }
    }
    cJSON_Delete(json);
    return result;
}
