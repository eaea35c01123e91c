#include <cjson/cJSON.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_record.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

START_TEST(reports_survive_writing_and_reading)
{
    struct arena arena;
    struct buf json;
    struct err err;
    struct slice strings[] = {SLICE("version: STSv1"), SLICE("mode: enforce")};
    struct slice hosts[] = {SLICE("*.x.test")};
    struct tlsrpt_failure failure = {.result_type = SLICE("certificate-expired"),
                                     .sending_mta_ip = SLICE("192.0.2.1"),
                                     .failed_sessions = 5};
    struct tlsrpt_policy policy = {.type = SLICE("sts"),
                                   .domain = SLICE("x.test"),
                                   .string_count = 2,
                                   .strings = strings,
                                   .mx_count = 1,
                                   .mx_hosts = hosts,
                                   .successful_sessions = 10,
                                   .failed_sessions = 5,
                                   .failure_count = 1,
                                   .failures = &failure};
    struct tlsrpt_report report = {.organization_name = SLICE("R"),
                                   .start = SLICE("2026-03-01T00:00:00Z"),
                                   .end = SLICE("2026-03-02T00:00:00Z"),
                                   .contact_info = SLICE("r@r.test"),
                                   .report_id = SLICE("id"),
                                   .count = 1,
                                   .policies = &policy};
    struct tlsrpt_report read;
    arena_init(&arena);
    buf_init(&json, 65536);
    tlsrpt_report_write(&report, &json);
    ck_assert_msg(tlsrpt_report_read(&arena, buf_slice(&json), &read, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(read.count, 1);
    ck_assert(slice_is(read.policies[0].strings[1], "mode: enforce"));
    ck_assert(slice_is(read.policies[0].mx_hosts[0], "*.x.test"));
    ck_assert_uint_eq(read.policies[0].successful_sessions, 10);
    ck_assert(tlsrpt_result_type_is_known(read.policies[0].failures[0].result_type));
    ck_assert_uint_eq(read.policies[0].failures[0].failed_sessions, 5);
    ck_assert_int_eq(tlsrpt_report_read(&arena, SLICE("{}"), &read, &err), -1);
    ck_assert_int_eq(tlsrpt_report_read(&arena, SLICE("{"), &read, &err), -1);
    buf_deinit(&json);
    arena_deinit(&arena);
}
END_TEST

/* What RFC 8460 4.4 lets an object have: "name:t", t being s (text), n (number), o (object), a
 * (array); a capital letter for what must be there. */
static void check_members(const cJSON *object, const char *const *members)
{
    const cJSON *item = NULL;
    int known = 0;
    ck_assert(cJSON_IsObject(object));
    for (size_t i = 0; members[i] != NULL; i++) {
        const char *type = strchr(members[i], ':') + 1;
        char *name = mem_text_format("%.*s", (int)(type - 1 - members[i]), members[i]);
        item = cJSON_GetObjectItemCaseSensitive(object, name);
        ck_assert_msg(item != NULL || strchr("snoa", *type) != NULL, "%s is missing", name);
        bool fits = item == NULL || (strchr("sS", *type) != NULL && cJSON_IsString(item)) ||
                    (strchr("nN", *type) != NULL && cJSON_IsNumber(item)) ||
                    (strchr("oO", *type) != NULL && cJSON_IsObject(item)) ||
                    (strchr("aA", *type) != NULL && cJSON_IsArray(item));
        ck_assert_msg(fits, "%s has the wrong type", name);
        known += item != NULL;
        free(name);
    }
    ck_assert_int_eq(known, cJSON_GetArraySize(object));
}

START_TEST(reports_keep_to_the_schema)
{
    static const char *const REPORT[] = {"organization-name:S", "date-range:O", "contact-info:S",
                                         "report-id:S",         "policies:A",   NULL};
    static const char *const RANGE[] = {"start-datetime:S", "end-datetime:S", NULL};
    static const char *const ENTRY[] = {"policy:O", "summary:O", "failure-details:a", NULL};
    static const char *const POLICY[] = {"policy-type:S", "policy-string:a", "policy-domain:S",
                                         "mx-host:a", NULL};
    static const char *const SUMMARY[] = {"total-successful-session-count:N",
                                          "total-failure-session-count:N", NULL};
    static const char *const FAILURE[] = {"result-type:S",
                                          "sending-mta-ip:s",
                                          "receiving-mx-hostname:s",
                                          "receiving-mx-helo:s",
                                          "receiving-ip:s",
                                          "failed-session-count:N",
                                          "additional-information:s",
                                          "failure-reason-code:s",
                                          NULL};
    struct slice text = SLICE("version: STSv1");
    struct tlsrpt_failure failure = {.result_type = SLICE("validation-failure"),
                                     .sending_mta_ip = SLICE("192.0.2.1"),
                                     .receiving_mx_hostname = SLICE("mx.x.test"),
                                     .receiving_mx_helo = SLICE("mx.x.test"),
                                     .receiving_ip = SLICE("192.0.2.2"),
                                     .failed_sessions = 1,
                                     .additional_information = SLICE("https://r.test/"),
                                     .failure_reason_code = SLICE("X")};
    struct tlsrpt_policy policies[] = {
        {.type = SLICE("sts"),
         .domain = SLICE("x.test"),
         .string_count = 1,
         .strings = &text,
         .mx_count = 1,
         .mx_hosts = &text,
         .failed_sessions = 1,
         .failure_count = 1,
         .failures = &failure},
        {.type = SLICE("no-policy-found"), .domain = SLICE("y.test")}};
    struct tlsrpt_report report = {.organization_name = SLICE("R"),
                                   .start = SLICE("2026-03-01T00:00:00Z"),
                                   .end = SLICE("2026-03-02T00:00:00Z"),
                                   .contact_info = SLICE("r@r.test"),
                                   .report_id = SLICE("id"),
                                   .count = 2,
                                   .policies = policies};
    struct buf json;
    const cJSON *entry = NULL;
    const cJSON *one = NULL;
    buf_init(&json, 65536);
    tlsrpt_report_write(&report, &json);
    cJSON *root = cJSON_Parse(buf_text(&json));
    check_members(root, REPORT);
    check_members(cJSON_GetObjectItem(root, "date-range"), RANGE);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(root, "policies")), 2);
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(root, "policies"))
    {
        check_members(entry, ENTRY);
        check_members(cJSON_GetObjectItem(entry, "policy"), POLICY);
        check_members(cJSON_GetObjectItem(entry, "summary"), SUMMARY);
        cJSON_ArrayForEach(one, cJSON_GetObjectItem(entry, "failure-details"))
            check_members(one, FAILURE);
    }
    cJSON_Delete(root);
    buf_deinit(&json);
}
END_TEST

START_TEST(one_record_is_chosen)
{
    struct tlsrpt_record record;
    struct dns_record records[] = {{.data = SLICE("v=TLSRPTv1; rua=mailto:a@x.test")},
                                   {.data = SLICE("v=TLSRPTv1; rua=mailto:b@x.test")}};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = records};
    ck_assert_ptr_null(tlsrpt_record_choose(&answer, &record));
    ck_assert(slice_is(record.uris[0], "mailto:a@x.test"));
    answer.count = 2;
    ck_assert_ptr_nonnull(tlsrpt_record_choose(&answer, &record));
}
END_TEST

UNIT_MAIN(reports_survive_writing_and_reading, reports_keep_to_the_schema, one_record_is_chosen)
