#include "mta-under-test/refmta/metrics/exposition.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static struct buf out;

static void expect(const char *part)
{
    ck_assert_msg(strstr(buf_text(&out), part) != NULL, "no \"%s\" in: %s", part, buf_text(&out));
}

START_TEST(a_family_has_help_type_and_samples)
{
    buf_init(&out, 1 << 16);
    exposition_family(&out, "things", "gauge", "What there is.");
    exposition_sample(&out, "things", "name", "a \"b\\\n", 7);
    exposition_sample(&out, "things", NULL, NULL, 0.5);
    ck_assert_str_eq(buf_text(&out), "# HELP things What there is.\n# TYPE things gauge\n"
                                     "things{name=\"a \\\"b\\\\\\n\"} 7\nthings 0.500000\n");
    buf_deinit(&out);
}
END_TEST

START_TEST(large_counters_are_exact)
{
    buf_init(&out, 1 << 16);
    exposition_sample(&out, "n", NULL, NULL, 12345678901.0);
    ck_assert_str_eq(buf_text(&out), "n 12345678901\n");
    buf_deinit(&out);
}
END_TEST

START_TEST(buckets_count_what_is_not_longer)
{
    struct histogram histogram = {0};
    buf_init(&out, 1 << 16);
    histogram_add(&histogram, 1000);
    histogram_add(&histogram, 1001);
    histogram_add(&histogram, INT64_C(500000000000));
    exposition_histogram(&out, "t", "Time.", &histogram);
    expect("t_bucket{le=\"0.001\"} 1\n");
    expect("t_bucket{le=\"0.002\"} 2\n");
    expect("t_bucket{le=\"432000\"} 2\n");
    expect("t_bucket{le=\"+Inf\"} 3\nt_sum 500000.002001\nt_count 3\n");
    buf_deinit(&out);
}
END_TEST

START_TEST(the_process_is_told)
{
    buf_init(&out, 1 << 16);
    exposition_process(&out);
    expect("process_resident_memory_bytes ");
    expect("process_open_fds ");
    ck_assert_ptr_null(strstr(buf_text(&out), "process_resident_memory_bytes 0\n"));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(a_family_has_help_type_and_samples, large_counters_are_exact,
          buckets_count_what_is_not_longer, the_process_is_told)
