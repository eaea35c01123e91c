#include "mta-under-test/refmta/app/dmarc_report_job.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/message/mailbox.h"
#include "mta-under-test/refmta/report/dmarc_report_mail.h"
#include "mta-under-test/refmta/report/report_mail.h"
#include "mta-under-test/refmta/server/server_check.h"

#include "mta-under-test/base/poison.h"

/* RFC 7489 6.2 leaves it to us how many addresses get one; a domain of good faith has two. */
enum { TARGETS_MAX = 5 };

struct job {
    struct dmarc_report_job_options options;
    struct arena arena;
    struct dmarc_report report;
    const char *domain;
    const char *hostname;
    const char *from;
    struct buf gzip;
    struct check *targets; /* where it goes */
    struct server_check *check;
    unsigned open; /* mails that are being stored, and the start */
    enum dmarc_report_end end;
};

static void job_leave(struct job *job)
{
    if (--job->open > 0)
        return;
    job->options.done(job->options.arg, job->domain, job->end);
    check_free(&job->targets);
    buf_deinit(&job->gzip);
    arena_deinit(&job->arena);
    free(job);
}

static void log_result(const struct job *job, const char *event, const char *to, const char *text)
{
    struct log_line line;
    log_begin(&line, job->options.sender->log, event);
    json_out_text(&line.json, "domain", job->domain);
    json_out_slice(&line.json, "report-id", job->report.report_id);
    if (to != NULL)
        json_out_text(&line.json, "to", to);
    if (text != NULL)
        json_out_text(&line.json, "text", text);
    log_end(&line);
}

static void on_queued(void *arg, int error)
{
    struct job *job = arg;
    if (error != 0) {
        job->end = DMARC_REPORT_LATER;
        log_result(job, "dmarc-report-failed", NULL, strerror(error));
    }
    job_leave(job);
}

static void send_to(struct job *job, const char *address)
{
    const struct dmarc_report_mail mail = {
        .from = job->from, .to = address, .submitter = job->hostname, .now_us = time_now_us()};
    struct buf text;
    buf_init(&text, REPORT_MAIL_BYTES_MAX);
    dmarc_report_mail_write(&mail, &job->report, buf_slice(&job->gzip), &text);
    log_result(job, "dmarc-report-sent", address, NULL);
    job->open++;
    report_sender_send(job->options.sender, job->from, address, &text, on_queued, job);
    buf_deinit(&text);
}

static void try_target(struct job *job, const struct check_target *target)
{
    struct mailbox mailbox;
    const char *problem = target->problem;
    if (problem == NULL && mailbox_parse(slice_of(target->address), false, &mailbox) != 0)
        problem = "that is no address";
    if (problem == NULL && target->bytes_max > 0 && job->gzip.len > target->bytes_max)
        problem = arena_format(&job->arena, "the report has %zu bytes, and only %llu are wanted",
                               job->gzip.len, (unsigned long long)target->bytes_max);
    if (problem == NULL) {
        send_to(job, target->address);
        return;
    }
    if (target->is_temporary)
        job->end = DMARC_REPORT_LATER;
    log_result(job, "dmarc-report-failed", target->address, problem);
}

/* Where DNS does not answer for one of several targets, the others get the report once all are
 * known: a second report of the same day would be counted twice. */
static void on_targets(void *arg)
{
    struct job *job = arg;
    struct check_target targets[TARGETS_MAX];
    bool failed = false;
    size_t count = check_targets(job->targets, &job->arena, targets, TARGETS_MAX, &failed);
    for (size_t i = 0; i < count; i++)
        failed = failed || targets[i].is_temporary;
    if (failed) {
        job->end = DMARC_REPORT_LATER;
        log_result(job, "dmarc-report-failed", NULL,
                   "DNS does not answer where it is wanted; it will be asked again");
    }
    for (size_t i = 0; i < count && !failed; i++)
        try_target(job, &targets[i]);
    job_leave(job);
}

void dmarc_report_job_start(const struct dmarc_report_job_options *options, struct arena *arena,
                            const struct dmarc_report *report)
{
    const struct config *config = options->config;
    struct job *job = mem_alloc(sizeof *job);
    job->options = *options;
    job->arena = *arena;
    job->report = *report;
    job->open = 1;
    job->domain = arena_text_of(&job->arena, report->domain);
    job->from = arena_text(&job->arena, config->dmarc_reports.from);
    job->hostname = arena_text(&job->arena, config->hostname);
    const char *name = config->dmarc_reports.organization;
    job->report.org_name = slice_of(arena_text(&job->arena, name != NULL ? name : job->hostname));
    job->report.email = slice_of(job->from);
    job->report.report_id = slice_of(arena_format(
        &job->arena, "%lld.%s@%s", (long long)report->begin_s, job->domain, job->hostname));
    buf_init(&job->gzip, REPORT_MAIL_BYTES_MAX / 2);
    if (!dmarc_report_compress(&job->report, &job->gzip)) {
        log_result(job, "dmarc-report-failed", NULL, "it is too long");
        job_leave(job);
        return;
    }
    job->targets = check_new_targets(job->domain);
    server_check_start(&job->check, job->targets, options->resolver, on_targets, job);
}
