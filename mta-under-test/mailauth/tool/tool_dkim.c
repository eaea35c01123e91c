#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dkim/dkim_sign.h"
#include "mta-under-test/mailauth/dkim/dkim_verify.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_KEYS_MAX = 1000, TOOL_KEY_BYTES_MAX = 1024 * 1024 };

int tool_verify_options(struct tool *tool, struct dkim_verify_options *options, struct err *err)
{
    uint64_t bits = 0;
    *options = DKIM_VERIFY_DEFAULT;
    options->now_us = tool->now_us;
    options->policy.allows_sha1 = args_has(&tool->args, "allow-sha1");
    if (args_number(&tool->args, "min-rsa-bits", options->policy.rsa_bits_min, &bits, err) != 0)
        return -1;
    options->policy.rsa_bits_min = bits > UINT32_MAX ? UINT32_MAX : (unsigned)bits;
    return 0;
}

int tool_read_parsed(struct tool *tool, struct message *message, struct err *err)
{
    struct slice bytes;
    if (tool_read_message(tool, &bytes, err) != 0)
        return -1;
    return message_parse(&tool->arena, bytes, message)
               ? 0
               : err_set(err, "the message has too many header fields");
}

static void tool_dkim_write(struct json_out *json, const struct dkim_outcome *outcome)
{
    const struct dkim_signature *signature = &outcome->signature;
    json_out_object(json, NULL);
    json_out_text(json, "result", dkim_result_name(outcome->result));
    json_out_slice(json, "d", signature->domain);
    json_out_slice(json, "s", signature->selector);
    json_out_slice(json, "a", signature->algorithm);
    json_out_text(json, "reason", dkim_reason_name(outcome->reason));
    json_out_text(json, "problem", outcome->problem != NULL ? outcome->problem : "");
    json_out_slice(json, "i", signature->identity);
    json_out_bool(json, "testing", outcome->key.is_testing);
    json_out_int(json, "bits", outcome->key.bits);
    json_out_int(json, "body_signed", (int64_t)outcome->body_signed);
    json_out_int(json, "body_length", (int64_t)outcome->body_len);
    json_out_end(json);
}

void tool_dkim_results(struct json_out *json, const char *key, const struct dkim_outcomes *outcomes)
{
    json_out_array(json, key);
    for (size_t i = 0; i < outcomes->count; i++)
        tool_dkim_write(json, &outcomes->list[i]);
    json_out_end(json);
}

static const char *tool_dkim_verdict(struct tool *tool, const struct dkim_outcomes *outcomes)
{
    size_t passed = 0;
    for (size_t i = 0; i < outcomes->count; i++)
        passed += outcomes->list[i].result == DKIM_RESULT_PASS;
    if (outcomes->count == 0)
        return "none: the message carries no DKIM signature";
    if (passed == 0)
        return arena_format(&tool->arena, "%s: no signature holds",
                            dkim_result_name(outcomes->list[0].result));
    return arena_format(&tool->arena, "pass: %zu of %zu signature%s hold%s", passed,
                        outcomes->count, outcomes->count == 1 ? "" : "s", passed == 1 ? "s" : "");
}

int tool_dkim_verify(struct tool *tool, struct err *err)
{
    struct dkim_verify_options options;
    struct dkim_outcomes outcomes;
    struct dkim_key_cache keys;
    struct message message;
    if (tool_verify_options(tool, &options, err) != 0 || tool_read_parsed(tool, &message, err) != 0)
        return -1;
    dkim_key_cache_init(&keys, TOOL_KEYS_MAX);
    struct dkim_context context = {
        .resolver = &tool->resolver, .keys = &keys, .arena = &tool->arena, .facts = &tool->facts};
    dkim_verify(&message, &options, &context, &outcomes);
    tool->verdict = tool_dkim_verdict(tool, &outcomes);
    json_out_object(&tool->json, NULL);
    tool_dkim_results(&tool->json, "results", &outcomes);
    facts_to_json(&tool->facts, &tool->json, "facts");
    json_out_end(&tool->json);
    dkim_key_cache_deinit(&keys);
    return 0;
}

int tool_read_key(struct tool *tool, EVP_PKEY **key, struct err *err)
{
    const char *path = NULL;
    struct buf pem;
    if (args_need(&tool->args, "key", &path, err) != 0)
        return -1;
    buf_init(&pem, TOOL_KEY_BYTES_MAX);
    int status = file_read(path, &pem, err);
    if (status == 0) {
        *key = dkim_key_read_private(buf_slice(&pem));
        if (*key == NULL)
            status = err_set(err, "%s: no RSA or Ed25519 private key in PEM form", path);
    }
    buf_deinit(&pem);
    return status;
}

static int tool_canon_word(struct slice word, enum dkim_canon *canon, struct err *err)
{
    *canon = slice_is(word, "relaxed") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    if (*canon == DKIM_CANON_RELAXED || slice_is(word, "simple"))
        return 0;
    return err_set(err, "--canon: expected simple or relaxed, found \"%.*s\"", SLICE_ARG(word));
}

static int tool_sign_options(struct tool *tool, struct dkim_sign_options *options, struct err *err)
{
    const char *domain = NULL;
    const char *selector = NULL;
    const char *headers = NULL;
    struct slice canon = args_slice(&tool->args, "canon");
    if (canon.len == 0)
        canon = SLICE("relaxed/relaxed");
    if (args_need(&tool->args, "domain", &domain, err) != 0 ||
        args_need(&tool->args, "selector", &selector, err) != 0 ||
        args_need(&tool->args, "headers", &headers, err) != 0 ||
        args_number(&tool->args, "lifetime", 0, &options->lifetime_s, err) != 0)
        return -1;
    options->domain = slice_of(domain);
    options->selector = slice_of(selector);
    options->headers = slice_of(headers);
    options->identity = args_slice(&tool->args, "identity");
    options->limits_body = args_has(&tool->args, "body-length");
    options->copies_headers = args_has(&tool->args, "copy-headers");
    options->has_time = true;
    options->time_s = (uint64_t)(tool->now_us / TIME_SECOND);
    size_t slash = slice_find(canon, '/');
    struct slice body = slash == SIZE_MAX ? SLICE("simple") : slice_skip(canon, slash + 1);
    if (tool_canon_word(slice_first(canon, slash), &options->header_canon, err) != 0)
        return -1;
    return tool_canon_word(body, &options->body_canon, err);
}

int tool_dkim_sign(struct tool *tool, struct err *err)
{
    struct dkim_sign_options options = {0};
    struct message message;
    struct buf header;
    if (tool_sign_options(tool, &options, err) != 0 || tool_read_parsed(tool, &message, err) != 0 ||
        tool_read_key(tool, &options.key, err) != 0)
        return -1;
    buf_init(&header, TOOL_MESSAGE_BYTES_MAX);
    int status = dkim_sign(&message, &options, &tool->arena, &header, err);
    if (status == 0) {
        json_out_object(&tool->json, NULL);
        json_out_slice(&tool->json, "header", buf_slice(&header));
        json_out_end(&tool->json);
    }
    buf_deinit(&header);
    EVP_PKEY_free(options.key);
    return status;
}
