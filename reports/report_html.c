/*
 * The page as a document: head, overview of the suite, the scenarios, style and script inside.
 */
#include <limits.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "reports/html_page.h"
#include "reports/report_assets.h"
#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

enum {
    PAGE_BYTES_MAX = 512 * 1024 * 1024,
    FEW_RUNS = 20,
    OPEN_AT_FIRST = 3, /* failed scenarios that are unfolded */
    SLUG_TRIES_MAX = 100000,
};

struct totals {
    size_t passed;
    size_t failed;
    size_t not_run;
    size_t not_applicable;
    size_t checks;
    size_t checks_passed;
    size_t warnings;
    size_t deliveries;
    size_t delivered;
    size_t attempts;
    int64_t virtual_us;
};

static struct totals count_all(const struct report_suite *suite)
{
    struct totals totals = {0};
    for (size_t i = 0; i < suite->run_count; i++) {
        const struct report_run *run = suite->runs[i];
        totals.passed += report_run_passed(run);
        totals.failed += run->verdict == REPORT_FAILED;
        totals.not_run += run->verdict == REPORT_ERROR;
        totals.not_applicable += run->verdict == REPORT_NOT_APPLICABLE;
        totals.checks += report_run_judged(run);
        totals.checks_passed += report_run_count(run, REPORT_PASSED);
        totals.warnings += report_run_count(run, REPORT_WARNED);
        totals.deliveries += run->delivery_count;
        totals.attempts += run->attempts_seen;
        totals.virtual_us += run->end_us;
        for (size_t d = 0; d < run->delivery_count; d++)
            totals.delivered += run->deliveries[d].end == REPORT_DELIVERED;
    }
    return totals;
}

/* Shapes differ as well as colours, for those who do not see the colours. */
static const char MARKS[] =
    "<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>"
    "<circle id=\"m-accepted\" r=\"5.5\"/>"
    "<g id=\"m-reply-lost\"><circle r=\"5.5\"/><path class=\"cut\" d=\"M-3 3L3 -3\"/></g>"
    "<path id=\"m-deferred\" d=\"M0 -6.5L6.5 0L0 6.5L-6.5 0Z\"/>"
    "<rect id=\"m-rejected\" x=\"-5\" y=\"-5\" width=\"10\" height=\"10\"/>"
    "<path id=\"m-broken\" class=\"open\" d=\"M-4.5 -4.5L4.5 4.5M4.5 -4.5L-4.5 4.5\"/>"
    "<circle id=\"m-logged\" class=\"open\" r=\"4.5\"/>"
    "<path id=\"m-warned\" class=\"open\" d=\"M0 -5.5L6 5H-6Z\"/>"
    "<path id=\"m-bounced\" d=\"M-6.5 -5.5H6.5L0 6.5Z\"/>"
    "</defs></svg>\n";

/* "Passed", "Failed: 1 of 7 checks". */
static void one_verdict(struct buf *out, const struct report_run *run)
{
    size_t failed = report_run_count(run, REPORT_FAILED);
    html_text(out, run->verdict == REPORT_WARNED ? "Passed" : html_verdict_word(run->verdict));
    if (failed > 0)
        html_print(out, ": %zu of %zu checks", failed, report_run_judged(run));
    else if (report_run_passed(run) && report_run_count(run, REPORT_WARNED) > 0)
        html_print(out, ", with warnings");
}

static void verdict_line(struct buf *out, const struct report_suite *suite,
                         const struct totals *totals)
{
    if (suite->run_count == 0) {
        buf_add_text(out, "No scenario was run");
        return;
    }
    if (suite->run_count == 1) {
        one_verdict(out, suite->runs[0]);
        return;
    }
    if (totals->passed == suite->run_count) {
        html_print(out, "All %zu scenarios passed", suite->run_count);
        return;
    }
    html_print(out, "%zu of %zu scenarios passed", totals->passed, suite->run_count);
    if (totals->failed > 0)
        html_print(out, ", %zu failed", totals->failed);
    if (totals->not_run > 0)
        html_print(out, ", %zu could not be run", totals->not_run);
    if (totals->not_applicable > 0)
        html_print(out, ", %zu not applicable", totals->not_applicable);
}

static const char *suite_title(const struct report_suite *suite)
{
    if (suite->title != NULL)
        return suite->title;
    return suite->run_count == 1 ? suite->runs[0]->name : "Test report";
}

