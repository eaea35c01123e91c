#include "mta-under-test/refmta/app/tls_report_job.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/report/report_mail.h"
#include "mta-under-test/refmta/report/tls_report.h"

#include "mta-under-test/base/poison.h"

enum {
    URIS_MAX = 10,
    RECORDS_MAX = 20,
    ADDRESSES_MAX = 8,
    ANSWER_BYTES_MAX = 65536,
    HTTPS_PORT = 443,
};

#define POST_TIMEOUT_US TIME_MINUTE

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
    char *host;
    struct ip_address addresses[ADDRESSES_MAX];
    size_t address_count;
    unsigned open; /* questions about addresses */
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

static void post_free(struct post *post)
{
    job_leave(post->job);
    free(post->url);
    free(post->host);
    free(post);
}

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
    post_free(post);
}

static void on_address(void *arg, const struct resolver_result *result)
{
    struct post *post = arg;
    for (size_t i = 0; result->status == RESOLVER_FOUND && i < result->answer.count; i++)
        if (post->address_count < ADDRESSES_MAX)
            post->addresses[post->address_count++] = result->answer.records[i].address;
    if (--post->open > 0)
        return;
    struct https_request request = {
        .url = post->url,
        .host = post->host,
        .port = HTTPS_PORT,
        .addresses = post->addresses,
        .address_count = post->address_count,
        .content_type = "application/tlsrpt+gzip",
        .body = buf_slice(&post->job->gzip),
        .bytes_max = ANSWER_BYTES_MAX,
        .timeout_us = POST_TIMEOUT_US,
        .done = on_posted,
        .arg = post,
    };
    if (post->address_count > 0) {
        https_client_ask(post->job->options.https, &request);
        return;
    }
    log_result(post->job, "tls-report-failed", post->url, "the host has no address");
    post_free(post);
}

static void send_by_https(struct job *job, struct slice uri)
{
    struct slice host = slice_skip(uri, strlen("https://"));
    size_t len = 0;
    while (len < host.len && strchr("/?#:", host.data[len]) == NULL)
        len++;
    struct post *post = mem_alloc(sizeof *post);
    post->job = job;
    post->url = mem_text_copy_n(uri.data, uri.len);
    post->host = mem_text_copy_n(host.data, len);
    post->open = 2;
    job->users++;
    resolver_ask(job->options.resolver, post->host, DNS_TYPE_AAAA, on_address, post);
    resolver_ask(job->options.resolver, post->host, DNS_TYPE_A, on_address, post);
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
