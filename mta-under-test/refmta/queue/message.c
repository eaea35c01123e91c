#include "mta-under-test/refmta/queue/message.h"

#include "mta-under-test/base/poison.h"

enum { ID_DIGITS_MIN = 13, ID_DIGITS_MAX = 16 };

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

/* Copies a text to *at and moves it on. */
static const char *text_put(char **at, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = *at;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

struct message *message_new(const struct envelope *envelope, uint64_t id, int64_t received_us)
{
    size_t size =
        sizeof(struct message) + envelope->recipient_count * sizeof(struct message_recipient) +
        text_size(envelope->sender) + text_size(envelope->envid) + text_size(envelope->submitter);
    for (size_t i = 0; i < envelope->recipient_count; i++)
        size +=
            text_size(envelope->recipients[i].address) + text_size(envelope->recipients[i].orcpt);
    struct message *message = mem_alloc(size);
    message->recipients = (struct message_recipient *)(void *)(message + 1);
    char *texts = (char *)(message->recipients + envelope->recipient_count);
    store_entry_init(&message->entry);
    message->id = id;
    message->received_us = received_us;
    message->sender = text_put(&texts, envelope->sender);
    message->envid = text_put(&texts, envelope->envid);
    message->submitter = text_put(&texts, envelope->submitter);
    message->is_doubtful = envelope->is_doubtful;
    message->body = (uint8_t)envelope->body;
    message->ret = (uint8_t)envelope->ret;
    message->smtputf8 = envelope->smtputf8;
    message->require_tls = envelope->require_tls;
    message->tls_optional = envelope->tls_optional;
    message->deliver_by_us = envelope->deliver_by_us;
    message->deliver_by_return = envelope->deliver_by_return;
    message->hold_until_us = envelope->hold_until_us;
    message->priority = envelope->priority;
    message->recipient_count = (uint32_t)envelope->recipient_count;
    message->open_count = message->recipient_count;
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        struct message_recipient *recipient = &message->recipients[i];
        recipient->address = text_put(&texts, envelope->recipients[i].address);
        recipient->orcpt = text_put(&texts, envelope->recipients[i].orcpt);
        recipient->notify = envelope->recipients[i].notify;
        recipient->is_forwarded = envelope->recipients[i].is_forwarded;
        recipient->due_us =
            envelope->hold_until_us > received_us ? envelope->hold_until_us : received_us;
    }
    return message;
}

void message_free(struct message **where)
{
    struct message *message = *where;
    *where = NULL;
    if (message == NULL)
        return;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        free(message->recipients[i].status);
    free(message->cached);
    free(message);
}

void message_set_status(struct message_recipient *recipient, const char *status)
{
    size_t len = strnlen(status, RECIPIENT_STATUS_BYTES_MAX);
    free(recipient->status);
    recipient->status = mem_text_copy_n(status, len);
    for (char *c = recipient->status; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

int64_t message_waits_since(const struct message *message)
{
    return message->hold_until_us > message->received_us ? message->hold_until_us
                                                         : message->received_us;
}

int64_t message_give_up_at(const struct message *message, int64_t give_up_us)
{
    int64_t since_us = message_waits_since(message);
    int64_t at_us = since_us + give_up_us;
    if (message->deliver_by_us == 0 || !message->deliver_by_return ||
        message->deliver_by_us >= at_us)
        return at_us;
    return message->deliver_by_us > since_us ? message->deliver_by_us : since_us + 1;
}

const char *message_id_text(uint64_t id, char text[MESSAGE_ID_TEXT_BYTES])
{
    static const char DIGITS[] = "0123456789abcdef";
    size_t len = ID_DIGITS_MIN;
    while (len < ID_DIGITS_MAX && id >> (4 * len) != 0)
        len++;
    text[len] = '\0';
    for (; len > 0; id >>= 4)
        text[--len] = DIGITS[id & 15];
    return text;
}

int message_id_from_text(struct slice text, uint64_t *id)
{
    if (text.len == 0 || text.len > ID_DIGITS_MAX)
        return -1;
    *id = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = text.data[i] != '\0' ? strchr(digits, text.data[i]) : NULL;
        if (digit == NULL)
            return -1;
        *id = *id << 4 | (uint64_t)(digit - digits);
    }
    return 0;
}

struct slice message_domain(const char *address)
{
    struct slice whole = slice_of(address);
    size_t at = slice_find_last(whole, '@');
    return at == SIZE_MAX ? SLICE("") : slice_skip(whole, at + 1);
}
