#include "sim/policy/policy_report.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"
#include "sim/value/address.h"

#include "mta-under-test/base/poison.h"

/* A report that is being judged. */
struct policy_judgement {
    const struct policy_delivery *delivery;
    struct arena arena;
    const char *problem; /* the first one; "" */
    struct slice organization;
    struct slice id;
    struct tlsrpt_report tls;
    struct dmarc_report dmarc;
};

static void policy_report_blame(struct policy_judgement *judgement, const char *problem)
{
    if (judgement->problem[0] == '\0')
        judgement->problem = problem;
}

static void policy_report_need(struct policy_judgement *judgement, struct slice value,
                               const char *name)
{
    if (value.len == 0)
        policy_report_blame(judgement,
                            arena_format(&judgement->arena, "%s is missing or empty", name));
}

/* The value must be one of the words; they end with NULL. */
static void policy_report_need_word(struct policy_judgement *judgement, struct slice value,
                                    const char *name, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (slice_is(value, words[i]))
            return;
    }
    policy_report_blame(judgement, arena_format(&judgement->arena, "%s \"%.*s\" is unknown", name,
                                                SLICE_ARG(value)));
}

static bool policy_bytes_are_gzip(struct slice bytes)
{
    return slice_starts_with(bytes, SLICE("\x1f\x8b"));
}

/* The type without its parameters. */
static struct slice policy_type_of(struct slice type)
{
    size_t end = slice_find(type, ';');
    return slice_trim(end == SIZE_MAX ? type : slice_first(type, end));
}

/* ---- TLS reports */

/* RFC 8460 section 5.4: the type says whether it is compressed. */
static void policy_judge_tls_type(struct policy_judgement *judgement)
{
    struct slice type = policy_type_of(judgement->delivery->type);
    bool gzip = policy_bytes_are_gzip(judgement->delivery->bytes);
    if (!slice_is_nocase(type, "application/tlsrpt+gzip") &&
        !slice_is_nocase(type, "application/tlsrpt+json"))
        policy_report_blame(judgement,
                            arena_format(&judgement->arena,
                                         "Content-Type \"%.*s\", not application/tlsrpt+gzip or "
                                         "application/tlsrpt+json",
                                         SLICE_ARG(type)));
    else if (gzip != slice_is_nocase(type, "application/tlsrpt+gzip"))
        policy_report_blame(judgement, gzip ? "compressed, but the Content-Type says it is not"
                                            : "not compressed, but the Content-Type says it is");
}

static void policy_judge_tls_policy(struct policy_judgement *judgement,
                                    const struct tlsrpt_policy *policy)
{
    struct arena *arena = &judgement->arena;
    uint64_t failed = 0;
    if (!slice_is_nocase(policy->domain, judgement->delivery->domain))
        policy_report_blame(judgement,
                            arena_format(arena, "it is about %.*s", SLICE_ARG(policy->domain)));
    if (!slice_is(policy->type, "sts") && !slice_is(policy->type, "tlsa") &&
        !slice_is(policy->type, "no-policy-found"))
        policy_report_blame(judgement, arena_format(arena, "policy-type \"%.*s\" is unknown",
                                                    SLICE_ARG(policy->type)));
    for (size_t i = 0; i < policy->failure_count; i++) {
        failed += policy->failures[i].failed_sessions;
        if (!tlsrpt_result_type_is_known(policy->failures[i].result_type))
            policy_report_blame(judgement,
                                arena_format(arena, "result-type \"%.*s\" is unknown",
                                             SLICE_ARG(policy->failures[i].result_type)));
    }
    if (policy->failure_count > 0 && failed > policy->failed_sessions)
        policy_report_blame(judgement, "the failure details count more sessions than failed");
}

/* What every report says (RFC 8460 section 4.4): only what is told there is optional. */
static void policy_judge_tls_head(struct policy_judgement *judgement)
{
    const struct tlsrpt_report *report = &judgement->tls;
    int64_t start_us = 0;
    int64_t end_us = 0;
    policy_report_need(judgement, report->organization_name, "organization-name");
    policy_report_need(judgement, report->contact_info, "contact-info");
    if (time_from_rfc3339(report->start, &start_us) != 0 ||
        time_from_rfc3339(report->end, &end_us) != 0)
        policy_report_blame(judgement, "date-range has not two times as RFC 3339 has them "
                                       "(start-datetime, end-datetime)");
    else if (end_us < start_us)
        policy_report_blame(judgement, "it ends before it begins");
}

static void policy_judge_tls(struct policy_judgement *judgement)
{
    const struct policy_delivery *delivery = judgement->delivery;
    struct tlsrpt_report *report = &judgement->tls;
    struct slice json = delivery->bytes;
    struct buf text;
    struct err err;
    policy_judge_tls_type(judgement);
    buf_init(&text, TLSRPT_BYTES_MAX);
    if (policy_bytes_are_gzip(json)) {
        if (dmarc_report_gunzip(json, TLSRPT_BYTES_MAX, &text) != 0)
            policy_report_blame(judgement, "cannot be uncompressed");
        json = buf_slice(&text);
    }
    if (tlsrpt_report_read(&judgement->arena, json, report, &err) != 0)
        policy_report_blame(judgement, arena_text(&judgement->arena, err.text));
    else
        policy_judge_tls_head(judgement);
    buf_deinit(&text);
    judgement->organization = report->organization_name;
    judgement->id = report->report_id;
    if (judgement->problem[0] == '\0' && report->count == 0)
        policy_report_blame(judgement, "it has no policies");
    for (size_t i = 0; i < report->count; i++)
        policy_judge_tls_policy(judgement, &report->policies[i]);
}

