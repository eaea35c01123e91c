#include "mta-under-test/base/file.h"
#include "mta-under-test/base/json_out.h"
#include "sim/check/check.h"
#include "sim/scenario/model/scenario_model.h"

#include "mta-under-test/base/poison.h"

enum {
    RESULTS_BYTES_MAX = 256 * 1024 * 1024, /* as much as reports read */
    RESULTS_DELIVERIES_MAX = 20000,
    RESULTS_TRIES_MAX = 200,        /* of one delivery */
    RESULTS_TRIES_ALL_MAX = 200000, /* of all together, but a few of each */
    RESULTS_TRIES_MIN = 5,
};

static void write_texts(struct json_out *out, const char *key, const char *const *texts,
                        size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++)
        json_out_text(out, NULL, texts[i]);
    json_out_end(out);
}

static void write_scenario(struct json_out *out, const struct check_report *report)
{
    const struct scenario *s = report->scenario;
    json_out_object(out, "scenario");
    json_out_text(out, "name", s->name);
    json_out_text(out, "file", s->label);
    json_out_text(out, "cell", s->cell);
    json_out_text(out, "about", s->about);
    write_texts(out, "tags", s->tags, s->tag_count);
    write_texts(out, "references", s->references, s->reference_count);
    json_out_int(out, "seed", (int64_t)s->seed);
    json_out_end(out);
}

static void write_run(struct json_out *out, const struct check_report *report)
{
    const struct check_history *h = report->history;
    json_out_object(out, "run");
    json_out_text(out, "mta", h->mta);
    json_out_text(out, "hostname", h->hostname);
    json_out_text(out, "clock", h->clock);
    json_out_text(out, "started", h->started);
    json_out_int(out, "seed", h->seed);
    json_out_text(out, "reason", h->reason);
    json_out_text(out, "detail", h->detail);
    json_out_int(out, "duration", h->end_us);
    json_out_end(out);
}

static void write_counts(struct json_out *out, const struct check_history *h)
{
    int64_t ends[CHECK_END_COUNT] = {0};
    int64_t attempts = 0;
    int64_t sessions = 0;
    for (size_t i = 0; i < h->delivery_count; i++) {
        ends[check_delivery_end(h->deliveries[i])]++;
        attempts += (int64_t)h->deliveries[i]->round_count;
    }
    for (size_t i = 0; i < h->host_count; i++)
        sessions += (int64_t)h->hosts[i]->counts[CHECK_CONNECTIONS].count;
    json_out_object(out, "counts");
    json_out_int(out, "messages", (int64_t)h->submitted_count);
    json_out_int(out, "recipients", (int64_t)h->delivery_count);
    for (size_t i = 0; i < CHECK_END_COUNT; i++)
        json_out_int(out, CHECK_END_WORDS[i], ends[i]);
    json_out_int(out, "attempts", attempts);
    json_out_int(out, "sessions", sessions);
    json_out_int(out, "queries", (int64_t)h->query_count);
    json_out_int(out, "events", (int64_t)h->event_count);
    json_out_end(out);
}

/* A time that may be none. */
static void write_time(struct json_out *out, const char *key, int64_t at_us)
{
    if (at_us >= 0)
        json_out_int(out, key, at_us);
    else
        json_out_null(out, key);
}

static void write_result(struct json_out *out, const struct check_result *result)
{
    json_out_object(out, NULL);
    if (result->name[0] != '\0')
        json_out_text(out, "name", result->name);
    json_out_text(out, "text", result->text);
    json_out_text(out, "place", result->place);
    json_out_text(out, "level", CHECK_LEVEL_WORDS[result->level]);
    json_out_text(out, "verdict", CHECK_VERDICT_WORDS[result->verdict]);
    json_out_text(out, "expected", result->expected);
    json_out_text(out, "actual", result->actual);
    json_out_text(out, "message", result->message);
    json_out_text(out, "recipient", result->recipient);
    json_out_text(out, "session", result->session);
    json_out_text(out, "rfc", result->rfc);
    write_time(out, "at", result->at_us);
    write_time(out, "seq", result->seq);
    write_time(out, "within", result->within_us);
    json_out_int(out, "count", (int64_t)result->count);
    json_out_int(out, "judged", (int64_t)result->judged);
    json_out_end(out);
}

static void write_results(struct json_out *out, const char *key, const struct check_result *results,
                          size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++)
        write_result(out, &results[i]);
    json_out_end(out);
}

static void write_findings(struct json_out *out, const struct check_report *report)
{
    json_out_array(out, "findings");
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct check_finding *finding = &report->findings[i];
        json_out_object(out, NULL);
        json_out_text(out, "level", finding->level);
        json_out_text(out, "what", finding->what);
        json_out_text(out, "text", finding->text);
        json_out_text(out, "rfc", finding->rfc);
        json_out_text(out, "session", finding->session);
        write_time(out, "at", finding->at_us);
        write_time(out, "seq", finding->seq);
        json_out_int(out, "count", (int64_t)finding->count);
        json_out_end(out);
    }
    json_out_end(out);
}

