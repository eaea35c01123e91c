#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/arc/arc_seal.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_ARC_KEYS_MAX = 1000 };

static const char *tool_arc_verdict(struct tool *tool, const struct arc_outcome *outcome)
{
    if (outcome->status == ARC_NONE)
        return "none: nobody has sealed this message";
    if (outcome->status == ARC_PASS)
        return arena_format(&tool->arena, "pass: the chain of %zu seal%s is whole", outcome->sets,
                            outcome->sets == 1 ? "" : "s");
    return arena_format(&tool->arena, "%s: %s (i=%u)", arc_status_name(outcome->status),
                        outcome->problem, outcome->instance);
}

int tool_arc_verify(struct tool *tool, struct err *err)
{
    struct dkim_verify_options verify;
    struct dkim_key_cache keys;
    struct arc_outcome outcome;
    struct message message;
    if (tool_verify_options(tool, &verify, err) != 0 || tool_read_parsed(tool, &message, err) != 0)
        return -1;
    struct arc_options options = {
        .policy = verify.policy, .now_us = tool->now_us, .finds_oldest_pass = true};
    dkim_key_cache_init(&keys, TOOL_ARC_KEYS_MAX);
    struct dkim_context context = {
        .resolver = &tool->resolver, .keys = &keys, .arena = &tool->arena, .facts = &tool->facts};
    arc_validate(&message, &options, &context, &outcome);
    tool->verdict = tool_arc_verdict(tool, &outcome);
    struct json_out *json = &tool->json;
    json_out_object(json, NULL);
    json_out_text(json, "cv", arc_status_name(outcome.status));
    json_out_text(json, "reason", arc_reason_name(outcome.reason));
    json_out_text(json, "problem", outcome.problem);
    json_out_int(json, "sets", (int64_t)outcome.sets);
    json_out_int(json, "instance", outcome.instance);
    json_out_int(json, "oldest_pass", outcome.oldest_pass);
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
    dkim_key_cache_deinit(&keys);
    return 0;
}

static int tool_seal_options(struct tool *tool, struct arc_seal_options *options, struct err *err)
{
    const char *domain = NULL;
    const char *selector = NULL;
    const char *headers = NULL;
    const char *authserv_id = NULL;
    if (args_need(&tool->args, "domain", &domain, err) != 0 ||
        args_need(&tool->args, "selector", &selector, err) != 0 ||
        args_need(&tool->args, "headers", &headers, err) != 0 ||
        args_need(&tool->args, "authserv-id", &authserv_id, err) != 0)
        return -1;
    options->domain = slice_of(domain);
    options->selector = slice_of(selector);
    options->headers = slice_of(headers);
    options->authserv_id = slice_of(authserv_id);
    options->time_s = (uint64_t)(tool->now_us / TIME_SECOND);
    options->canonical = args_has(&tool->args, "canonical-form");
    return 0;
}

/* What stands behind the name. */
static struct slice tool_field_value(struct slice field)
{
    size_t colon = slice_find(field, ':');
    return colon == SIZE_MAX ? field : slice_trim(slice_skip(field, colon + 1));
}

static void tool_arc_write(struct tool *tool, const struct arc_sealed *sealed)
{
    struct json_out *json = &tool->json;
    json_out_object(json, NULL);
    json_out_slice(json, "aar", tool_field_value(sealed->results));
    json_out_slice(json, "ams", tool_field_value(sealed->message));
    json_out_slice(json, "as", tool_field_value(sealed->seal));
    if (sealed->skipped != NULL) {
        json_out_text(json, "skipped", sealed->skipped);
        json_out_text(json, "headers", "");
    } else {
        json_out_int(json, "instance", sealed->instance);
        json_out_text(json, "cv", arc_status_name(sealed->cv));
        json_out_format(json, "headers", "%.*s\r\n%.*s\r\n%.*s\r\n", SLICE_ARG(sealed->seal),
                        SLICE_ARG(sealed->message), SLICE_ARG(sealed->results));
    }
    json_out_end(json);
}

int tool_arc_seal(struct tool *tool, struct err *err)
{
    struct dkim_verify_options verify;
    struct arc_seal_options options = {0};
    struct dkim_key_cache keys;
    struct arc_sealed sealed;
    struct message message;
    if (tool_verify_options(tool, &verify, err) != 0 ||
        tool_seal_options(tool, &options, err) != 0 || tool_read_parsed(tool, &message, err) != 0 ||
        tool_read_key(tool, &options.key, err) != 0)
        return -1;
    struct arc_options validation = {.policy = verify.policy, .now_us = tool->now_us};
    dkim_key_cache_init(&keys, TOOL_ARC_KEYS_MAX);
    struct dkim_context context = {
        .resolver = &tool->resolver, .keys = &keys, .arena = &tool->arena, .facts = &tool->facts};
    int status = arc_seal(&message, &options, &validation, &context, &sealed, err);
    if (status == 0)
        tool_arc_write(tool, &sealed);
    dkim_key_cache_deinit(&keys);
    EVP_PKEY_free(options.key);
    return status;
}
