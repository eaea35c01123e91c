#include "mta-under-test/mailauth/spf/spf_check.h"
#include "mta-under-test/mailauth/spf/spf_header.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

static const char *tool_spf_verdict(struct tool *tool, const struct spf_request *request,
                                    const struct spf_outcome *outcome)
{
    static const char *const WORDS[] = {
        [SPF_RESULT_NONE] = "publishes nothing that can be asked about",
        [SPF_RESULT_NEUTRAL] = "says neither yes nor no to mail from",
        [SPF_RESULT_PASS] = "allows mail from",
        [SPF_RESULT_FAIL] = "does not allow mail from",
        [SPF_RESULT_SOFTFAIL] = "says that no mail should come, without being sure, from",
        [SPF_RESULT_TEMPERROR] = "cannot be asked at this time about",
        [SPF_RESULT_PERMERROR] = "publishes something that nobody can interpret about",
        [SPF_RESULT_PENDING] = "has not answered yet about"};
    char ip[IP_TEXT_BYTES];
    return arena_format(&tool->arena, "%s: %.*s %s %s", spf_result_name(outcome->result),
                        SLICE_ARG(outcome->domain.len > 0 ? outcome->domain : SLICE("the sender")),
                        WORDS[outcome->result], ip_to_text(&request->ip, ip));
}

int tool_spf(struct tool *tool, struct err *err)
{
    struct spf_outcome outcome;
    struct spf_request request = {.helo = args_slice(&tool->args, "helo"),
                                  .mail_from = args_slice(&tool->args, "mail-from"),
                                  .default_explanation =
                                      args_slice(&tool->args, "default-explanation"),
                                  .receiver = args_slice(&tool->args, "receiver"),
                                  .now_us = tool->now_us};
    if (tool_ip(tool, &request.ip, err) != 0)
        return -1;
    spf_check(&request, &tool->resolver, &tool->arena, &tool->facts, &outcome);
    struct buf header;
    buf_init(&header, 65536);
    spf_header_write(&request, &outcome,
                     request.receiver.len > 0 ? request.receiver : SLICE("unknown"), &header);
    tool->verdict = tool_spf_verdict(tool, &request, &outcome);
    struct json_out *json = &tool->json;
    json_out_object(json, NULL);
    json_out_text(json, "result", spf_result_name(outcome.result));
    if (outcome.result == SPF_RESULT_FAIL)
        json_out_slice(json, "explanation", outcome.explanation);
    else
        json_out_null(json, "explanation");
    json_out_text(json, "reason", spf_reason_name(outcome.reason));
    json_out_text(json, "problem", outcome.problem);
    json_out_slice(json, "domain", outcome.domain);
    json_out_text(json, "identity", outcome.identity == SPF_IDENTITY_HELO ? "helo" : "mailfrom");
    json_out_slice(json, "term", outcome.term);
    json_out_int(json, "lookups", outcome.lookups);
    json_out_int(json, "void_lookups", outcome.void_lookups);
    json_out_slice(json, "received_spf", buf_slice(&header));
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
    buf_deinit(&header);
    return 0;
}
