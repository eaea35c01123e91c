#include "mta-under-test/refmta/app/tls_reporter.h"

#include "mta-under-test/base/rng.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/app/tls_report_job.h"

#include "mta-under-test/base/poison.h"

#define SPREAD_US (4 * TIME_HOUR)

struct tls_reporter {
    struct tls_reporter_options options;
    struct rng rng;
    struct event *timer;
    bool is_gathering;
    int64_t day_us; /* when the day began whose results these are */
    struct tls_results results;
};

static int64_t day_of(int64_t now_us)
{
    return now_us - now_us % TIME_DAY;
}

static void send_reports(struct tls_reporter *reporter)
{
    struct tls_report_job_options options = {
        .config = reporter->options.config,
        .log = reporter->options.log,
        .resolver = reporter->options.resolver,
        .https = reporter->options.https,
        .sender = *reporter->options.sender,
        .start_us = reporter->day_us,
        .end_us = reporter->day_us + TIME_DAY - TIME_SECOND,
    };
    struct tls_results results = reporter->results;
    tls_results_init(&reporter->results);
    reporter->is_gathering = false;
    for (struct map_entry *at = map_first(&results.domains); at != NULL; at = map_next(at)) {
        struct tlsrpt_report report = {0};
        struct arena arena = {0};
        if (tls_results_report(&results, map_key(at), &arena, &report))
            tls_report_job_start(&options, map_key(at), &report);
        arena_deinit(&arena);
    }
    tls_results_deinit(&results);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    send_reports(arg);
}

struct tls_reporter *tls_reporter_open(const struct tls_reporter_options *options)
{
    struct tls_reporter *reporter = mem_alloc(sizeof *reporter);
    reporter->options = *options;
    (void)config_hold(options->config);
    rng_init_salted(&reporter->rng, options->seed, "tls reports");
    reporter->timer = event_new(options->base, -1, 0, on_timer, reporter);
    tls_results_init(&reporter->results);
    return reporter;
}

void tls_reporter_close(struct tls_reporter **where)
{
    struct tls_reporter *reporter = *where;
    *where = NULL;
    if (reporter == NULL)
        return;
    event_free(reporter->timer);
    config_let_go(reporter->options.config);
    tls_results_deinit(&reporter->results);
    free(reporter);
}

/* The first session of a day sets the timer for the day's end. */
static void begin(struct tls_reporter *reporter, int64_t now_us)
{
    int64_t wait_us = day_of(now_us) + TIME_DAY - now_us +
                      (int64_t)rng_below(&reporter->rng, (uint64_t)SPREAD_US);
    struct timeval wait = {.tv_sec = (time_t)(wait_us / TIME_SECOND)};
    reporter->is_gathering = true;
    reporter->day_us = day_of(now_us);
    event_add(reporter->timer, &wait);
}

void tls_reporter_note(void *arg, const struct tls_session *session)
{
    struct tls_reporter *reporter = arg;
    int64_t now_us = time_now_us();
    /* A session of the new day while the old one's report still waits for its hour. */
    if (reporter->is_gathering && day_of(now_us) != reporter->day_us) {
        event_del(reporter->timer);
        send_reports(reporter);
    }
    if (!reporter->is_gathering)
        begin(reporter, now_us);
    tls_results_note(&reporter->results, session);
}