static void policy_write_tls(const struct policy_judgement *judgement, struct json_out *event)
{
    uint64_t successful = 0;
    uint64_t failed = 0;
    json_out_array(event, "policies");
    for (size_t i = 0; i < judgement->tls.count; i++) {
        const struct tlsrpt_policy *policy = &judgement->tls.policies[i];
        json_out_slice(event, NULL, policy->type);
        successful += policy->successful_sessions;
        failed += policy->failed_sessions;
    }
    json_out_end(event);
    json_out_int(event, "successful", (int64_t)successful);
    json_out_int(event, "failed", (int64_t)failed);
    json_out_array(event, "results");
    for (size_t i = 0; i < judgement->tls.count; i++) {
        const struct tlsrpt_policy *policy = &judgement->tls.policies[i];
        for (size_t k = 0; k < policy->failure_count; k++)
            json_out_slice(event, NULL, policy->failures[k].result_type);
    }
    json_out_end(event);
}

/* ---- DMARC reports */

/* RFC 7489 appendix C, RFC 9990 appendix A. */
static void policy_judge_dmarc_row(struct policy_judgement *judgement,
                                   const struct dmarc_report_row *row)
{
    static const char *const RESULTS[] = {"pass", "fail", NULL};
    static const char *const OLD_DISPOSITIONS[] = {"none", "quarantine", "reject", NULL};
    static const char *const DISPOSITIONS[] = {"none", "quarantine", "reject", "pass", NULL};
    struct address address;
    if (address_from_text(row->source_ip, &address) != 0)
        policy_report_blame(judgement,
                            arena_format(&judgement->arena, "<source_ip> \"%.*s\" is no address",
                                         SLICE_ARG(row->source_ip)));
    if (row->count == 0)
        policy_report_blame(judgement, "a <row> without a <count> above 0");
    policy_report_need_word(judgement, row->disposition, "<disposition>",
                            judgement->dmarc.form == DMARC_RFC7489 ? OLD_DISPOSITIONS
                                                                   : DISPOSITIONS);
    policy_report_need_word(judgement, row->dkim, "<policy_evaluated><dkim>", RESULTS);
    policy_report_need_word(judgement, row->spf, "<policy_evaluated><spf>", RESULTS);
    policy_report_need(judgement, row->header_from, "<header_from>");
}

static void policy_judge_dmarc(struct policy_judgement *judgement)
{
    struct dmarc_report *report = &judgement->dmarc;
    struct err err;
    if (dmarc_report_read(&judgement->arena, judgement->delivery->bytes, report, &err) != 0) {
        policy_report_blame(judgement, arena_text(&judgement->arena, err.text));
        return;
    }
    judgement->organization = report->org_name;
    judgement->id = report->report_id;
    if (!slice_is_nocase(report->domain, judgement->delivery->domain))
        policy_report_blame(judgement, arena_format(&judgement->arena, "it is about %.*s",
                                                    SLICE_ARG(report->domain)));
    if (report->count == 0)
        policy_report_blame(judgement, "it has no records");
    policy_report_need(judgement, report->org_name, "<org_name>");
    policy_report_need(judgement, report->email, "<email>");
    policy_report_need(judgement, report->p, "the policy's <p>");
    if (report->begin_s <= 0 || report->end_s <= 0)
        policy_report_blame(judgement, "<date_range> has not a <begin> and an <end>");
    if (report->begin_s > report->end_s)
        policy_report_blame(judgement, "it ends before it begins");
    for (size_t i = 0; i < report->count; i++)
        policy_judge_dmarc_row(judgement, &report->rows[i]);
}

static void policy_write_dmarc(const struct policy_judgement *judgement, struct json_out *event)
{
    uint64_t messages = 0;
    for (size_t i = 0; i < judgement->dmarc.count; i++)
        messages += judgement->dmarc.rows[i].count;
    json_out_int(event, "rows", (int64_t)judgement->dmarc.count);
    json_out_int(event, "messages", (int64_t)messages);
}

/* ---- both */

static const struct {
    const char *word;
    void (*judge)(struct policy_judgement *judgement);
    void (*write)(const struct policy_judgement *judgement, struct json_out *event);
} POLICY_REPORTS[] = {
    [POLICY_REPORT_TLS] = {"tls", policy_judge_tls, policy_write_tls},
    [POLICY_REPORT_DMARC] = {"dmarc", policy_judge_dmarc, policy_write_dmarc},
};

bool policy_report_take(struct event_log *log, const struct policy_delivery *delivery)
{
    struct policy_judgement judgement = {
        .delivery = delivery, .problem = delivery->problem != NULL ? delivery->problem : ""};
    POLICY_REPORTS[delivery->kind].judge(&judgement);
    bool valid = judgement.problem[0] == '\0';
    if (log != NULL) {
        struct json_out *event = event_begin(log, "policy", "report", NULL);
        json_out_text(event, "type", POLICY_REPORTS[delivery->kind].word);
        json_out_text(event, "via", delivery->via);
        json_out_text(event, "to", delivery->to);
        json_out_text(event, "domain", delivery->domain);
        json_out_slice(event, "organization", judgement.organization);
        json_out_slice(event, "id", judgement.id);
        json_out_bool(event, "valid", valid);
        json_out_text(event, "problem", judgement.problem);
        POLICY_REPORTS[delivery->kind].write(&judgement, event);
        event_end(log);
    }
    arena_deinit(&judgement.arena);
    return valid;
}
