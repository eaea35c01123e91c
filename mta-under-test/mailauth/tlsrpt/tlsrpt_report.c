#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"

#include <cjson/cJSON.h>

#include "mta-under-test/base/json_out.h"

#include "mta-under-test/base/poison.h"

bool tlsrpt_result_type_is_known(struct slice type)
{
    static const char *const TYPES[] = {"starttls-not-supported", "certificate-host-mismatch",
                                        "certificate-expired",    "certificate-not-trusted",
                                        "validation-failure",     "tlsa-invalid",
                                        "dnssec-invalid",         "dane-required",
                                        "sts-policy-fetch-error", "sts-policy-invalid",
                                        "sts-webpki-invalid"};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (slice_is(type, TYPES[i]))
            return true;
    }
    return false;
}

static void tlsrpt_write_text(struct json_out *json, const char *key, struct slice text)
{
    if (text.len > 0)
        json_out_slice(json, key, text);
}

static void tlsrpt_write_list(struct json_out *json, const char *key, const struct slice *list,
                              size_t count)
{
    if (count == 0)
        return;
    json_out_array(json, key);
    for (size_t i = 0; i < count; i++)
        json_out_slice(json, NULL, list[i]);
    json_out_end(json);
}

static void tlsrpt_write_failure(struct json_out *json, const struct tlsrpt_failure *failure)
{
    json_out_object(json, NULL);
    json_out_slice(json, "result-type", failure->result_type);
    tlsrpt_write_text(json, "sending-mta-ip", failure->sending_mta_ip);
    tlsrpt_write_text(json, "receiving-mx-hostname", failure->receiving_mx_hostname);
    tlsrpt_write_text(json, "receiving-mx-helo", failure->receiving_mx_helo);
    tlsrpt_write_text(json, "receiving-ip", failure->receiving_ip);
    json_out_int(json, "failed-session-count", (int64_t)failure->failed_sessions);
    tlsrpt_write_text(json, "additional-information", failure->additional_information);
    tlsrpt_write_text(json, "failure-reason-code", failure->failure_reason_code);
    json_out_end(json);
}

static void tlsrpt_write_policy(struct json_out *json, const struct tlsrpt_policy *policy)
{
    json_out_object(json, NULL);
    json_out_object(json, "policy");
    json_out_slice(json, "policy-type", policy->type);
    tlsrpt_write_list(json, "policy-string", policy->strings, policy->string_count);
    json_out_slice(json, "policy-domain", policy->domain);
    tlsrpt_write_list(json, "mx-host", policy->mx_hosts, policy->mx_count);
    json_out_end(json);
    json_out_object(json, "summary");
    json_out_int(json, "total-successful-session-count", (int64_t)policy->successful_sessions);
    json_out_int(json, "total-failure-session-count", (int64_t)policy->failed_sessions);
    json_out_end(json);
    if (policy->failure_count > 0) {
        json_out_array(json, "failure-details");
        for (size_t i = 0; i < policy->failure_count; i++)
            tlsrpt_write_failure(json, &policy->failures[i]);
        json_out_end(json);
    }
    json_out_end(json);
}

void tlsrpt_report_write(const struct tlsrpt_report *report, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_out_object(&json, NULL);
    json_out_slice(&json, "organization-name", report->organization_name);
    json_out_object(&json, "date-range");
    json_out_slice(&json, "start-datetime", report->start);
    json_out_slice(&json, "end-datetime", report->end);
    json_out_end(&json);
    json_out_slice(&json, "contact-info", report->contact_info);
    json_out_slice(&json, "report-id", report->report_id);
    json_out_array(&json, "policies");
    for (size_t i = 0; i < report->count; i++)
        tlsrpt_write_policy(&json, &report->policies[i]);
    json_out_end(&json);
    json_out_end(&json);
}

static struct slice tlsrpt_text(struct arena *arena, const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return slice_of(arena_text(arena, text != NULL ? text : ""));
}

static uint64_t tlsrpt_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 9e15
               ? (uint64_t)item->valuedouble
               : 0;
}

/* An array of texts, or one text alone. */
static struct slice *tlsrpt_list(struct arena *arena, const cJSON *object, const char *key,
                                 size_t *count)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);
    const cJSON *item = cJSON_IsArray(list) ? list->child : list;
    int size = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 1;
    struct slice *texts = arena_alloc_array(arena, (size_t)size, sizeof *texts);
    *count = 0;
    for (; item != NULL && *count < (size_t)size; item = item->next) {
        if (cJSON_IsString(item))
            texts[(*count)++] = slice_of(arena_text(arena, item->valuestring));
        if (!cJSON_IsArray(list))
            break;
    }
    return texts;
}

