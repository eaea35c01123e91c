#include "mta-under-test/refmta/queue/record.h"

#include <zlib.h>

#include "mta-under-test/refmta/queue/message.h"

#include "mta-under-test/base/poison.h"

#define MAGIC UINT32_C(0x3151524d) /* "MRQ1" */

#define NO_TEXT UINT32_MAX

static void put_u32(char *at, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (char)(unsigned char)(number >> (8 * i));
}

static uint32_t get_u32(const char *at)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)(unsigned char)at[i] << (8 * i);
    return number;
}

static void add_u8(struct buf *meta, uint8_t number)
{
    buf_add_char(meta, (char)number);
}

static void add_u32(struct buf *meta, uint32_t number)
{
    char bytes[4];
    put_u32(bytes, number);
    buf_add(meta, bytes, sizeof bytes);
}

static void add_u64(struct buf *meta, uint64_t number)
{
    add_u32(meta, (uint32_t)number);
    add_u32(meta, (uint32_t)(number >> 32));
}

static void add_text(struct buf *meta, const char *text)
{
    if (text == NULL) {
        add_u32(meta, NO_TEXT);
        return;
    }
    add_u32(meta, (uint32_t)strlen(text));
    buf_add_text(meta, text);
}

/* Bits of a message's flags; they stand on the disk. */
enum {
    FLAG_SMTPUTF8 = 1,
    FLAG_WARNED = 2,
    FLAG_REQUIRE_TLS = 4,
    FLAG_TLS_OPTIONAL = 8,
    FLAG_SERVICE = 16,   /* behind the flags: what has_service() looks at */
    FLAG_SUBMITTER = 32, /* and then who that is */
    FLAG_DOUBTFUL = 64,
    FLAGS_KNOWN = 127, /* a record with others is of a later version, and cannot be read */
};

static bool has_service(const struct message *message)
{
    return message->deliver_by_us != 0 || message->hold_until_us != 0 || message->priority != 0;
}

static void add_state(struct buf *meta, const struct message_recipient *recipient)
{
    add_u8(meta, recipient->state);
    add_u32(meta, recipient->attempts);
    add_u64(meta, (uint64_t)recipient->due_us);
    add_text(meta, recipient->status);
}

static uint8_t flags_of(const struct message *message)
{
    unsigned flags = message->smtputf8 ? FLAG_SMTPUTF8 : 0U;
    flags |= message->warned ? FLAG_WARNED : 0U;
    flags |= message->require_tls ? FLAG_REQUIRE_TLS : 0U;
    flags |= message->tls_optional ? FLAG_TLS_OPTIONAL : 0U;
    flags |= has_service(message) ? FLAG_SERVICE : 0U;
    flags |= message->submitter != NULL ? FLAG_SUBMITTER : 0U;
    flags |= message->is_doubtful ? FLAG_DOUBTFUL : 0U;
    return (uint8_t)flags;
}

/* NOTIFY as bits, and one more. */
enum { NOTIFY_BITS = 0x0f, FORWARDED_BIT = 0x80 };

static uint8_t service_of(const struct message_recipient *recipient)
{
    return (uint8_t)(recipient->notify | (recipient->is_forwarded ? FORWARDED_BIT : 0));
}

void record_add(struct buf *meta, const struct message *message)
{
    add_u8(meta, RECORD_ADD);
    add_u64(meta, message->id);
    add_u64(meta, (uint64_t)message->received_us);
    add_text(meta, message->sender);
    add_text(meta, message->envid);
    add_u8(meta, message->body);
    add_u8(meta, message->ret);
    add_u8(meta, flags_of(message));
    if (has_service(message)) {
        add_u64(meta, (uint64_t)message->deliver_by_us);
        add_u64(meta, (uint64_t)message->hold_until_us);
        add_u8(meta, message->deliver_by_return);
        add_u8(meta, (uint8_t)message->priority);
    }
    if (message->submitter != NULL)
        add_text(meta, message->submitter);
    add_u32(meta, message->recipient_count);
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        add_text(meta, message->recipients[i].address);
        add_text(meta, message->recipients[i].orcpt);
        add_u8(meta, service_of(&message->recipients[i]));
        add_state(meta, &message->recipients[i]);
    }
}

