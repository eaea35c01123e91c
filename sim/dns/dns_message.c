#include "sim/dns/dns_message.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    DNS_OPT_BYTES = 11,
    DNS_POINTER_MAX = 0x3fff, /* 14 bits */
    DNS_SUFFIXES_MAX = DNS_COMPRESS_SLOTS * 3 / 4,
};

void dns_message_init(struct dns_message *message)
{
    *message = (struct dns_message){0};
    message->bytes = mem_alloc(DNS_MESSAGE_BYTES_MAX);
}

void dns_message_deinit(struct dns_message *message)
{
    free(message->bytes);
    message->bytes = NULL;
}

static void dns_put_u16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void dns_put_u32(unsigned char *at, uint32_t value)
{
    dns_put_u16(at, value >> 16);
    dns_put_u16(at + 2, value & 0xffff);
}

static bool dns_message_add(struct dns_message *message, const void *data, size_t len)
{
    if (message->limit - message->len < len)
        return false;
    memcpy(message->bytes + message->len, data, len);
    message->len += len;
    return true;
}

/* ---- names */

/* Owner names may take the case of the question; those in data keep the case of the zone, since a
 * client goes on with them. */
enum dns_case {
    DNS_CASE_ANY,
    DNS_CASE_KEPT,
};

/* True if the name that stands at `at` in the message is `wire`. The name may be the one that is
 * being written, so it may have no end yet. */
static bool dns_message_name_is(const struct dns_message *message, size_t at, struct slice wire,
                                enum dns_case letters)
{
    const unsigned char *bytes = message->bytes;
    while (at < message->len) {
        size_t label = bytes[at];
        if (label >= 0xc0) {
            /* Pointers are our own and lead backwards. */
            at = (label & 0x3f) << 8 | bytes[at + 1];
            continue;
        }
        if (label != (unsigned char)*wire.data)
            return false;
        if (label == 0)
            return true;
        struct slice ours = slice_from((const char *)bytes + at + 1, label);
        struct slice theirs = slice_from(wire.data + 1, label);
        if (letters == DNS_CASE_KEPT ? !slice_equal(ours, theirs)
                                     : !slice_equal_nocase(ours, theirs))
            return false;
        at += 1 + label;
        wire = dns_wire_parent(wire);
    }
    return false;
}

/* The place of a suffix: its offset, or 0 and the free slot. */
static size_t dns_message_find(const struct dns_message *message, uint32_t hash, struct slice wire,
                               enum dns_case letters, size_t *slot)
{
    *slot = hash & (DNS_COMPRESS_SLOTS - 1);
    while (message->offsets[*slot] != 0) {
        if (message->hashes[*slot] == hash &&
            dns_message_name_is(message, message->offsets[*slot], wire, letters))
            return message->offsets[*slot];
        *slot = (*slot + 1) & (DNS_COMPRESS_SLOTS - 1);
    }
    return 0;
}

static void dns_message_remember(struct dns_message *message, size_t slot, uint32_t hash, size_t at)
{
    if (at > DNS_POINTER_MAX || message->suffix_count >= DNS_SUFFIXES_MAX)
        return;
    message->hashes[slot] = hash;
    message->offsets[slot] = (uint16_t)at;
    message->suffix_count++;
}

/* Splits a name into its suffixes (without the root) and hashes each; returns how many. */
static size_t dns_suffixes(struct slice wire, struct slice suffixes[DNS_LABELS_MAX],
                           uint32_t hashes[DNS_LABELS_MAX])
{
    size_t count = 0;
    for (; !dns_wire_is_root(wire) && count < DNS_LABELS_MAX; wire = dns_wire_parent(wire))
        suffixes[count++] = wire;
    uint32_t hash = 0;
    for (size_t i = count; i-- > 0;) {
        size_t label = (unsigned char)*suffixes[i].data;
        for (size_t k = 0; k <= label; k++)
            hash = (hash ^ (unsigned char)text_lower(suffixes[i].data[k])) * 0x01000193u;
        hashes[i] = hash ^ hash >> 15;
    }
    return count;
}

