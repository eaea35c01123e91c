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

UNIT_MAIN(reports_survive_writing_and_reading, one_record_is_chosen)
