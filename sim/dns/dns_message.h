/*
 * Writes an answer (RFC 1035 section 4.1) with compressed names, within a limit. What goes in is
 * ready data of the model, so writing is mostly copying.
 *
 * An RRset goes in whole or not at all (RFC 2181 section 9). After one that did not fit, only
 * dns_message_end() may follow.
 */
#pragma once

#include "sim/dns/dns_query.h"
#include "sim/dns/dns_resolve.h"

enum { DNS_COMPRESS_SLOTS = 512 }; /* a power of two */

struct dns_message {
    unsigned char *bytes; /* DNS_MESSAGE_BYTES_MAX */
    size_t len;
    size_t limit;
    uint16_t counts[DNS_SECTION_COUNT];
    bool truncated;
    bool ttl_given; /* all records get `ttl` */
    uint32_t ttl;
    /* Suffixes of names already written: their hash and where they stand (0 is a free slot). */
    uint32_t hashes[DNS_COMPRESS_SLOTS];
    uint16_t offsets[DNS_COMPRESS_SLOTS];
    size_t suffix_count;
};

void dns_message_init(struct dns_message *message);
void dns_message_deinit(struct dns_message *message);

/* Starts an answer to `query` of at most `limit` bytes: room for the header, the question. */
void dns_message_begin(struct dns_message *message, const struct dns_query *query, size_t limit);

/* Does one message hold the RRset, without signatures? */
bool dns_message_can_hold(struct dns_rrset *set, struct slice owner);

/* Writes the parts of a plan, section by section. */
void dns_message_plan(struct dns_message *message, const struct dns_plan *plan);

/* What the header and the OPT record say. */
struct dns_message_end {
    int rcode;
    bool authoritative;
    bool recursion_available;
    bool authenticated;
    uint16_t udp_bytes; /* what we can take */
};

/* Writes the OPT record (if the query had one) and the header. The message is then complete. */
void dns_message_end(struct dns_message *message, const struct dns_query *query,
                     const struct dns_message_end *end);
