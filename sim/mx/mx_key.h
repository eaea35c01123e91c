/*
 * What a counter, a greylist or a lasting effect goes by: one or more facts of the session, as
 * "source-ip" or ["source-prefix", "sender", "recipient"].
 */
#pragma once

#include "sim/mx/mx_facts.h"

#define MX_KEY_PARTS(X)                     \
    X(SOURCE_IP, "source-ip")               \
    X(SOURCE_PREFIX, "source-prefix")       \
    X(HELO, "helo")                         \
    X(SENDER, "sender")                     \
    X(SENDER_DOMAIN, "sender-domain")       \
    X(RECIPIENT, "recipient")               \
    X(RECIPIENT_DOMAIN, "recipient-domain") \
    X(DKIM_DOMAIN, "dkim-domain")           \
    X(SPF_DOMAIN, "spf-domain")             \
    X(URL_DOMAIN, "url-domain")             \
    X(FROM_DOMAIN, "from-domain")           \
    X(MESSAGE_ID, "message-id")             \
    X(BODY, "body")                         \
    X(CONNECTION, "connection")             \
    X(TLS_SESSION, "tls-session")           \
    X(ALL, "all")

enum mx_key_part {
#define X(name, word) MX_KEY_##name,
    MX_KEY_PARTS(X)
#undef X
        MX_KEY_PART_COUNT,
};

#define MX_KEY_BIT(part) (1u << (unsigned)(part))

enum { MX_KEY_V4_BITS = 24, MX_KEY_V6_BITS = 64, MX_KEY_TEXT_BYTES = 4096 };

struct mx_key {
    unsigned parts;   /* MX_KEY_BIT()s */
    unsigned v4_bits; /* of source-prefix */
    unsigned v6_bits;
};

/* A word or an array of words. */
int mx_key_read(struct spec spec, struct mx_key *key, struct err *err) MUST_CHECK;
/* "24/64": how long the source prefix is in IPv4 and in IPv6; an error if the key has none. */
int mx_key_read_prefix(struct spec spec, struct mx_key *key, struct err *err) MUST_CHECK;
struct mx_key mx_key_of(unsigned parts);

/* The stages at which all parts are known. */
unsigned mx_key_stages(const struct mx_key *key);

/* Appends the value for these facts: parts in a fixed order, in lower case, with a byte between
 * them that stands in none. */
void mx_key_write(const struct mx_key *key, const struct mx_facts *facts, struct buf *out);

/* False for a message that has not what the key goes by: no link for url-domain, no signature for
 * dkim-domain, no Message-ID, no From. */
bool mx_key_is_there(const struct mx_key *key, const struct mx_facts *facts);

/* The key by which attempts are counted at a stage when nothing is said: source at the stages
 * before MAIL; sender; sender and recipient; at data-end the message too. */
struct mx_key mx_key_default(enum mx_stage stage);
