#include "mta-under-test/mailauth/tool/tool_report.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_external.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_DAY_S = 86400 };

/* <auth_results> of one kind. Of its texts, what is not there is not printed. */
static void tool_dmarc_results(struct json_out *json, const char *key,
                               const struct dmarc_report_result *results, size_t count)
{
    json_out_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_out_object(json, NULL);
        json_out_slice(json, "domain", results[i].domain);
        if (results[i].selector.len > 0)
            json_out_slice(json, "selector", results[i].selector);
        if (results[i].scope.len > 0)
            json_out_slice(json, "scope", results[i].scope);
        json_out_slice(json, "result", results[i].result);
        json_out_end(json);
    }
    json_out_end(json);
}

static void tool_dmarc_reasons(struct json_out *json, const struct dmarc_report_row *row)
{
    json_out_array(json, "reasons");
    for (size_t i = 0; i < row->reason_count; i++) {
        json_out_object(json, NULL);
        json_out_slice(json, "type", row->reasons[i].type);
        json_out_slice(json, "comment", row->reasons[i].comment);
        json_out_end(json);
    }
    json_out_end(json);
}

static void tool_dmarc_rows(struct json_out *json, const struct dmarc_report *report)
{
    json_out_array(json, "records");
    for (size_t i = 0; i < report->count; i++) {
        const struct dmarc_report_row *row = &report->rows[i];
        json_out_object(json, NULL);
        json_out_slice(json, "source_ip", row->source_ip);
        json_out_int(json, "count", (int64_t)row->count);
        json_out_slice(json, "disposition", row->disposition);
        json_out_slice(json, "dkim", row->dkim);
        json_out_slice(json, "spf", row->spf);
        json_out_slice(json, "header_from", row->header_from);
        json_out_slice(json, "envelope_from", row->envelope_from);
        tool_dmarc_reasons(json, row);
        tool_dmarc_results(json, "dkim_results", row->dkim_results, row->dkim_count);
        tool_dmarc_results(json, "spf_results", row->spf_results, row->spf_count);
        json_out_end(json);
    }
    json_out_end(json);
}

static int tool_read_dmarc(struct tool *tool, struct slice bytes, struct err *err)
{
    struct dmarc_report report;
    struct json_out *json = &tool->json;
    if (dmarc_report_read(&tool->arena, bytes, &report, err) != 0)
        return -1;
    json_out_object(json, NULL);
    json_out_text(json, "kind", "dmarc-aggregate");
    json_out_slice(json, "org_name", report.org_name);
    json_out_slice(json, "report_id", report.report_id);
    json_out_int(json, "begin", report.begin_s);
    json_out_int(json, "end", report.end_s);
    json_out_slice(json, "domain", report.domain);
    json_out_slice(json, "p", report.p);
    json_out_slice(json, "sp", report.sp);
    json_out_slice(json, "adkim", report.adkim);
    json_out_slice(json, "aspf", report.aspf);
    json_out_slice(json, "fo", report.fo);
    json_out_slice(json, "error", report.error);
    json_out_text(json, "form", report.form == DMARC_RFC7489 ? "RFC 7489" : "RFC 9990");
    if (report.form == DMARC_RFC7489) {
        json_out_slice(json, "pct", report.pct);
    } else {
        json_out_slice(json, "np", report.np);
        json_out_slice(json, "testing", report.testing);
        json_out_slice(json, "discovery_method", report.discovery_method);
        json_out_slice(json, "generator", report.generator);
    }
    tool_dmarc_rows(json, &report);
    json_out_end(json);
    return 0;
}

static void tool_tls_failures(struct json_out *json, const struct tlsrpt_policy *policy)
{
    json_out_array(json, "failures");
    for (size_t i = 0; i < policy->failure_count; i++) {
        const struct tlsrpt_failure *failure = &policy->failures[i];
        json_out_object(json, NULL);
        json_out_slice(json, "result_type", failure->result_type);
        json_out_bool(json, "known", tlsrpt_result_type_is_known(failure->result_type));
        json_out_int(json, "count", (int64_t)failure->failed_sessions);
        json_out_slice(json, "mx", failure->receiving_mx_hostname);
        json_out_end(json);
    }
    json_out_end(json);
}

