/*
 * Writes the blocks of a pcapng file (draft-ietf-opsawg-pcapng) into a buf, in the byte order of
 * this machine. Pure: no file, no clock. The order that a reader needs: section, interface, then
 * the rest; secrets before the packets that need them (tshark reads a file once, from the front).
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum {
    PCAPNG_SECTION = 0x0A0D0D0A,
    PCAPNG_INTERFACE = 1,
    PCAPNG_NAMES = 4,
    PCAPNG_STATISTICS = 5,
    PCAPNG_PACKET = 6,
    PCAPNG_SECRETS = 10,
};

enum {
    PCAPNG_BYTE_ORDER = 0x1A2B3C4D,
    PCAPNG_SECRETS_TLS = 0x544C534B,
    PCAPNG_OPTION_END = 0,
    PCAPNG_OPTION_COMMENT = 1,
    PCAPNG_OPTION_TEXT_MAX = 1000, /* longer texts are cut */
};

/* A host's name for the Name Resolution Block. */
struct pcapng_name {
    const char *address; /* IPv4 or IPv6 as text */
    const char *name;
};

struct pcapng_packet {
    int64_t at_us; /* since 1970 */
    struct slice data;
    uint32_t original_bytes; /* on the wire; data.len may be less */
    const char *comment;     /* NULL = none */
};

struct pcapng_counts {
    int64_t at_us;
    uint64_t received;
    uint64_t dropped;
};

/* `comment` may be NULL. */
void pcapng_add_section(struct buf *out, const char *application, const char *comment);
/* Interface number 0, with time stamps in microseconds. */
void pcapng_add_interface(struct buf *out, uint16_t link_type, uint32_t snap_bytes,
                          const char *name);
/* Names whose address is none are left out. */
void pcapng_add_names(struct buf *out, const struct pcapng_name *names, size_t count);
/* Lines of an NSS key log (SSLKEYLOGFILE), each with its newline. */
void pcapng_add_secrets(struct buf *out, struct slice lines);
void pcapng_add_packet(struct buf *out, const struct pcapng_packet *packet);
void pcapng_add_statistics(struct buf *out, const struct pcapng_counts *counts);