void record_update(struct buf *meta, uint64_t id, uint32_t index,
                   const struct message_recipient *recipient)
{
    add_u8(meta, RECORD_UPDATE);
    add_u64(meta, id);
    add_u32(meta, index);
    add_state(meta, recipient);
}

void record_remove(struct buf *meta, uint64_t id)
{
    add_u8(meta, RECORD_REMOVE);
    add_u64(meta, id);
}

void record_warned(struct buf *meta, uint64_t id)
{
    add_u8(meta, RECORD_WARNED);
    add_u64(meta, id);
}

static uint32_t crc_of(uint32_t crc, struct slice bytes)
{
    return (uint32_t)crc32_z(crc, (const unsigned char *)bytes.data, bytes.len);
}

static uint32_t meta_crc_of(uint32_t segment, const struct record_header *header, struct slice meta)
{
    char fields[16];
    put_u32(fields, segment);
    put_u32(fields + 4, header->meta_len);
    put_u32(fields + 8, header->content_len);
    put_u32(fields + 12, header->content_crc);
    return crc_of(crc_of(0, slice_from(fields, sizeof fields)), meta);
}

void record_seal(char bytes[RECORD_HEADER_BYTES], uint32_t segment, struct slice meta,
                 struct slice content)
{
    struct record_header header = {
        .meta_len = (uint32_t)meta.len,
        .content_len = (uint32_t)content.len,
        .content_crc = content.len > 0 ? crc_of(0, content) : 0,
    };
    put_u32(bytes, MAGIC);
    put_u32(bytes + 4, header.meta_len);
    put_u32(bytes + 8, header.content_len);
    put_u32(bytes + 12, header.content_crc);
    put_u32(bytes + 16, meta_crc_of(segment, &header, meta));
}

bool record_open(const char bytes[RECORD_HEADER_BYTES], struct record_header *out)
{
    *out = (struct record_header){get_u32(bytes + 4), get_u32(bytes + 8), get_u32(bytes + 12),
                                  get_u32(bytes + 16)};
    return get_u32(bytes) == MAGIC && out->meta_len <= RECORD_META_BYTES_MAX;
}

bool record_meta_is_right(const struct record_header *header, uint32_t segment, struct slice meta)
{
    return meta.len == header->meta_len && meta_crc_of(segment, header, meta) == header->meta_crc;
}

bool record_content_is_right(const struct record_header *header, struct slice content)
{
    return content.len == header->content_len &&
           (content.len > 0 ? crc_of(0, content) : 0) == header->content_crc;
}

size_t record_search(struct slice bytes, size_t from)
{
    char magic[4];
    put_u32(magic, MAGIC);
    struct slice rest = slice_skip(bytes, from);
    size_t at = slice_find_slice(rest, slice_from(magic, sizeof magic));
    return at == SIZE_MAX ? SIZE_MAX : from + at;
}

/* The getters take from the front of the rest; at its end they set `bad`. */
struct taker {
    struct slice rest;
    bool bad;
};

static const char *take(struct taker *taker, size_t len)
{
    if (taker->bad || taker->rest.len < len) {
        taker->bad = true;
        return NULL;
    }
    const char *at = taker->rest.data;
    taker->rest = slice_skip(taker->rest, len);
    return at;
}

static uint8_t take_u8(struct taker *taker)
{
    const char *at = take(taker, 1);
    return at != NULL ? (uint8_t)*at : 0;
}

static uint32_t take_u32(struct taker *taker)
{
    const char *at = take(taker, 4);
    return at != NULL ? get_u32(at) : 0;
}

static uint64_t take_u64(struct taker *taker)
{
    uint64_t low = take_u32(taker);
    return low | (uint64_t)take_u32(taker) << 32;
}

static struct slice take_text(struct taker *taker)
{
    uint32_t len = take_u32(taker);
    if (taker->bad || len == NO_TEXT)
        return slice_from(NULL, 0);
    const char *at = take(taker, len);
    return slice_from(at, at != NULL ? len : 0);
}

static const char *text_of(struct arena *arena, struct slice text)
{
    return text.data != NULL ? arena_text_of(arena, text) : NULL;
}

