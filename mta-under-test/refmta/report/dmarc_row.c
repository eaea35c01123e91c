#include "mta-under-test/refmta/report/dmarc_row.h"

#include <cjson/cJSON.h>

#include "mta-under-test/base/json_out.h"

#include "mta-under-test/base/poison.h"

/* A text of a struct, and its key. */
struct member {
    const char *key;
    size_t offset;
};

#define MEMBER(whole, name)           \
    {                                 \
#name, offsetof(whole, name), \
    }

static const struct member POLICY[] = {
    MEMBER(struct dmarc_report, domain), MEMBER(struct dmarc_report, adkim),
    MEMBER(struct dmarc_report, aspf),   MEMBER(struct dmarc_report, p),
    MEMBER(struct dmarc_report, sp),     MEMBER(struct dmarc_report, pct),
};

static const struct member ROW[] = {
    MEMBER(struct dmarc_report_row, source_ip),   MEMBER(struct dmarc_report_row, disposition),
    MEMBER(struct dmarc_report_row, dkim),        MEMBER(struct dmarc_report_row, spf),
    MEMBER(struct dmarc_report_row, header_from), MEMBER(struct dmarc_report_row, envelope_from),
};

static const struct member REASON[] = {
    MEMBER(struct dmarc_report_reason, type),
    MEMBER(struct dmarc_report_reason, comment),
};

static const struct member RESULT[] = {
    MEMBER(struct dmarc_report_result, domain),
    MEMBER(struct dmarc_report_result, selector),
    MEMBER(struct dmarc_report_result, scope),
    MEMBER(struct dmarc_report_result, result),
};

enum {
    POLICY_COUNT = sizeof POLICY / sizeof POLICY[0],
    ROW_COUNT = sizeof ROW / sizeof ROW[0],
    REASON_COUNT = sizeof REASON / sizeof REASON[0],
    RESULT_COUNT = sizeof RESULT / sizeof RESULT[0],
};

static void write_members(struct json_out *out, const struct member *members, size_t count,
                          const void *from)
{
    for (size_t i = 0; i < count; i++) {
        const struct slice *text = (const void *)((const char *)from + members[i].offset);
        if (text->len > 0)
            json_out_slice(out, members[i].key, *text);
    }
}

static void write_results(struct json_out *out, const char *key,
                          const struct dmarc_report_result *results, size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        write_members(out, RESULT, RESULT_COUNT, &results[i]);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_reasons(struct json_out *out, const struct dmarc_report_row *row)
{
    json_out_array(out, "reasons");
    for (size_t i = 0; i < row->reason_count; i++) {
        json_out_object(out, NULL);
        write_members(out, REASON, REASON_COUNT, &row->reasons[i]);
        json_out_end(out);
    }
    json_out_end(out);
}

void dmarc_row_write(const struct dmarc_report *report, struct buf *out)
{
    const struct dmarc_report_row *row = &report->rows[0];
    struct json_out json;
    json_out_init(&json, out);
    json_out_object(&json, NULL);
    json_out_object(&json, "policy");
    write_members(&json, POLICY, POLICY_COUNT, report);
    json_out_end(&json);
    json_out_object(&json, "row");
    write_members(&json, ROW, ROW_COUNT, row);
    json_out_end(&json);
    write_reasons(&json, row);
    write_results(&json, "dkim", row->dkim_results, row->dkim_count);
    write_results(&json, "spf", row->spf_results, row->spf_count);
    json_out_end(&json);
}

static void read_members(const cJSON *object, const struct member *members, size_t count, void *to,
                         struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, members[i].key);
        struct slice *text = (void *)((char *)to + members[i].offset);
        if (cJSON_IsString(value))
            *text = slice_of(arena_text(arena, value->valuestring));
    }
}

static struct dmarc_report_result *read_results(const cJSON *list, size_t *count,
                                                struct arena *arena)
{
    size_t size = (size_t)cJSON_GetArraySize(list);
    struct dmarc_report_result *results = arena_alloc_array(arena, size + 1, sizeof *results);
    const cJSON *item = NULL;
    *count = 0;
    cJSON_ArrayForEach(item, list)
    {
        read_members(item, RESULT, RESULT_COUNT, &results[(*count)++], arena);
    }
    return results;
}

static void read_reasons(const cJSON *list, struct arena *arena, struct dmarc_report_row *row)
{
    size_t size = (size_t)cJSON_GetArraySize(list);
    const cJSON *item = NULL;
    row->reasons = arena_alloc_array(arena, size + 1, sizeof *row->reasons);
    cJSON_ArrayForEach(item, list)
    {
        read_members(item, REASON, REASON_COUNT, &row->reasons[row->reason_count++], arena);
    }
}

int dmarc_row_read(struct slice line, struct arena *arena, struct dmarc_report *report,
                   struct dmarc_report_row *row)
{
    cJSON *root = cJSON_ParseWithLength(line.data, line.len);
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(root, "policy");
    *row = (struct dmarc_report_row){.count = 0};
    read_members(policy, POLICY, POLICY_COUNT, report, arena);
    read_members(cJSON_GetObjectItemCaseSensitive(root, "row"), ROW, ROW_COUNT, row, arena);
    read_reasons(cJSON_GetObjectItemCaseSensitive(root, "reasons"), arena, row);
    row->dkim_results =
        read_results(cJSON_GetObjectItemCaseSensitive(root, "dkim"), &row->dkim_count, arena);
    row->spf_results =
        read_results(cJSON_GetObjectItemCaseSensitive(root, "spf"), &row->spf_count, arena);
    int result =
        cJSON_IsString(cJSON_GetObjectItemCaseSensitive(policy, "domain")) && row->source_ip.len > 0
            ? 0
            : -1;
    cJSON_Delete(root);
    return result;
}