static void document_head(struct buf *out, const struct report_suite *suite,
                          const struct totals *totals)
{
    buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    verdict_line(out, suite, totals);
    html_print(out, " \xE2\x80\x93 %s</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n",
               suite_title(suite));
    buf_add_text(out, report_page_css);
    buf_add_text(out, "</style>\n</head>\n<body>\n");
    buf_add_text(out, MARKS);
}

static void tile(struct buf *out, const char *class, size_t value, size_t of, const char *what)
{
    html_print(out, "<div class=\"tile %s\"><b>%zu", class, value);
    if (of > 0)
        html_print(out, "<small>/%zu</small>", of);
    html_print(out, "</b><span>%s</span></div>", what);
}

static void tiles(struct buf *out, const struct report_suite *suite, const struct totals *totals)
{
    char text[TIME_TEXT_BYTES];
    buf_add_text(out, "<div class=\"tiles\">");
    if (suite->run_count != 1)
        tile(out, totals->failed + totals->not_run > 0 ? "fail" : "pass", totals->passed,
             suite->run_count, "scenarios passed");
    tile(out, totals->checks_passed + totals->warnings < totals->checks ? "fail" : "pass",
         totals->checks_passed, totals->checks, "checks passed");
    if (totals->warnings > 0)
        tile(out, "warn", totals->warnings, 0, totals->warnings == 1 ? "warning" : "warnings");
    if (totals->deliveries > 0)
        tile(out, "plain", totals->delivered, totals->deliveries, "recipients reached");
    if (totals->attempts > 0)
        tile(out, "plain", totals->attempts, 0,
             totals->attempts == 1 ? "delivery try" : "delivery tries");
    html_print(out, "<div class=\"tile plain\"><b>%s</b><span>of virtual time</span></div>",
               report_time_text(totals->virtual_us, text));
    if (suite->wall_us > 0)
        html_print(out, "<div class=\"tile plain\"><b>%s</b><span>of real time</span></div>",
                   report_time_text(suite->wall_us, text));
    buf_add_text(out, "</div>\n");
}

static void filter(struct buf *out, const char *verdict, const char *word, size_t count,
                   bool pressed)
{
    if (count > 0)
        html_print(out,
                   "<button type=\"button\" data-filter=\"%s\" aria-pressed=\"%s\">%s "
                   "<b>%zu</b></button>",
                   verdict, pressed ? "true" : "false", word, count);
}

static void toolbar(struct buf *out, const struct report_suite *suite, const struct totals *totals)
{
    if (suite->run_count < 2)
        return;
    buf_add_text(out, "<div class=\"toolbar\" role=\"search\" hidden><div class=\"filters\">");
    filter(out, "", "All", suite->run_count, true);
    filter(out, "fail", "Failed", totals->failed, false);
    filter(out, "error", "Not run", totals->not_run, false);
    filter(out, "pass", "Passed", totals->passed, false);
    filter(out, "none", "Not applicable", totals->not_applicable, false);
    buf_add_text(
        out, "</div><input type=\"search\" id=\"search\" placeholder=\"Search scenarios\" "
             "aria-label=\"Search scenarios\" title=\"Press / to search\"><div class=\"filters\">"
             "<button type=\"button\" data-fold=\"open\">Unfold</button>"
             "<button type=\"button\" data-fold=\"\">Fold</button></div></div>\n"
             "<p class=\"note\" id=\"nothing\" hidden>No scenario fits.</p>\n");
}

static void header(struct buf *out, const struct report_suite *suite, const struct totals *totals)
{
    bool complete = totals->not_run == 0 && suite->run_count > 0;
    const char *tone = totals->failed > 0 ? "fail" : complete ? "pass" : "error";
    html_print(out,
               "<a class=\"skip\" href=\"#scenarios\">Skip to the scenarios</a>\n"
               "<header class=\"top %s\"><div class=\"brand\"><span>Mailrange</span>"
               "<button type=\"button\" id=\"theme\" hidden aria-label=\"Light or dark\" "
               "title=\"Light or dark\">\xE2\x97\x90</button></div><h1>",
               tone);
    verdict_line(out, suite, totals);
    buf_add_text(out, "</h1>\n");
    /* The name of a single run stands below, with its description. */
    if (suite->run_count != 1 || suite->title != NULL)
        html_print(out, "<p class=\"suite\">%s</p>\n", suite_title(suite));
    tiles(out, suite, totals);
    if (suite->command != NULL)
        html_print(out, "<p class=\"rerun\"><span>Run it again</span><code>%s</code></p>\n",
                   suite->command);
    buf_add_text(out, "</header>\n");
}

