#include "mta-under-test/refmta/app/tls_report_job.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/app/https_post.h"
#include "mta-under-test/refmta/report/report_mail.h"
#include "mta-under-test/refmta/report/tls_report.h"

#include "mta-under-test/base/poison.h"

enum { URIS_MAX = 10, RECORDS_MAX = 20 };

struct job {
    struct tls_report_job_options options;
    struct arena arena;
    const char *domain;
    const char *from;
    const char *hostname;
    struct tlsrpt_report report; /* only its id: the rest is in `gzip` */
    struct buf gzip;
    unsigned users; /* posts on their way, and the start */
};

/* A report on its way to one https: URI. */
struct post {
    struct job *job;
    char *url;
};

static void job_leave(struct job *job)
{
    if (--job->users > 0)
        return;
    buf_deinit(&job->gzip);
    arena_deinit(&job->arena);
    free(job);
}

static void log_result(const struct job *job, const char *event, const char *to, const char *text)
{
    struct log_line line;
    log_begin(&line, job->options.log, event);
    json_out_text(&line.json, "domain", job->domain);
    json_out_slice(&line.json, "report-id", job->report.report_id);
    json_out_text(&line.json, "to", to);
    if (text != NULL)
        json_out_text(&line.json, "text", text);
    log_end(&line);
}

/* --- by HTTPS -------------------------------------------------------------------------------- */

static void on_posted(void *arg, const struct https_response *response)
{
    struct post *post = arg;
    char text[64];
    snprintf(text, sizeof text, "the answer is %d", response->status);
    if (response->status / 100 == 2)
        log_result(post->job, "tls-report-sent", post->url, NULL);
    else
        log_result(post->job, "tls-report-failed", post->url,
                   response->status != 0 ? text : response->problem);
    job_leave(post->job);
    free(post->url);
    free(post);
}

static void send_by_https(struct job *job, struct slice uri)
{
    struct post *post = mem_alloc(sizeof *post);
    *post = (struct post){job, mem_text_copy_n(uri.data, uri.len)};
    const struct https_post request = {
        .resolver = job->options.resolver,
        .client = job->options.https,
        .url = post->url,
        .content_type = "application/tlsrpt+gzip",
        .body = buf_slice(&job->gzip),
        .done = on_posted,
        .arg = post,
    };
    job->users++;
    https_post_start(&request);
}

/* --- by mail --------------------------------------------------------------------------------- */

static void on_queued(void *arg, int error)
{
    (void)arg;
    (void)error; /* a report that cannot be stored is lost; tomorrow there is another */
}

static void send_by_mail(struct job *job, struct slice uri)
{
    struct slice to = slice_skip(uri, strlen("mailto:"));
    size_t end = 0;
    while (end < to.len && strchr("?!", to.data[end]) == NULL)
        end++;
    const char *address = arena_text_of(&job->arena, slice_first(to, end));
    struct tls_report_mail mail = {.from = job->from,
                                   .to = address,
                                   .domain = job->domain,
                                   .submitter = job->hostname,
                                   .start_us = job->options.start_us,
                                   .end_us = job->options.end_us,
                                   .now_us = time_now_us()};
    struct buf text;
    buf_init(&text, REPORT_MAIL_BYTES_MAX);
    tls_report_mail_write(&mail, &job->report, buf_slice(&job->gzip), &text);
    report_sender_send(&job->options.sender, job->from, address, &text, on_queued, NULL);
    log_result(job, "tls-report-sent", address, NULL);
    buf_deinit(&text);
}

/* --- the job --------------------------------------------------------------------------------- */

static void on_record(void *arg, const struct resolver_result *result)
{
    struct job *job = arg;
    struct slice texts[RECORDS_MAX];
    struct slice uris[URIS_MAX];
    size_t count = 0;
    for (size_t i = 0; result->status == RESOLVER_FOUND && i < result->answer.count; i++)
        if (count < RECORDS_MAX)
            texts[count++] = result->answer.records[i].text;
    count = tls_report_targets(texts, count, uris, URIS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (slice_starts_with_nocase(uris[i], SLICE("https://")))
            send_by_https(job, uris[i]);
        else if (slice_starts_with_nocase(uris[i], SLICE("mailto:")))
            send_by_mail(job, uris[i]);
    }
    job_leave(job);
}

static void complete(struct job *job, const struct config *config, struct tlsrpt_report *report)
{
    char start[TIME_TEXT_BYTES];
    char end[TIME_TEXT_BYTES];
    struct arena *arena = &job->arena;
    job->from = arena_text(arena, config->tls_reports_from);
    job->hostname = arena_text(arena, config->hostname);
    report->organization_name = slice_of(arena_text(
        arena, config->tls_reports_name != NULL ? config->tls_reports_name : config->hostname));
    report->contact_info = slice_of(job->from);
    report->start = slice_of(arena_text(arena, time_to_rfc3339(job->options.start_us, start)));
    report->end = slice_of(arena_text(arena, time_to_rfc3339(job->options.end_us, end)));
    report->report_id =
        slice_of(arena_format(arena, "%lld.%s@%s", (long long)(job->options.start_us / TIME_SECOND),
                              job->domain, job->hostname));
    job->report = *report;
}

void tls_report_job_start(const struct tls_report_job_options *options, const char *domain,
                          struct tlsrpt_report *report)
{
    struct job *job = mem_alloc(sizeof *job);
    job->options = *options;
    job->users = 1;
    job->domain = arena_text(&job->arena, domain);
    buf_init(&job->gzip, TLS_REPORT_BYTES_MAX);
    complete(job, options->config, report);
    if (!tls_report_compress(report, &job->gzip)) {
        log_result(job, "tls-report-failed", domain, "it is too long");
        job_leave(job);
        return;
    }
    char *name = mem_text_format("_smtp._tls.%s", domain);
    resolver_ask(options->resolver, name, DNS_TYPE_TXT, on_record, job);
    free(name);
}
