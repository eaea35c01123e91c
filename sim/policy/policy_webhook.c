#include "sim/policy/policy_webhook.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

enum { SECONDS_DIGITS_MAX = 20, TEXT_BYTES_MAX = 1000, STATUS_OK = 200 };

int policy_webhook_read(struct spec spec, struct policy_webhook *webhook, struct err *err)
{
    struct spec member;
    webhook->signature = "Refmta-Signature";
    if (spec_need(spec, "secret", &member, err) != 0 ||
        spec_read_text(member, &webhook->secret, err) != 0)
        return -1;
    return spec_get(spec, "signature", &member) ? spec_read_text(member, &webhook->signature, err)
                                                : 0;
}

/* ---- the signature */

static void sign(const char *secret, struct slice seconds, struct slice body, struct buf *hex)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    struct buf text;
    buf_init(&text, SECONDS_DIGITS_MAX + 1 + HTTP_BODY_BYTES_MAX);
    buf_add_slice(&text, seconds);
    buf_add_char(&text, '.');
    buf_add_slice(&text, body);
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)buf_text(&text),
         text.len, mac, &mac_len);
    text_to_hex(hex, mac, mac_len);
    buf_deinit(&text);
}

/* "t=1,v1=ab" into its parts; what is not there is empty. */
static void split_signature(struct slice field, struct slice *seconds, struct slice *hex)
{
    struct slice part;
    while (field.len > 0 && slice_split(&field, ',', &part)) {
        part = slice_trim(part);
        if (slice_starts_with(part, SLICE("t=")))
            *seconds = slice_skip(part, 2);
        else if (slice_starts_with(part, SLICE("v1=")))
            *hex = slice_skip(part, 3);
    }
}

static const char *find_problem(const struct policy_webhook *webhook,
                                const struct http_request *request, int64_t now_us)
{
    struct slice seconds = SLICE("");
    struct slice hex = SLICE("");
    uint64_t at_s = 0;
    struct buf right;
    split_signature(http_request_field(request, webhook->signature), &seconds, &hex);
    if (seconds.len == 0 || hex.len == 0)
        return "not signed";
    if (seconds.len > SECONDS_DIGITS_MAX || text_to_u64(seconds, &at_s) != 0 || at_s > INT32_MAX)
        return "the time of the signature is none";
    if (llabs(now_us / TIME_SECOND - (int64_t)at_s) > POLICY_WEBHOOK_AGE_S)
        return "the signature is of another time";
    buf_init(&right, (size_t)2 * EVP_MAX_MD_SIZE);
    sign(webhook->secret, seconds, request->body, &right);
    bool is_right = right.len == hex.len && CRYPTO_memcmp(right.data, hex.data, hex.len) == 0;
    buf_deinit(&right);
    return is_right ? NULL : "the signature does not fit";
}

/* ---- the events */

/* Each is an object that says which event it is. */
static bool are_events(const cJSON *array)
{
    const cJSON *one = NULL;
    if (!cJSON_IsArray(array))
        return false;
    cJSON_ArrayForEach(one, array)
    {
        if (event_text(one, "event")[0] == '\0')
            return false;
    }
    return true;
}

int policy_webhook_judge(const struct policy_webhook *webhook, const struct http_request *request,
                         int64_t now_us, const char **problem)
{
    enum { STATUS_BAD_REQUEST = 400, STATUS_UNAUTHORIZED = 401, STATUS_NOT_ALLOWED = 405 };
    *problem = "a webhook is a POST";
    if (!slice_is(request->method, "POST"))
        return STATUS_NOT_ALLOWED;
    *problem = find_problem(webhook, request, now_us);
    if (*problem != NULL)
        return STATUS_UNAUTHORIZED;
    cJSON *array = cJSON_ParseWithLength(request->body.data, request->body.len);
    bool good = are_events(array);
    cJSON_Delete(array);
    *problem = good ? NULL : "the body is no JSON array of objects with \"event\"";
    return good ? STATUS_OK : STATUS_BAD_REQUEST;
}

static void log_text(struct json_out *out, const char *key, const cJSON *event, const char *from)
{
    const char *text = event_text(event, from);
    if (text[0] != '\0')
        json_out_slice(out, key, slice_first(slice_of(text), TEXT_BYTES_MAX));
}

static void log_event(struct event_log *log, const char *host, const cJSON *event)
{
    struct json_out *out = event_begin(log, "policy", "webhook", NULL);
    json_out_text(out, "host", host);
    log_text(out, "what", event, "event");
    json_out_int(out, "id", event_int(event, "id", 0));
    log_text(out, "sender", event, "sender");
    log_text(out, "recipient", event, "recipient");
    log_text(out, "remote", event, "host");
    log_text(out, "status", event, "status");
    log_text(out, "text", event, event_text(event, "reply")[0] != '\0' ? "reply" : "reason");
    json_out_int(out, "attempts", event_int(event, "attempts", 0));
    event_end(log);
}

void policy_webhook_log(struct event_log *log, const char *host, const struct http_request *request)
{
    cJSON *array = cJSON_ParseWithLength(request->body.data, request->body.len);
    const cJSON *one = NULL;
    cJSON_ArrayForEach(one, array)
    {
        log_event(log, host, one);
    }
    cJSON_Delete(array);
}
