#include "mta-under-test/refmta/app/dmarc_reporter.h"

#include "mta-under-test/base/rng.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/app/dmarc_report_job.h"
#include "mta-under-test/refmta/report/dmarc_tally.h"

#include "mta-under-test/base/poison.h"

#define SPREAD_US (4 * TIME_HOUR)
#define AGAIN_US TIME_HOUR
#define TRY_FOR_US (2 * TIME_DAY) /* behind the end of the day */

struct dmarc_reporter {
    struct dmarc_reporter_options options;
    struct rng rng;
    struct event *timer;
    struct dmarc_tally *tally;
    int64_t day_us; /* whose reports are under way */
    unsigned open;  /* how many of them, and one while they start */
};

static void set_timer(struct dmarc_reporter *reporter, int64_t due_us)
{
    int64_t wait_us = due_us - time_now_us();
    struct timeval wait = {.tv_sec = (time_t)(wait_us > 0 ? wait_us / TIME_SECOND + 1 : 1)};
    event_add(reporter->timer, &wait);
}

/* For the oldest day, if there is one. */
static void plan(struct dmarc_reporter *reporter)
{
    int64_t day_us = dmarc_tally_first_day_us(reporter->tally);
    if (day_us != INT64_MAX)
        set_timer(reporter,
                  day_us + TIME_DAY + (int64_t)rng_below(&reporter->rng, (uint64_t)SPREAD_US));
}

static void log_problem(const struct dmarc_reporter *reporter, int result, const struct err *err)
{
    if (result != 0)
        log_text(reporter->options.log, "dmarc-report-failed", "%s", err->text);
}

static void leave(struct dmarc_reporter *reporter)
{
    if (--reporter->open > 0)
        return;
    if (dmarc_tally_first_day_us(reporter->tally) == reporter->day_us)
        set_timer(reporter, time_now_us() + AGAIN_US);
    else
        plan(reporter);
}

static void on_done(void *arg, const char *domain, enum dmarc_report_end end)
{
    struct dmarc_reporter *reporter = arg;
    struct err err = {.text = ""};
    bool is_late = time_now_us() > reporter->day_us + TIME_DAY + TRY_FOR_US;
    if (end == DMARC_REPORT_DONE || is_late)
        log_problem(reporter, dmarc_tally_done(reporter->tally, reporter->day_us, domain, &err),
                    &err);
    leave(reporter);
}

static void start_report(struct dmarc_reporter *reporter, const char *domain)
{
    const struct dmarc_report_job_options options = {
        .config = reporter->options.config,
        .resolver = reporter->options.resolver,
        .sender = reporter->options.sender,
        .done = on_done,
        .arg = reporter,
    };
    struct arena arena = {0};
    struct dmarc_report report;
    dmarc_tally_report(reporter->tally, reporter->day_us, domain, &arena, &report);
    dmarc_report_job_start(&options, &arena, &report);
}

struct names {
    struct arena arena;
    const char **list;
    size_t count;
};

static void count_name(void *arg, const char *domain)
{
    (void)domain;
    ((struct names *)arg)->count++;
}

static void add_name(void *arg, const char *domain)
{
    struct names *names = arg;
    names->list[names->count++] = arena_text(&names->arena, domain);
}

/* All domains of the day. A report that is done takes its domain out of the tally, so the names
 * are copied first. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct dmarc_reporter *reporter = arg;
    struct names names = {.count = 0};
    (void)fd;
    (void)what;
    reporter->day_us = dmarc_tally_first_day_us(reporter->tally);
    dmarc_tally_each(reporter->tally, reporter->day_us, count_name, &names);
    names.list = arena_alloc_array(&names.arena, names.count + 1, sizeof *names.list);
    names.count = 0;
    dmarc_tally_each(reporter->tally, reporter->day_us, add_name, &names);
    reporter->open = 1;
    for (size_t i = 0; i < names.count; i++) {
        reporter->open++;
        start_report(reporter, names.list[i]);
    }
    arena_deinit(&names.arena);
    leave(reporter);
}

struct dmarc_reporter *dmarc_reporter_open(const struct dmarc_reporter_options *options,
                                           struct err *err)
{
    struct dmarc_reporter *reporter = mem_alloc(sizeof *reporter);
    char *path = mem_text_format("%s/dmarc-results", options->config->spool);
    reporter->options = *options;
    (void)config_hold(options->config);
    rng_init_salted(&reporter->rng, options->seed, "dmarc reports");
    reporter->timer = event_new(options->base, -1, 0, on_timer, reporter);
    reporter->tally = dmarc_tally_open(path, err);
    free(path);
    if (reporter->tally == NULL)
        dmarc_reporter_close(&reporter);
    else
        plan(reporter);
    return reporter;
}

void dmarc_reporter_close(struct dmarc_reporter **where)
{
    struct dmarc_reporter *reporter = *where;
    *where = NULL;
    if (reporter == NULL)
        return;
    event_free(reporter->timer);
    dmarc_tally_close(&reporter->tally);
    config_let_go(reporter->options.config);
    free(reporter);
}

void dmarc_reporter_note(void *arg, const struct dmarc_report *one)
{
    struct dmarc_reporter *reporter = arg;
    struct err err = {.text = ""};
    log_problem(reporter, dmarc_tally_add(reporter->tally, one, time_now_us(), &err), &err);
    if (reporter->open == 0 && !event_pending(reporter->timer, EV_TIMEOUT, NULL))
        plan(reporter);
}