/* Writes a name; its longest suffix that is there already becomes a pointer. */
static bool dns_message_name(struct dns_message *message, struct slice wire, enum dns_case letters)
{
    struct slice suffixes[DNS_LABELS_MAX];
    uint32_t hashes[DNS_LABELS_MAX];
    size_t count = dns_suffixes(wire, suffixes, hashes);
    for (size_t i = 0; i < count; i++) {
        size_t slot;
        size_t at = dns_message_find(message, hashes[i], suffixes[i], letters, &slot);
        if (at != 0) {
            const unsigned char pointer[] = {(unsigned char)(0xc0 | at >> 8), (unsigned char)at};
            return dns_message_add(message, pointer, sizeof pointer);
        }
        size_t here = message->len;
        if (!dns_message_add(message, suffixes[i].data,
                             1 + (size_t)(unsigned char)*suffixes[i].data))
            return false;
        dns_message_remember(message, slot, hashes[i], here);
    }
    return dns_message_add(message, "", 1);
}

/* ---- records */

/* Where names stand in the data of the types that may be compressed (RFC 3597 section 4). */
static size_t dns_names_in(uint16_t type, size_t *before)
{
    *before = type == LDNS_RR_TYPE_MX ? 2 : 0;
    if (type == LDNS_RR_TYPE_SOA)
        return 2;
    return type == LDNS_RR_TYPE_MX || type == LDNS_RR_TYPE_NS || type == LDNS_RR_TYPE_CNAME ||
           type == LDNS_RR_TYPE_PTR;
}

static bool dns_message_data(struct dns_message *message, uint16_t type, struct slice data)
{
    size_t before;
    size_t names = dns_names_in(type, &before);
    if (names > 0) {
        if (!dns_message_add(message, data.data, before))
            return false;
        data = slice_skip(data, before);
    }
    for (size_t i = 0; i < names; i++) {
        size_t len = dns_wire_len(data);
        if (len == 0 || !dns_message_name(message, slice_first(data, len), DNS_CASE_KEPT))
            return false;
        data = slice_skip(data, len);
    }
    return dns_message_add(message, data.data != NULL ? data.data : "", data.len);
}

static bool dns_message_record(struct dns_message *message, const struct dns_part *part,
                               uint16_t type, struct slice data)
{
    enum { FIXED_BYTES = 10 };
    unsigned char fixed[FIXED_BYTES];
    uint32_t ttl = part->set->ttl;
    ttl = ttl < part->ttl_max ? ttl : part->ttl_max;
    if (message->ttl_given)
        ttl = message->ttl;
    dns_put_u16(fixed, type);
    dns_put_u16(fixed + 2, DNS_CLASS_IN);
    dns_put_u32(fixed + 4, ttl);
    dns_put_u16(fixed + 8, 0);
    if (!dns_message_name(message, part->owner, DNS_CASE_ANY) ||
        !dns_message_add(message, fixed, FIXED_BYTES))
        return false;
    size_t start = message->len;
    if (!dns_message_data(message, type, data))
        return false;
    dns_put_u16(message->bytes + start - 2, (unsigned)(message->len - start));
    message->counts[part->section]++;
    return true;
}

static bool dns_message_list(struct dns_message *message, const struct dns_part *part,
                             uint16_t type, const struct dns_rdata_list *list)
{
    struct slice data;
    for (size_t at = 0; dns_rdata_next(list, &at, &data);) {
        if (!dns_message_record(message, part, type, data))
            return false;
    }
    return true;
}

/* The RRset with its signatures; false, and the message as before, if it does not fit. */
static bool dns_message_part(struct dns_message *message, const struct dns_part *part, bool dnssec)
{
    size_t len = message->len;
    uint16_t count = message->counts[part->section];
    if (dns_message_list(message, part, part->set->type, &part->set->records) &&
        (!dnssec || dns_message_list(message, part, LDNS_RR_TYPE_RRSIG, part->signatures)))
        return true;
    message->len = len;
    message->counts[part->section] = count;
    return false;
}