/* A host that was away may have been tried a hundred times for each of ten thousand messages. */
static size_t tries_shown(size_t deliveries)
{
    size_t each = deliveries > 0 ? RESULTS_TRIES_ALL_MAX / deliveries : RESULTS_TRIES_MAX;
    if (each < RESULTS_TRIES_MIN)
        return RESULTS_TRIES_MIN;
    return each < RESULTS_TRIES_MAX ? each : RESULTS_TRIES_MAX;
}

static void write_attempts(struct json_out *out, const struct check_delivery *d, size_t max)
{
    json_out_array(out, "tries");
    for (size_t i = 0; i < d->attempt_count && i < max; i++) {
        const struct check_attempt *attempt = &d->attempts[i];
        json_out_object(out, NULL);
        json_out_int(out, "at", attempt->at_us);
        json_out_text(out, "host", attempt->host);
        json_out_text(out, "session", attempt->session);
        json_out_text(out, "stage", attempt->stage);
        json_out_int(out, "code", attempt->code);
        json_out_text(out, "text", attempt->text);
        json_out_text(out, "outcome", CHECK_OUTCOME_WORDS[attempt->outcome]);
        json_out_bool(out, "retry", attempt->first_of_round && i > 0);
        json_out_int(out, "seq", attempt->seq);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_bounce(struct json_out *out, const struct check_notice *bounce)
{
    if (bounce == NULL)
        return;
    json_out_object(out, "bounce");
    json_out_int(out, "at", bounce->at_us);
    json_out_text(out, "session", bounce->session);
    json_out_text(out, "status", bounce->status);
    json_out_text(out, "diagnostic", bounce->diagnostic);
    json_out_text(out, "remote-mta", bounce->remote_mta);
    json_out_text(out, "reporting-mta", bounce->reporting_mta);
    json_out_int(out, "seq", bounce->seq);
    json_out_end(out);
}

static void write_delivery(struct json_out *out, const struct check_delivery *d, size_t tries)
{
    json_out_object(out, NULL);
    json_out_text(out, "message", d->message);
    json_out_text(out, "from", d->from);
    json_out_text(out, "to", d->to);
    json_out_int(out, "submitted", d->submitted_us);
    write_time(out, "accepted", d->accepted_us);
    json_out_text(out, "end", CHECK_END_WORDS[check_delivery_end(d)]);
    write_time(out, "ended", check_delivery_end_us(d));
    json_out_text(out, "host", d->copy_count > 0 ? d->copies[0].host : "");
    json_out_text(out, "session", d->copy_count > 0 ? d->copies[0].session : "");
    json_out_text(out, "tls", d->copy_count > 0 ? d->copies[0].tls : "");
    if (d->copy_count > 0)
        check_auth_write(d->copies[0].auth, out);
    json_out_int(out, "copies", (int64_t)d->copy_count);
    json_out_int(out, "warnings", (int64_t)d->warning_count);
    json_out_int(out, "attempts", (int64_t)d->round_count);
    json_out_text(out, "refusal", d->refusal);
    write_bounce(out, check_delivery_bounce(d));
    write_attempts(out, d, tries);
    json_out_end(out);
}

static void write_deliveries(struct json_out *out, const struct check_history *h)
{
    size_t shown =
        h->delivery_count < RESULTS_DELIVERIES_MAX ? h->delivery_count : RESULTS_DELIVERIES_MAX;
    json_out_array(out, "deliveries");
    for (size_t i = 0; i < shown; i++)
        write_delivery(out, h->deliveries[i], tries_shown(shown));
    json_out_end(out);
    json_out_int(out, "deliveries-left-out", (int64_t)(h->delivery_count - shown));
}

int check_results_write(const struct check_report *report, const char *path, struct err *err)
{
    struct buf bytes;
    struct json_out out;
    buf_init(&bytes, RESULTS_BYTES_MAX);
    json_out_init_pretty(&out, &bytes);
    json_out_object(&out, NULL);
    json_out_int(&out, "version", 1);
    json_out_text(&out, "verdict", CHECK_VERDICT_WORDS[report->verdict]);
    json_out_text(&out, "problem", report->problem);
    write_scenario(&out, report);
    write_run(&out, report);
    write_counts(&out, report->history);
    write_results(&out, "expectations", report->expectations, report->expectation_count);
    write_results(&out, "invariants", report->invariants, report->invariant_count);
    write_findings(&out, report);
    write_deliveries(&out, report->history);
    json_out_end(&out);
    buf_add_char(&bytes, '\n');
    int result = buf_overflowed(&bytes) ? err_set(err, "%s: the results are too large", path)
                                        : file_write(path, buf_slice(&bytes), err);
    buf_deinit(&bytes);
    return result;
}
