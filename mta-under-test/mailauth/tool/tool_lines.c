#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/address/smtp_mailbox.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/dmarc/dmarc_discovery.h"
#include "mta-under-test/mailauth/sts/sts_policy.h"
#include "mta-under-test/mailauth/sts/sts_record.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_record.h"
#include "mta-under-test/mailauth/tool/json_bytes.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_TOLD_BYTES = 320 };

/* Answers one line of input with one JSON object. */
typedef void tool_line(struct tool *tool, struct arena *arena, const cJSON *value);

static void tool_write_valid(struct tool *tool, bool valid, const char *reason)
{
    json_out_object(&tool->json, NULL);
    json_out_bool(&tool->json, "valid", valid);
    json_out_text(&tool->json, "reason", reason);
    json_out_end(&tool->json);
}

/* Each line of standard input is one JSON value; empty lines are passed over. What is no JSON gets
 * its answer, too (`value` is NULL then): each line has one. */
static int tool_each_line(struct tool *tool, tool_line *answer, struct err *err)
{
    struct slice text;
    struct slice line;
    if (tool_read_stdin(tool, &text, err) != 0)
        return -1;
    while (slice_split(&text, '\n', &line)) {
        struct arena arena;
        size_t at = 0;
        line = slice_trim(line);
        if (line.len == 0)
            continue;
        cJSON *value = json_bytes_parse(line, &at);
        arena_init(&arena);
        json_out_init(&tool->json, tool->out);
        answer(tool, &arena, value);
        buf_add_char(tool->out, '\n');
        arena_deinit(&arena);
        cJSON_Delete(value);
    }
    return 0;
}

/* For explain: the text, and what is to be said of it. */
static void tool_tell(struct tool *tool, struct slice text, const char *words)
{
    facts_add(&tool->facts, "line", "%.*s: %s", SLICE_ARG(slice_first(text, TOOL_TOLD_BYTES)),
              words);
}

static const char *tool_judge(struct arena *arena, const char *kind, struct slice text)
{
    struct sts_record record;
    struct sts_policy policy;
    struct tlsrpt_record tlsrpt;
    if (strcmp(kind, "sts-record") == 0)
        return sts_record_parse(text, &record);
    if (strcmp(kind, "sts-policy") == 0)
        return sts_policy_parse(arena, text, &policy);
    if (strcmp(kind, "tlsrpt-record") == 0)
        return tlsrpt_record_parse(text, &tlsrpt);
    return "the kind is not sts-record, sts-policy or tlsrpt-record";
}

static void tool_sts_line(struct tool *tool, struct arena *arena, const cJSON *value)
{
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItem(value, "kind"));
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(value, "text"));
    if (kind == NULL || text == NULL) {
        tool_write_valid(tool, false, "expected a JSON object {\"kind\": ..., \"text\": ...}");
        return;
    }
    struct slice bytes = json_bytes_utf8(arena, text);
    const char *wrong = tool_judge(arena, kind, bytes);
    tool_tell(tool, bytes, wrong == NULL ? "valid" : wrong);
    tool_write_valid(tool, wrong == NULL, wrong != NULL ? wrong : "");
}

int tool_sts(struct tool *tool, struct err *err)
{
    return tool_each_line(tool, tool_sts_line, err);
}

static const char *tool_addr_words(enum smtp_mailbox_reason reason)
{
    static const char *const WORDS[] = {
        [SMTP_MAILBOX_VALID] = "may stand in RCPT TO",
        [SMTP_MAILBOX_EMPTY] = "is empty",
        [SMTP_MAILBOX_NO_AT] = "has no \"@\" behind its local-part (RFC 5321 4.1.2)",
        [SMTP_MAILBOX_BAD_LOCAL_PART] =
            "has a local-part that is no dot-string and no quoted-string (RFC 5321 4.1.2)",
        [SMTP_MAILBOX_LONG_LOCAL_PART] =
            "has a local-part of more than 64 bytes (RFC 5321 4.5.3.1.1)",
        [SMTP_MAILBOX_BAD_DOMAIN] =
            "has a domain with a label that is empty or wrong (RFC 5321 4.1.2)",
        [SMTP_MAILBOX_LONG_DOMAIN] = "has a domain of more than 255 bytes (RFC 5321 4.5.3.1.2)",
        [SMTP_MAILBOX_LONG_LABEL] = "has a label of more than 63 bytes (RFC 1035 2.3.4)",
        [SMTP_MAILBOX_BAD_LITERAL] = "has an address literal that is none (RFC 5321 4.1.3)",
        [SMTP_MAILBOX_LONG] = "is longer than a path may be (RFC 5321 4.5.3.1.3)",
        [SMTP_MAILBOX_NOT_ASCII] = "needs SMTPUTF8 (RFC 6531 3.3)"};
    return WORDS[reason];
}

/* A mailbox, or the one name that RCPT TO takes without a domain (RFC 5321 4.1.1.3). */
static enum smtp_mailbox_reason tool_addr_judge(struct slice text, bool allows_utf8)
{
    struct smtp_mailbox mailbox;
    if (slice_is_nocase(text, "postmaster"))
        return SMTP_MAILBOX_VALID;
    return smtp_mailbox_parse(text, allows_utf8, &mailbox);
}

static void tool_addr_line(struct tool *tool, struct arena *arena, const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);
    if (text == NULL) {
        tool_write_valid(tool, false, "expected a JSON string");
        return;
    }
    bool allows_utf8 = args_has(&tool->args, "smtputf8");
    struct slice bytes = json_bytes_utf8(arena, text);
    enum smtp_mailbox_reason reason = tool_addr_judge(bytes, allows_utf8);
    tool_tell(tool, bytes, tool_addr_words(reason));
    tool_write_valid(tool, reason == SMTP_MAILBOX_VALID, smtp_mailbox_reason_name(reason));
}

int tool_addr(struct tool *tool, struct err *err)
{
    return tool_each_line(tool, tool_addr_line, err);
}

static void tool_psl_line(struct tool *tool, struct arena *arena, const cJSON *value)
{
    struct slice found = {NULL, 0};
    const char *text = cJSON_GetStringValue(value);
    if (text != NULL)
        found = dmarc_psl_domain(NULL, slice_of(text), arena);
    if (text != NULL)
        tool_tell(tool, slice_of(text),
                  found.len > 0 ? arena_format(arena, "belongs to %.*s", SLICE_ARG(found))
                                : "belongs to nobody: it is a public suffix, or no name");
    json_out_object(&tool->json, NULL);
    if (found.len > 0)
        json_out_slice(&tool->json, "org", found);
    else
        json_out_null(&tool->json, "org");
    json_out_end(&tool->json);
}

int tool_psl(struct tool *tool, struct err *err)
{
    return tool_each_line(tool, tool_psl_line, err);
}
