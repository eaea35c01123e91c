#include "reports/report_results.h"

#include "mta-under-test/base/file.h"
#include "sim/event/event_file.h"
#include "sim/event/event_line.h"

#include "mta-under-test/base/poison.h"

enum { RESULTS_BYTES_MAX = 256 * 1024 * 1024 };

static const char *text_of(struct report_run *run, const cJSON *object, const char *key)
{
    return arena_text(&run->arena, event_text(object, key));
}

static enum report_verdict verdict_of(const char *word, const char *level)
{
    struct slice verdict = slice_of(word);
    if (slice_is(verdict, "passed"))
        return REPORT_PASSED;
    if (slice_is(verdict, "failed") && slice_is(slice_of(level), "info"))
        return REPORT_NOTED;
    if (slice_is(verdict, "failed"))
        return slice_is(slice_of(level), "should") ? REPORT_WARNED : REPORT_FAILED;
    if (slice_is(verdict, "warned"))
        return REPORT_WARNED;
    if (slice_is(verdict, "not-applicable"))
        return REPORT_NOT_APPLICABLE;
    return REPORT_ERROR;
}

/* What a check says it wants: a text as it is, anything else as JSON. */
static const char *words_of(struct report_run *run, const cJSON *object, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    if (value == NULL || cJSON_IsNull(value))
        return "";
    if (cJSON_IsString(value))
        return arena_text(&run->arena, value->valuestring);
    char *json = cJSON_PrintUnformatted(value);
    const char *copy = arena_text(&run->arena, json != NULL ? json : "");
    cJSON_free(json);
    return copy;
}

static void add_check(struct report_run *run, const cJSON *object, const char *kind)
{
    run->checks = report_room(run->checks, run->check_count, sizeof *run->checks);
    struct report_check *check = &run->checks[run->check_count++];
    *check = (struct report_check){
        .kind = kind,
        .text = text_of(run, object, "text"),
        .level = text_of(run, object, "level"),
        .place = text_of(run, object, "place"),
        .expected = words_of(run, object, "expected"),
        .actual = words_of(run, object, "actual"),
        .session = text_of(run, object, "session"),
        .message = text_of(run, object, "message"),
        .recipient = text_of(run, object, "recipient"),
        .reference = text_of(run, object, "rfc"),
        .at_us = event_int(object, "at", -1),
        .seq = event_int(object, "seq", -1),
        .within_us = event_int(object, "within", -1),
        .misfits = (size_t)event_int(object, "count", 0),
        .judged = (size_t)event_int(object, "judged", 0),
    };
    check->verdict = verdict_of(event_text(object, "verdict"), check->level);
}

static void add_finding(struct report_run *run, const cJSON *object)
{
    if (run->finding_count == REPORT_FINDINGS_MAX)
        return;
    run->findings = report_room(run->findings, run->finding_count, sizeof *run->findings);
    run->findings[run->finding_count++] = (struct report_finding){
        .level = text_of(run, object, "level"),
        .what = text_of(run, object, "what"),
        .text = text_of(run, object, "text"),
        .rfc = text_of(run, object, "rfc"),
        .session = text_of(run, object, "session"),
        .at_us = event_int(object, "at", -1),
        .seq = event_int(object, "seq", -1),
        .count = (size_t)event_int(object, "count", 1),
    };
}

static const char *const *read_list(struct report_run *run, const cJSON *object, const char *key,
                                    size_t *count)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key);
    int size = cJSON_GetArraySize(array);
    const char **list = arena_alloc_array(&run->arena, (size_t)size + 1, sizeof *list);
    const cJSON *item;
    *count = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item))
            list[(*count)++] = arena_text(&run->arena, item->valuestring);
    }
    return list;
}

/* The event log, which may have been read before, says some of it as well. */
static void read_scenario(struct report_run *run, const cJSON *object)
{
    if (*event_text(object, "name") != '\0')
        run->name = text_of(run, object, "name");
    if (*event_text(object, "file") != '\0')
        run->file = text_of(run, object, "file");
    if (run->seed == 0)
        run->seed = event_int(object, "seed", 0);
    run->about = text_of(run, object, "about");
    run->cell = text_of(run, object, "cell");
    run->tags = read_list(run, object, "tags", &run->tag_count);
    run->references = read_list(run, object, "references", &run->reference_count);
}

static void read_results(struct report_run *run, const cJSON *results)
{
    const cJSON *scenario = cJSON_GetObjectItemCaseSensitive(results, "scenario");
    read_scenario(run, cJSON_IsObject(scenario) ? scenario : results);
    run->verdict = verdict_of(event_text(results, "verdict"), "must");
    run->problem = text_of(run, results, "problem");
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(results, "expectations"))
    {
        add_check(run, one, "expectation");
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(results, "invariants"))
    {
        add_check(run, one, "invariant");
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(results, "findings"))
    {
        add_finding(run, one);
    }
}

/* Without the space between the values. */
static char *on_one_line(struct slice json)
{
    char *line = mem_grow(NULL, json.len + 1, 1);
    size_t len = 0;
    bool quoted = false;
    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i];
        if (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
            continue;
        line[len++] = c;
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && i + 1 < json.len)
            line[len++] = json.data[++i];
    }
    line[len] = '\0';
    return line;
}

int report_results_read(struct report_run *run, const char *path, struct err *err)
{
    struct buf bytes;
    struct event_line *line = event_line_new();
    buf_init(&bytes, RESULTS_BYTES_MAX);
    int result = file_read(path, &bytes, err);
    if (result == 0) {
        const cJSON *results = event_line_read(line, buf_slice(&bytes));
        if (results == NULL) {
            result = err_set(err, "%s: expected a JSON object", path);
        } else {
            read_results(run, results);
            run->results = on_one_line(buf_slice(&bytes));
        }
    }
    event_line_free(&line);
    buf_deinit(&bytes);
    return result;
}
