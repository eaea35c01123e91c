#include "mta-under-test/refmta/http/webhook_form.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/message.h"

#include "mta-under-test/base/poison.h"

const char *webhook_event_name(enum queue_event_kind kind)
{
    static const char *const NAMES[QUEUE_EVENT_KINDS] = {
        [QUEUE_EVENT_ACCEPTED] = "accepted",     [QUEUE_EVENT_DELIVERED] = "delivered",
        [QUEUE_EVENT_DEFERRED] = "deferred",     [QUEUE_EVENT_BOUNCED] = "bounced",
        [QUEUE_EVENT_COMPLAINED] = "complained", [QUEUE_EVENT_UNSUBSCRIBED] = "unsubscribed",
    };
    return NAMES[kind];
}

static void add_text(struct json_out *json, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        json_out_text(json, key, text);
}

void webhook_event_write(const struct queue_event *event, int64_t now_us, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    char id[MESSAGE_ID_TEXT_BYTES];
    struct json_out json;
    json_out_init(&json, out);
    json_out_object(&json, NULL);
    json_out_text(&json, "event", webhook_event_name(event->kind));
    json_out_text(&json, "time", time_to_rfc3339(now_us, text));
    if (event->id != 0)
        json_out_text(&json, "queue-id", message_id_text(event->id, id));
    if (event->sender != NULL)
        json_out_text(&json, "sender", event->sender);
    json_out_text(&json, "recipient", event->recipient);
    add_text(&json, "submitter", event->submitter);
    if (event->reason != NULL) {
        add_text(&json, "host", event->reason->host);
        add_text(&json, "status", event->reason->status);
        add_text(&json, event->reason->said ? "reply" : "reason", event->reason->text);
    }
    if (event->attempts > 0)
        json_out_int(&json, "attempts", event->attempts);
    json_out_end(&json);
}

void webhook_sign(struct slice secret, struct slice body, int64_t now_us, struct buf *out)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    struct buf text;
    long long seconds = (long long)(now_us / TIME_SECOND);
    buf_init(&text, body.len + TIME_TEXT_BYTES);
    buf_format(&text, "%lld.", seconds);
    buf_add_slice(&text, body);
    HMAC(EVP_sha256(), secret.data, (int)secret.len, (const unsigned char *)text.data, text.len,
         mac, &mac_len);
    buf_format(out, "t=%lld,v1=", seconds);
    text_to_hex(out, mac, mac_len);
    buf_deinit(&text);
}
