#include "mta-under-test/base/file.h"
#include "mta-under-test/mailauth/dane/dane_check.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_PEM_BYTES_MAX = 16 * 1024 * 1024 };

/* The file of an option; an option that is not there gives the empty slice. */
static int tool_read_option(struct tool *tool, const char *name, bool is_needed, struct slice *text,
                            struct err *err)
{
    const char *path = args_get(&tool->args, name);
    struct buf bytes;
    *text = SLICE("");
    if (path == NULL)
        return is_needed ? args_need(&tool->args, name, &path, err) : 0;
    buf_init(&bytes, TOOL_PEM_BYTES_MAX);
    int status = file_read(path, &bytes, err);
    *text = arena_slice(&tool->arena, buf_slice(&bytes));
    buf_deinit(&bytes);
    return status;
}

/* One record a line; empty lines and what follows "#" are passed over. What is no record is
 * unusable, not an error: it is left out with a fact. */
static void tool_read_records(struct tool *tool, struct slice text, struct dane_request *request)
{
    struct slice line;
    struct dane_record *records =
        arena_alloc_array(&tool->arena, DANE_RECORDS_MAX, sizeof *records);
    while (slice_split(&text, '\n', &line)) {
        line = slice_trim(slice_first(line, slice_find(line, '#')));
        if (line.len == 0 || request->record_count == DANE_RECORDS_MAX)
            continue;
        if (dane_record_from_text(&tool->arena, line, &records[request->record_count]))
            request->record_count++;
        else
            facts_add(&tool->facts, "record", "no TLSA record: %.*s", SLICE_ARG(line));
    }
    request->records = records;
}

static void tool_tlsa_write(struct tool *tool, const struct dane_outcome *outcome)
{
    struct json_out *json = &tool->json;
    tool->verdict = outcome->is_verified ? "verified: this is the server that the domain means"
                                         : "not verified: nothing proves that this is the server";
    json_out_object(json, NULL);
    json_out_bool(json, "ok", outcome->is_verified);
    json_out_int(json, "depth", outcome->depth);
    json_out_int(json, "error", outcome->error);
    json_out_text(json, "reason", outcome->error_text);
    json_out_int(json, "usable", (int64_t)outcome->usable);
    json_out_int(json, "matched", outcome->matched);
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
}

int tool_tlsa(struct tool *tool, struct err *err)
{
    struct dane_request request = {.now_us = tool->now_us,
                                   .in_smtp = args_has(&tool->args, "smtp")};
    struct dane_outcome outcome;
    struct slice records;
    const char *host = NULL;
    if (tool_read_option(tool, "chain", true, &request.chain_pem, err) != 0 ||
        tool_read_option(tool, "ca", false, &request.ca_pem, err) != 0 ||
        tool_read_option(tool, "tlsa", true, &records, err) != 0 ||
        args_need(&tool->args, "host", &host, err) != 0)
        return -1;
    request.names[request.name_count++] = host;
    request.checks_ee_names =
        args_has(&tool->args, "name-checks") && !args_has(&tool->args, "no-name-checks");
    tool_read_records(tool, records, &request);
    if (dane_check(&request, &tool->facts, &outcome, err) != 0)
        return -1;
    tool_tlsa_write(tool, &outcome);
    return 0;
}
