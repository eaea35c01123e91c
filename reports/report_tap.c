/*
 * TAP: a test point for each scenario, its checks as an indented subtest before it, and what went
 * wrong as a YAML block. Subtests are of TAP 14, whose readers take them under either version; the
 * version is 13 because prove refuses 14 and passes over what it does not know.
 */
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "reports/report_model.h"
#include "reports/report_suite.h"

#include "mta-under-test/base/poison.h"

enum {
    TAP_BYTES_MAX = 256 * 1024 * 1024,
    DESCRIPTION_MAX = 500,
    DESCRIPTION_ESCAPED_MAX = 4 * DESCRIPTION_MAX + 8,
};

/* A description is one line, in which # and \ would mean something. */
static void description(struct buf *out, const char *text)
{
    struct buf plain;
    buf_init(&plain, DESCRIPTION_ESCAPED_MAX);
    text_to_printable(&plain, slice_of(text), DESCRIPTION_MAX);
    for (size_t i = 0; i < plain.len; i++) {
        if (plain.data[i] == '#' || plain.data[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, plain.data[i]);
    }
    buf_deinit(&plain);
}

/* YAML takes JSON's texts. */
static void yaml(struct buf *out, const char *indent, const char *key, const char *text)
{
    if (*text == '\0')
        return;
    buf_format(out, "%s  %s: ", indent, key);
    json_escape(out, slice_of(text));
    buf_add_char(out, '\n');
}

static void yaml_of_check(struct buf *out, const struct report_check *check)
{
    char at[TIME_TEXT_BYTES] = "";
    if (check->at_us >= 0)
        time_span_to_text(check->at_us, at);
    buf_add_text(out, "      ---\n");
    yaml(out, "    ", "  severity", check->verdict == REPORT_WARNED ? "warning" : "fail");
    yaml(out, "    ", "  expected", check->expected);
    yaml(out, "    ", "  actual", check->actual);
    yaml(out, "    ", "  at", at);
    yaml(out, "    ", "  session", check->session);
    if (check->packet != 0)
        buf_format(out, "        packet: %llu\n", (unsigned long long)check->packet);
    yaml(out, "    ", "  place", check->place);
    buf_add_text(out, "      ...\n");
}

static void subtest(struct buf *out, const struct report_run *run)
{
    if (run->check_count == 0)
        return;
    buf_add_text(out, "# Subtest: ");
    description(out, run->name);
    buf_format(out, "\n    1..%zu\n", run->check_count);
    for (size_t i = 0; i < run->check_count; i++) {
        const struct report_check *check = &run->checks[i];
        bool failed = check->verdict == REPORT_FAILED || check->verdict == REPORT_ERROR;
        buf_format(out, "    %s %zu - ", failed ? "not ok" : "ok", i + 1);
        description(out, check->text);
        if (check->verdict == REPORT_NOT_APPLICABLE) {
            buf_add_text(out, " # SKIP ");
            description(out, check->actual);
        }
        buf_add_char(out, '\n');
        if (failed || check->verdict == REPORT_WARNED)
            yaml_of_check(out, check);
    }
}

void report_tap_print(const struct report_suite *suite, struct buf *out)
{
    buf_format(out, "TAP version 13\n1..%zu\n", suite->run_count);
    for (size_t i = 0; i < suite->run_count; i++) {
        const struct report_run *run = suite->runs[i];
        bool skipped = run->verdict == REPORT_NOT_APPLICABLE;
        subtest(out, run);
        buf_format(out, "%s %zu - ", report_run_passed(run) || skipped ? "ok" : "not ok", i + 1);
        description(out, run->name);
        if (skipped) {
            buf_add_text(out, " # SKIP ");
            description(out, run->problem);
        }
        buf_add_char(out, '\n');
        if (*run->problem != '\0' && !skipped) {
            buf_add_text(out, "  ---\n");
            yaml(out, "", "message", run->problem);
            yaml(out, "", "file", run->file);
            buf_add_text(out, "  ...\n");
        }
    }
}

int report_tap_write(const struct report_suite *suite, const char *path, struct err *err)
{
    struct buf out;
    buf_init(&out, TAP_BYTES_MAX);
    report_tap_print(suite, &out);
    int result = buf_overflowed(&out) ? err_set(err, "%s: the report would be too large", path)
                                      : file_write(path, buf_slice(&out), err);
    buf_deinit(&out);
    return result;
}