static int tool_read_tls(struct tool *tool, struct slice bytes, struct err *err)
{
    struct tlsrpt_report report;
    struct json_out *json = &tool->json;
    if (tlsrpt_report_read(&tool->arena, bytes, &report, err) != 0)
        return -1;
    json_out_object(json, NULL);
    json_out_text(json, "kind", "tls");
    json_out_slice(json, "org_name", report.organization_name);
    json_out_slice(json, "report_id", report.report_id);
    json_out_slice(json, "begin", report.start);
    json_out_slice(json, "end", report.end);
    json_out_array(json, "policies");
    for (size_t i = 0; i < report.count; i++) {
        json_out_object(json, NULL);
        json_out_slice(json, "type", report.policies[i].type);
        json_out_slice(json, "domain", report.policies[i].domain);
        json_out_int(json, "successful", (int64_t)report.policies[i].successful_sessions);
        json_out_int(json, "failed", (int64_t)report.policies[i].failed_sessions);
        tool_tls_failures(json, &report.policies[i]);
        json_out_end(json);
    }
    json_out_end(json);
    json_out_end(json);
    return 0;
}

int tool_report(struct tool *tool, struct err *err)
{
    struct buf bytes;
    struct buf unpacked;
    if (tool->args.file_count != 1)
        return err_set(err, "expected one report file, found %zu", tool->args.file_count);
    buf_init(&bytes, TOOL_MESSAGE_BYTES_MAX);
    buf_init(&unpacked, TOOL_MESSAGE_BYTES_MAX);
    int status = file_read(tool->args.files[0], &bytes, err);
    if (status == 0 &&
        dmarc_report_gunzip(buf_slice(&bytes), DMARC_REPORT_BYTES_MAX, &unpacked) != 0) {
        buf_reset(&unpacked);
        buf_add_slice(&unpacked, buf_slice(&bytes));
    }
    struct slice text = slice_trim(buf_slice(&unpacked));
    if (status == 0)
        status = slice_starts_with(text, SLICE("{")) ? tool_read_tls(tool, text, err)
                                                     : tool_read_dmarc(tool, text, err);
    buf_deinit(&unpacked);
    buf_deinit(&bytes);
    return status;
}

/* The results of the checks, as <auth_results> has them. */
static void tool_fill_results(struct tool *tool, const struct auth_request *request,
                              const struct auth_outcome *outcome, struct dmarc_report_row *row)
{
    /* RFC 9990 knows no other identity than MAIL FROM; with a null one that stands for HELO. */
    bool is_helo = outcome->spf.identity == SPF_IDENTITY_HELO;
    const struct dkim_outcomes *dkim = &outcome->dkim;
    size_t count = dkim->count < DMARC_REPORT_RESULTS_MAX ? dkim->count : DMARC_REPORT_RESULTS_MAX;
    row->dkim_results = arena_alloc_array(&tool->arena, count, sizeof *row->dkim_results);
    row->dkim_count = count;
    for (size_t i = 0; i < count; i++)
        row->dkim_results[i] = (struct dmarc_report_result){
            .domain = dkim->list[i].signature.domain,
            .selector = dkim->list[i].signature.selector,
            .result = slice_of(dkim_result_name(dkim->list[i].result))};
    row->spf_results = arena_alloc_array(&tool->arena, 1, sizeof *row->spf_results);
    row->spf_count = 1;
    row->spf_results[0] = (struct dmarc_report_result){
        .domain = outcome->spf.domain,
        .scope =
            is_helo && request->dmarc_version == DMARC_RFC7489 ? SLICE("helo") : SLICE("mfrom"),
        .result = slice_of(spf_result_name(outcome->spf.result))};
}

static struct slice tool_options_text(struct tool *tool, const struct dmarc_record *record)
{
    const char *text = arena_format(
        &tool->arena, "%s%s%s%s", record->reports_all ? ":0" : "", record->reports_any ? ":1" : "",
        record->reports_dkim ? ":d" : "", record->reports_spf ? ":s" : "");
    return slice_of(text[0] == ':' ? text + 1 : text);
}

static void tool_fill_policy(struct tool *tool, const struct dmarc_discovery *found,
                             struct dmarc_report *report)
{
    const struct dmarc_record *record = &found->record;
    report->domain = found->record_domain;
    report->adkim = record->is_strict_dkim ? SLICE("s") : SLICE("r");
    report->aspf = record->is_strict_spf ? SLICE("s") : SLICE("r");
    report->p = slice_of(dmarc_policy_name(record->policy));
    report->sp = slice_of(dmarc_policy_name(record->subdomain_policy));
    report->np = slice_of(dmarc_policy_name(record->nonexistent_policy));
    report->pct = slice_of(arena_format(&tool->arena, "%u", record->percent));
    report->fo = tool_options_text(tool, record);
    report->testing = record->is_testing ? SLICE("y") : SLICE("n");
    report->discovery_method = report->form == DMARC_RFC7489 ? SLICE("psl") : SLICE("treewalk");
}

