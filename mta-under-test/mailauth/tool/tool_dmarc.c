#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/tool/tool_report.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_DMARC_KEYS_MAX = 1000, TOOL_HEADER_BYTES_MAX = 1024 * 1024 };

static int tool_dmarc_version(struct tool *tool, enum dmarc_version *version, struct err *err)
{
    const char *text = args_get(&tool->args, "rfc");
    *version = DMARC_RFC7489;
    if (text == NULL || strcmp(text, "7489") == 0)
        return 0;
    *version = DMARC_RFC9989;
    return strcmp(text, "9989") == 0 ? 0 : err_set(err, "--rfc: expected 7489 or 9989");
}

static void tool_write_spf(struct json_out *json, const struct spf_outcome *spf)
{
    json_out_object(json, "spf");
    json_out_text(json, "result", spf_result_name(spf->result));
    json_out_text(json, "reason", spf_reason_name(spf->reason));
    json_out_slice(json, "domain", spf->domain);
    json_out_end(json);
}

static void tool_write_arc(struct json_out *json, const struct arc_outcome *arc)
{
    json_out_object(json, "arc");
    json_out_text(json, "result", arc_status_name(arc->status));
    json_out_text(json, "cv", arc_status_name(arc->status));
    json_out_text(json, "reason", arc_reason_name(arc->reason));
    json_out_end(json);
}

static void tool_write_dmarc(struct json_out *json, const struct dmarc_outcome *dmarc)
{
    bool has_record = dmarc->discovery.status == DMARC_FOUND && dmarc->domain.len > 0;
    json_out_object(json, "dmarc");
    json_out_text(json, "result", dmarc_result_name(dmarc->result));
    json_out_text(json, "policy", has_record ? dmarc_policy_name(dmarc->discovery.policy) : NULL);
    json_out_text(json, "disposition", dmarc_policy_name(dmarc->disposition));
    json_out_text(json, "reason", dmarc_reason_name(dmarc->reason));
    json_out_slice(json, "domain", dmarc->domain);
    json_out_slice(json, "organizational_domain", dmarc->discovery.organizational);
    json_out_slice(json, "record_domain", dmarc->discovery.record_domain);
    json_out_bool(json, "spf_aligned", dmarc->is_spf_aligned);
    json_out_bool(json, "dkim_aligned", dmarc->is_dkim_aligned);
    json_out_bool(json, "sampled_out", dmarc->is_sampled_out);
    json_out_end(json);
}

static void tool_write_auth(struct tool *tool, const struct auth_request *request,
                            const struct auth_outcome *outcome)
{
    struct json_out *json = &tool->json;
    struct buf header;
    buf_init(&header, TOOL_HEADER_BYTES_MAX);
    auth_check_write(request, outcome, &tool->arena, &header);
    json_out_object(json, NULL);
    tool_write_spf(json, &outcome->spf);
    tool_dkim_results(json, "dkim", &outcome->dkim);
    tool_write_arc(json, &outcome->arc);
    tool_write_dmarc(json, &outcome->dmarc);
    tool_report_addresses(tool, request, &outcome->dmarc.discovery);
    json_out_slice(json, "authentication_results", buf_slice(&header));
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
    buf_deinit(&header);
}

static const char *tool_dmarc_verdict(struct tool *tool, const struct dmarc_outcome *dmarc)
{
    const char *result = dmarc_result_name(dmarc->result);
    if (dmarc->result == DMARC_RESULT_FAIL)
        return arena_format(&tool->arena,
                            "fail: nothing proves that this is mail of %.*s, which asks for \"%s\" "
                            "then; this message gets \"%s\"",
                            SLICE_ARG(dmarc->domain), dmarc_policy_name(dmarc->discovery.policy),
                            dmarc_policy_name(dmarc->disposition));
    if (dmarc->result != DMARC_RESULT_PASS)
        return arena_format(&tool->arena, "%s: %s", result, dmarc_reason_name(dmarc->reason));
    return arena_format(&tool->arena, "pass: %s proves that this is mail of %.*s",
                        !dmarc->is_spf_aligned    ? "DKIM"
                        : !dmarc->is_dkim_aligned ? "SPF"
                                                  : "both SPF and DKIM",
                        SLICE_ARG(dmarc->domain));
}

int tool_dmarc(struct tool *tool, struct err *err)
{
    struct dkim_verify_options options;
    struct dkim_key_cache keys;
    struct auth_outcome outcome;
    struct message message;
    struct auth_request request = {.helo = args_slice(&tool->args, "helo"),
                                   .mail_from = args_slice(&tool->args, "mail-from"),
                                   .message = &message,
                                   .receiver = args_slice(&tool->args, "receiver"),
                                   .now_us = tool->now_us,
                                   .dkim = &options};
    if (tool_ip(tool, &request.ip, err) != 0 ||
        tool_dmarc_version(tool, &request.dmarc_version, err) != 0 ||
        args_number(&tool->args, "seed", 1, &request.seed, err) != 0 ||
        tool_verify_options(tool, &options, err) != 0 || tool_read_parsed(tool, &message, err) != 0)
        return -1;
    if (request.receiver.len == 0)
        request.receiver = SLICE("unknown");
    dkim_key_cache_init(&keys, TOOL_DMARC_KEYS_MAX);
    auth_check(&request, &tool->resolver, &keys, &tool->arena, &tool->facts, &outcome);
    tool->verdict = tool_dmarc_verdict(tool, &outcome.dmarc);
    tool_write_auth(tool, &request, &outcome);
    const char *path = args_get(&tool->args, "report");
    int status = path != NULL ? tool_report_write(tool, &request, &outcome, path, err) : 0;
    dkim_key_cache_deinit(&keys);
    return status;
}
