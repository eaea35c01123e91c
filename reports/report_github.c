/*
 * Workflow commands of GitHub Actions: each failed check becomes an annotation at its scenario.
 * In the message % CR LF are escaped, in a property also : and , (they would end it).
 */
#include "reports/report_model.h"
#include "reports/report_suite.h"

#include "mta-under-test/base/poison.h"

static void escaped(struct buf *out, const char *text, bool property)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == '%' || (property && (c == ':' || c == ',')))
            buf_format(out, "%%%02X", c);
        else
            buf_add_char(out, *text);
    }
}

static void command(struct buf *out, const char *level, const struct report_run *run,
                    const char *title)
{
    buf_format(out, "::%s ", level);
    if (*run->file != '\0') {
        buf_add_text(out, "file=");
        escaped(out, run->file, true);
        buf_add_char(out, ',');
    }
    buf_add_text(out, "title=");
    escaped(out, title, true);
    buf_add_text(out, "::");
}

void report_github_print(const struct report_suite *suite, struct buf *out)
{
    for (size_t i = 0; i < suite->run_count; i++) {
        const struct report_run *run = suite->runs[i];
        if (run->verdict == REPORT_ERROR) {
            command(out, "error", run, run->name);
            escaped(out, run->problem, false);
            buf_add_char(out, '\n');
        }
        for (size_t c = 0; c < run->check_count; c++) {
            const struct report_check *check = &run->checks[c];
            if (check->verdict != REPORT_FAILED && check->verdict != REPORT_WARNED)
                continue;
            command(out, check->verdict == REPORT_FAILED ? "error" : "warning", run, run->name);
            escaped(out, check->text, false);
            buf_add_text(out, ": expected ");
            escaped(out, check->expected, false);
            buf_add_text(out, ", but: ");
            escaped(out, check->actual, false);
            buf_add_char(out, '\n');
        }
    }
}