static void take_state(struct taker *taker, struct record_item *item)
{
    item->state = take_u8(taker);
    item->attempts = take_u32(taker);
    item->due_us = (int64_t)take_u64(taker);
    item->status = take_text(taker);
    if (item->state > RECIPIENT_FAILED)
        taker->bad = true;
}

static void state_set(struct message *message, uint32_t index, const struct record_item *item)
{
    struct message_recipient *recipient = &message->recipients[index];
    if (recipient->state == RECIPIENT_WAITING && item->state != RECIPIENT_WAITING)
        message->open_count--;
    recipient->state = item->state;
    recipient->attempts = item->attempts;
    recipient->due_us = item->due_us;
    if (item->status.data != NULL) {
        char *status = mem_text_copy_n(item->status.data, item->status.len);
        message_set_status(recipient, status);
        free(status);
    }
}

static void take_message(struct taker *taker, struct record_item *item)
{
    struct envelope envelope;
    envelope_init(&envelope);
    int64_t received_us = (int64_t)take_u64(taker);
    envelope_set_sender(&envelope, take_text(taker));
    envelope.envid = text_of(&envelope.arena, take_text(taker));
    envelope.body = (enum envelope_body)take_u8(taker);
    envelope.ret = (enum envelope_ret)take_u8(taker);
    uint8_t flags = take_u8(taker);
    if ((flags & FLAG_SERVICE) != 0) {
        envelope.deliver_by_us = (int64_t)take_u64(taker);
        envelope.hold_until_us = (int64_t)take_u64(taker);
        envelope.deliver_by_return = take_u8(taker) != 0;
        envelope.priority = (int8_t)take_u8(taker);
    }
    if ((flags & FLAG_SUBMITTER) != 0)
        envelope.submitter = text_of(&envelope.arena, take_text(taker));
    uint32_t count = take_u32(taker);
    envelope.is_doubtful = (flags & FLAG_DOUBTFUL) != 0;
    envelope.smtputf8 = (flags & FLAG_SMTPUTF8) != 0;
    envelope.require_tls = (flags & FLAG_REQUIRE_TLS) != 0;
    envelope.tls_optional = (flags & FLAG_TLS_OPTIONAL) != 0;
    struct taker states = *taker;
    for (uint32_t i = 0; i < count && !taker->bad; i++) {
        struct record_item skipped = {0};
        struct envelope_recipient *recipient = envelope_add_recipient(&envelope, take_text(taker));
        recipient->orcpt = text_of(&envelope.arena, take_text(taker));
        uint8_t service = take_u8(taker);
        recipient->notify = service & NOTIFY_BITS;
        recipient->is_forwarded = (service & FORWARDED_BIT) != 0;
        take_state(taker, &skipped);
    }
    if (!taker->bad && flags <= FLAGS_KNOWN && envelope.body <= ENVELOPE_BODY_BINARYMIME &&
        envelope.ret <= ENVELOPE_RET_HDRS) {
        item->message = message_new(&envelope, item->id, received_us);
        item->message->warned = (flags & FLAG_WARNED) != 0;
        for (uint32_t i = 0; i < count; i++) {
            take_text(&states);
            take_text(&states);
            take_u8(&states);
            take_state(&states, item);
            state_set(item->message, i, item);
        }
    } else {
        taker->bad = true;
    }
    envelope_deinit(&envelope);
}

int record_next(struct record_reader *reader, struct record_item *item)
{
    struct taker taker = {.rest = reader->rest};
    *item = (struct record_item){0};
    if (reader->rest.len == 0)
        return 0;
    item->change = (enum record_change)take_u8(&taker);
    item->id = take_u64(&taker);
    switch (item->change) {
    case RECORD_ADD:
        take_message(&taker, item);
        break;
    case RECORD_UPDATE:
        item->index = take_u32(&taker);
        take_state(&taker, item);
        break;
    case RECORD_REMOVE:
    case RECORD_WARNED:
        break;
    case RECORD_NONE:
    default:
        taker.bad = true;
    }
    if (taker.bad) {
        message_free(&item->message);
        return -1;
    }
    reader->rest = taker.rest;
    return 1;
}

void record_apply(struct message *message, const struct record_item *item)
{
    state_set(message, item->index, item);
}