void dns_message_plan(struct dns_message *message, const struct dns_plan *plan)
{
    for (int section = 0; section < DNS_SECTION_COUNT; section++) {
        for (size_t i = 0; i < plan->part_count; i++) {
            const struct dns_part *part = &plan->parts[i];
            if ((int)part->section != section || dns_message_part(message, part, plan->dnssec))
                continue;
            /* Additional records are a help only; anything else is missed (RFC 2181 9). */
            message->truncated = section != DNS_SECTION_ADDITIONAL;
            return;
        }
    }
}

/* ---- the frame */

void dns_message_begin(struct dns_message *message, const struct dns_query *query, size_t limit)
{
    memset(message->bytes, 0, DNS_HEADER_BYTES);
    memset(message->offsets, 0, sizeof message->offsets);
    memset(message->counts, 0, sizeof message->counts);
    message->suffix_count = 0;
    message->truncated = false;
    message->ttl_given = false;
    message->limit = limit - (query->edns ? DNS_OPT_BYTES : 0);
    message->len = DNS_HEADER_BYTES;
    if (query->question.len == 0)
        return;
    /* The name goes back in the case in which it came: clients that mix it compare (0x20). */
    if (!dns_message_name(message, slice_first(query->question, query->name.len), DNS_CASE_KEPT) ||
        !dns_message_add(message, query->question.data + query->name.len, 4))
        abort();
}

static void dns_message_opt(struct dns_message *message, const struct dns_query *query,
                            const struct dns_message_end *end)
{
    unsigned char opt[DNS_OPT_BYTES] = {0};
    dns_put_u16(opt + 1, LDNS_RR_TYPE_OPT);
    dns_put_u16(opt + 3, end->udp_bytes);
    opt[5] = (unsigned char)(end->rcode >> 4);
    opt[7] = query->dnssec_ok ? 0x80 : 0;
    message->limit += DNS_OPT_BYTES;
    if (!dns_message_add(message, opt, sizeof opt))
        abort();
}

void dns_message_end(struct dns_message *message, const struct dns_query *query,
                     const struct dns_message_end *end)
{
    unsigned flags = 0x8000 | query->opcode << 11 | ((unsigned)end->rcode & 15);
    flags |= end->authoritative ? 0x0400 : 0;
    flags |= message->truncated ? 0x0200 : 0;
    flags |= query->rd ? 0x0100 : 0;
    flags |= end->recursion_available ? 0x0080 : 0;
    flags |= end->authenticated ? 0x0020 : 0;
    flags |= query->cd ? 0x0010 : 0;
    if (query->edns)
        dns_message_opt(message, query, end);
    dns_put_u16(message->bytes, query->id);
    dns_put_u16(message->bytes + 2, flags);
    dns_put_u16(message->bytes + 4, query->question.len > 0);
    dns_put_u16(message->bytes + 6, message->counts[DNS_SECTION_ANSWER]);
    dns_put_u16(message->bytes + 8, message->counts[DNS_SECTION_AUTHORITY]);
    dns_put_u16(message->bytes + 10,
                (unsigned)message->counts[DNS_SECTION_ADDITIONAL] + query->edns);
}

bool dns_message_can_hold(struct dns_rrset *set, struct slice owner)
{
    static const struct dns_query NO_QUERY;
    const struct dns_part part = {
        .set = set, .owner = owner, .section = DNS_SECTION_ANSWER, .ttl_max = UINT32_MAX};
    struct dns_message message;
    dns_message_init(&message);
    dns_message_begin(&message, &NO_QUERY, DNS_MESSAGE_BYTES_MAX);
    bool holds = dns_message_part(&message, &part, false);
    dns_message_deinit(&message);
    return holds;
}