/* What was done with the message. A pass under a policy that asks for something has its own word in
 * RFC 9990, and what tests a policy (pct=, t=) has another one in each. */
static void tool_fill_disposition(struct arena *arena, const struct auth_request *request,
                                  const struct dmarc_outcome *dmarc, struct dmarc_report_row *row)
{
    bool is_9990 = request->dmarc_version == DMARC_RFC9989;
    bool passes =
        dmarc->result == DMARC_RESULT_PASS && dmarc->discovery.policy != DMARC_POLICY_NONE;
    row->disposition =
        passes && is_9990 ? SLICE("pass") : slice_of(dmarc_policy_name(dmarc->disposition));
    if (!dmarc->is_sampled_out)
        return;
    row->reasons = arena_alloc_array(arena, 1, sizeof *row->reasons);
    row->reasons[0].type = is_9990 ? SLICE("policy_test_mode") : SLICE("sampled_out");
    row->reason_count = 1;
}

int tool_report_write(struct tool *tool, const struct auth_request *request,
                      const struct auth_outcome *outcome, const char *path, struct err *err)
{
    char ip[IP_TEXT_BYTES];
    const struct dmarc_outcome *dmarc = &outcome->dmarc;
    int64_t now_s = tool->now_us / TIME_SECOND;
    size_t at = slice_find_last(request->mail_from, '@');
    if (dmarc->discovery.status != DMARC_FOUND || dmarc->domain.len == 0)
        return err_set(err, "--report: no DMARC policy was found, so there is nobody to report to");
    struct dmarc_report_row row = {
        .source_ip = slice_of(ip_to_text(&request->ip, ip)),
        .count = 1,
        .dkim = dmarc->is_dkim_aligned ? SLICE("pass") : SLICE("fail"),
        .spf = dmarc->is_spf_aligned ? SLICE("pass") : SLICE("fail"),
        .header_from = dmarc->domain,
        .envelope_from = at == SIZE_MAX ? SLICE("") : slice_skip(request->mail_from, at + 1)};
    struct dmarc_report report = {
        .form = request->dmarc_version,
        .generator = SLICE("Mailrange authcheck"),
        .version = SLICE("1.0"),
        .org_name = request->receiver,
        .email =
            slice_of(arena_format(&tool->arena, "postmaster@%.*s", SLICE_ARG(request->receiver))),
        .report_id = slice_of(arena_format(&tool->arena, "%lld.%.*s", (long long)now_s,
                                           SLICE_ARG(dmarc->discovery.record_domain))),
        .begin_s = now_s - now_s % TOOL_DAY_S,
        .end_s = now_s - now_s % TOOL_DAY_S + TOOL_DAY_S - 1,
        .count = 1,
        .rows = &row};
    struct buf xml;
    struct buf packed;
    tool_fill_policy(tool, &dmarc->discovery, &report);
    tool_fill_disposition(&tool->arena, request, dmarc, &row);
    tool_fill_results(tool, request, outcome, &row);
    buf_init(&xml, DMARC_REPORT_BYTES_MAX);
    buf_init(&packed, DMARC_REPORT_BYTES_MAX);
    dmarc_report_write(&report, &xml);
    dmarc_report_gzip(buf_slice(&xml), &packed);
    bool packs = slice_ends_with_nocase(slice_of(path), SLICE(".gz"));
    int status = file_write(path, buf_slice(packs ? &packed : &xml), err);
    buf_deinit(&packed);
    buf_deinit(&xml);
    return status;
}

void tool_report_addresses(struct tool *tool, const struct auth_request *request,
                           const struct dmarc_discovery *found)
{
    struct json_out *json = &tool->json;
    struct dmarc_context context = {.resolver = &tool->resolver,
                                    .arena = &tool->arena,
                                    .version = request->dmarc_version,
                                    .facts = &tool->facts};
    size_t count = found->status == DMARC_FOUND ? found->record.aggregate_count : 0;
    facts_open(&tool->facts, "reports", "reports: rua= names %zu address%s (RFC 7489 7.1)", count,
               count == 1 ? "" : "es");
    json_out_array(json, "report_addresses");
    for (size_t i = 0; i < count; i++) {
        const struct dmarc_uri *uri = &found->record.aggregate[i];
        enum dmarc_external status =
            dmarc_external_check(&context, found->record_domain, uri, NULL);
        facts_add(&tool->facts, "address", "%.*s: %s", SLICE_ARG(uri->uri),
                  dmarc_external_name(status));
        json_out_object(json, NULL);
        json_out_slice(json, "uri", uri->uri);
        json_out_text(json, "consent", dmarc_external_name(status));
        json_out_end(json);
    }
    json_out_end(json);
    facts_close(&tool->facts);
}