/* "scenarios/retry/greylisting.json" becomes "retry-greylisting"; made unique with a number. */
static void make_slug(struct html_page *page, struct map *taken)
{
    const struct report_run *run = page->run;
    struct slice source = slice_of(*run->file != '\0' ? run->file : run->name);
    struct slice prefix = SLICE("scenarios/");
    if (slice_starts_with(source, prefix))
        source = slice_skip(source, prefix.len);
    if (slice_ends_with_nocase(source, SLICE(".json")))
        source.len -= 5;
    char base[HTML_SLUG_BYTES - 16];
    size_t len = 0;
    for (size_t i = 0; i < source.len && len + 1 < sizeof base; i++) {
        char c = text_lower(source.data[i]);
        if (text_is_alnum(c))
            base[len++] = c;
        else if (len > 0 && base[len - 1] != '-')
            base[len++] = '-';
    }
    base[len] = '\0';
    snprintf(page->slug, sizeof page->slug, "%s", len > 0 ? base : "run");
    for (int n = 2; map_get_text(taken, page->slug) != NULL && n < SLUG_TRIES_MAX; n++)
        snprintf(page->slug, sizeof page->slug, "%s-%d", len > 0 ? base : "run", n);
    map_set_text(taken, page->slug, page);
}

/* How much of a run is shown: all there is in a suite of few; of many, less of those that passed.
 */
static struct html_bounds bounds_of(const struct report_suite *suite, bool passed)
{
    if (suite->run_count <= FEW_RUNS)
        return (struct html_bounds){.sessions = 60, .special = SIZE_MAX, .queries = 120};
    if (!passed)
        return (struct html_bounds){.sessions = 8, .special = SIZE_MAX, .queries = 120};
    return (struct html_bounds){.sessions = 3, .special = 8, .queries = 20};
}

/* The runs that passed, or the others. */
static void scenarios_that(struct html_page *page, struct map *slugs, bool passed)
{
    const struct report_suite *suite = page->suite;
    size_t opened = 0;
    page->bounds = bounds_of(suite, passed);
    for (size_t i = 0; i < suite->run_count; i++) {
        page->run = suite->runs[i];
        if (report_run_passed(page->run) != passed)
            continue;
        make_slug(page, slugs);
        bool open = suite->run_count == 1 || (!passed && opened < OPEN_AT_FIRST);
        opened += open;
        html_scenario(page, open);
    }
}

static void scenarios(struct html_page *page)
{
    struct map slugs = {0};
    buf_add_text(page->out, "<main id=\"scenarios\" tabindex=\"-1\">\n");
    scenarios_that(page, &slugs, false);
    scenarios_that(page, &slugs, true);
    buf_add_text(page->out, "</main>\n");
    map_deinit(&slugs, NULL);
}

void report_html_print(const struct report_suite *suite, const char *folder, struct buf *out)
{
    struct totals totals = count_all(suite);
    struct html_page page = {
        .out = out,
        .suite = suite,
        .folder = folder,
    };
    document_head(out, suite, &totals);
    header(out, suite, &totals);
    toolbar(out, suite, &totals);
    scenarios(&page);
    html_print(out,
               "<footer>Mailrange %s. Times are virtual: since the start of the run, in the world "
               "of the scenario. Packet numbers are those of capture.pcapng.</footer>\n<script>\n",
               suite->version != NULL ? suite->version : "");
    buf_add_text(out, report_page_js);
    buf_add_text(out, "</script>\n</body>\n</html>\n");
}

/* The folder of the page as the runs name theirs. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? mem_text_copy_n(path, (size_t)(slash - path)) : mem_text_copy("");
}

int report_html_write(const struct report_suite *suite, const char *path, struct err *err)
{
    struct buf out;
    buf_init(&out, PAGE_BYTES_MAX);
    char *folder = folder_of(path);
    report_html_print(suite, folder, &out);
    int result = buf_overflowed(&out) ? err_set(err, "%s: the report would be larger than %d MB",
                                                path, PAGE_BYTES_MAX / 1024 / 1024)
                                      : file_write(path, buf_slice(&out), err);
    free(folder);
    buf_deinit(&out);
    return result;
}