static void tlsrpt_read_failure(struct arena *arena, const cJSON *item,
                                struct tlsrpt_failure *failure)
{
    failure->result_type = tlsrpt_text(arena, item, "result-type");
    failure->sending_mta_ip = tlsrpt_text(arena, item, "sending-mta-ip");
    failure->receiving_mx_hostname = tlsrpt_text(arena, item, "receiving-mx-hostname");
    failure->receiving_mx_helo = tlsrpt_text(arena, item, "receiving-mx-helo");
    failure->receiving_ip = tlsrpt_text(arena, item, "receiving-ip");
    failure->failed_sessions = tlsrpt_number(item, "failed-session-count");
    failure->additional_information = tlsrpt_text(arena, item, "additional-information");
    failure->failure_reason_code = tlsrpt_text(arena, item, "failure-reason-code");
}

static int tlsrpt_read_policy(struct arena *arena, const cJSON *item, struct tlsrpt_policy *policy,
                              struct err *err)
{
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(item, "policy");
    const cJSON *summary = cJSON_GetObjectItemCaseSensitive(item, "summary");
    const cJSON *failures = cJSON_GetObjectItemCaseSensitive(item, "failure-details");
    const cJSON *failure = NULL;
    policy->type = tlsrpt_text(arena, body, "policy-type");
    policy->domain = tlsrpt_text(arena, body, "policy-domain");
    if (!slice_is(policy->type, "sts") && !slice_is(policy->type, "tlsa") &&
        !slice_is(policy->type, "no-policy-found"))
        return err_set(err, "policy-type \"%.*s\" is not sts, tlsa or no-policy-found",
                       SLICE_ARG(policy->type));
    policy->strings = tlsrpt_list(arena, body, "policy-string", &policy->string_count);
    policy->mx_hosts = tlsrpt_list(arena, body, "mx-host", &policy->mx_count);
    policy->successful_sessions = tlsrpt_number(summary, "total-successful-session-count");
    policy->failed_sessions = tlsrpt_number(summary, "total-failure-session-count");
    int size = cJSON_GetArraySize(failures);
    if (size > TLSRPT_ITEMS_MAX)
        return err_set(err, "too many failure-details");
    policy->failures = arena_alloc_array(arena, (size_t)size, sizeof *policy->failures);
    for (failure = failures != NULL ? failures->child : NULL; failure != NULL;
         failure = failure->next)
        tlsrpt_read_failure(arena, failure, &policy->failures[policy->failure_count++]);
    return 0;
}

static int tlsrpt_read_document(struct arena *arena, const cJSON *root,
                                struct tlsrpt_report *report, struct err *err)
{
    const cJSON *range = cJSON_GetObjectItemCaseSensitive(root, "date-range");
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(root, "policies");
    const cJSON *item = NULL;
    report->organization_name = tlsrpt_text(arena, root, "organization-name");
    report->start = tlsrpt_text(arena, range, "start-datetime");
    report->end = tlsrpt_text(arena, range, "end-datetime");
    report->contact_info = tlsrpt_text(arena, root, "contact-info");
    report->report_id = tlsrpt_text(arena, root, "report-id");
    if (report->report_id.len == 0 || !cJSON_IsArray(policies))
        return err_set(err, "report-id or policies is missing");
    int size = cJSON_GetArraySize(policies);
    if (size > TLSRPT_ITEMS_MAX)
        return err_set(err, "too many policies");
    report->policies = arena_alloc_array(arena, (size_t)size, sizeof *report->policies);
    for (item = policies != NULL ? policies->child : NULL; item != NULL; item = item->next) {
        if (tlsrpt_read_policy(arena, item, &report->policies[report->count], err) != 0)
            return -1;
        report->count++;
    }
    return 0;
}

int tlsrpt_report_read(struct arena *arena, struct slice json, struct tlsrpt_report *report,
                       struct err *err)
{
    memset(report, 0, sizeof *report);
    if (json.len > TLSRPT_BYTES_MAX)
        return err_set(err, "the report is longer than %d bytes", TLSRPT_BYTES_MAX);
    cJSON *root = cJSON_ParseWithLength(json.data != NULL ? json.data : "", json.len);
    if (root == NULL)
        return err_set(err, "the report is no valid JSON");
    int status = tlsrpt_read_document(arena, root, report, err);
    cJSON_Delete(root);
    return status;
}
