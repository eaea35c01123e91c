#include "mta-under-test/refmta/delivery/dns_answer.h"

#include <ares.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { HEADER_BYTES = 12, TYPE_CLASS_BYTES = 4, RECORD_FIXED_BYTES = 10, CLASS_IN = 1 };

static unsigned get_u16(const char *at)
{
    return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

static uint32_t get_u32(const char *at)
{
    return (uint32_t)get_u16(at) << 16 | get_u16(at + 2);
}

/* A domain name at `at` (which may point back into the message); moves *at behind it. */
static int take_name(struct slice message, size_t *at, struct arena *arena, const char **name)
{
    char *expanded = NULL;
    long used = 0;
    if (ares_expand_name((const unsigned char *)message.data + *at,
                         (const unsigned char *)message.data, (int)message.len, &expanded,
                         &used) != ARES_SUCCESS)
        return -1;
    if (name != NULL) {
        char *copy = arena_text(arena, expanded);
        text_to_lower(copy);
        *name = copy;
    }
    ares_free_string(expanded);
    *at += (size_t)used;
    return 0;
}

static int take_mx(struct slice message, size_t at, size_t len, struct arena *arena,
                   struct dns_record *record)
{
    if (len < 3)
        return -1;
    record->preference = (uint16_t)get_u16(message.data + at);
    at += 2;
    return take_name(message, &at, arena, &record->host);
}

static int take_address(const char *data, size_t len, unsigned type, struct dns_record *record)
{
    if (len != (type == DNS_TYPE_A ? 4 : 16))
        return -1;
    record->address.family = type == DNS_TYPE_A ? AF_INET : AF_INET6;
    memcpy(record->address.bytes, data, len);
    return 0;
}

static int take_text(struct slice data, struct arena *arena, struct dns_record *record)
{
    char *text = arena_alloc(arena, data.len + 1);
    size_t len = 0;
    while (data.len > 0) {
        size_t part = (unsigned char)data.data[0];
        if (part + 1 > data.len)
            return -1;
        memcpy(text + len, data.data + 1, part);
        len += part;
        data = slice_skip(data, part + 1);
    }
    record->text = slice_from(text, len);
    return 0;
}

static int take_data(struct slice message, size_t at, size_t len, unsigned type,
                     struct arena *arena, struct dns_record *record)
{
    if (type == DNS_TYPE_MX)
        return take_mx(message, at, len, arena, record);
    if (type == DNS_TYPE_PTR)
        return take_name(message, &at, arena, &record->host);
    if (type == DNS_TYPE_TXT)
        return take_text(slice_from(message.data + at, len), arena, record);
    if (type == DNS_TYPE_TLSA) {
        record->text = arena_slice(arena, slice_from(message.data + at, len));
        return 0;
    }
    return take_address(message.data + at, len, type, record);
}

static int take_record(struct slice message, size_t *at, unsigned type, struct arena *arena,
                       struct dns_answer *answer, uint32_t *ttl_min)
{
    if (take_name(message, at, arena, NULL) != 0 || *at + RECORD_FIXED_BYTES > message.len)
        return -1;
    unsigned found = get_u16(message.data + *at);
    unsigned class = get_u16(message.data + *at + 2);
    uint32_t ttl = get_u32(message.data + *at + 4);
    size_t len = get_u16(message.data + *at + 8);
    *at += RECORD_FIXED_BYTES;
    if (*at + len > message.len)
        return -1;
    size_t data = *at;
    *at += len;
    /* The TTL of an alias on the way counts too. RFC 2181 8: the top bit set means 0. */
    if (ttl > INT32_MAX)
        ttl = 0;
    if (class == CLASS_IN && (found == type || found == DNS_TYPE_CNAME) && ttl < *ttl_min)
        *ttl_min = ttl;
    if (class == CLASS_IN && found == DNS_TYPE_CNAME && type != DNS_TYPE_CNAME)
        return take_name(message, &data, arena, &answer->canonical);
    if (class != CLASS_IN || found != type || answer->count == DNS_RECORDS_MAX)
        return 0;
    struct dns_record *record = &answer->records[answer->count];
    record->ttl_seconds = ttl;
    if (take_data(message, data, len, type, arena, record) != 0)
        return -1;
    answer->count++;
    return 0;
}

int dns_answer_parse(struct slice message, unsigned type, struct arena *arena,
                     struct dns_answer *answer)
{
    *answer = (struct dns_answer){0};
    if (message.len < HEADER_BYTES)
        return -1;
    answer->rcode = (unsigned)message.data[3] & 0x0f;
    answer->authentic = (message.data[3] & 0x20) != 0;
    answer->is_cut = (message.data[2] & 0x02) != 0;
    unsigned questions = get_u16(message.data + 4);
    unsigned answers = get_u16(message.data + 6);
    size_t at = HEADER_BYTES;
    uint32_t ttl_min = UINT32_MAX;
    for (unsigned i = 0; i < questions; i++) {
        if (at >= message.len || take_name(message, &at, arena, NULL) != 0)
            return -1;
        at += TYPE_CLASS_BYTES;
    }
    answer->records =
        arena_alloc_array(arena, answers < DNS_RECORDS_MAX ? answers + 1 : DNS_RECORDS_MAX,
                          sizeof(struct dns_record));
    for (unsigned i = 0; i < answers; i++)
        if (at >= message.len || take_record(message, &at, type, arena, answer, &ttl_min) != 0)
            return -1;
    for (size_t i = 0; i < answer->count; i++)
        answer->records[i].ttl_seconds = ttl_min;
    return 0;
}
