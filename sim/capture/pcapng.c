#include "sim/capture/pcapng.h"

#include <arpa/inet.h>

#include "mta-under-test/base/poison.h"

enum {
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_RESOLUTION = 9,
    OPTION_STATISTICS_RECEIVED = 4,
    OPTION_STATISTICS_DROPPED = 5,
    NAME_RECORD_END = 0,
    NAME_RECORD_IPV4 = 1,
    NAME_RECORD_IPV6 = 2,
    RESOLUTION_US = 6,
};

static void add_u16(struct buf *out, uint16_t number)
{
    buf_add(out, &number, sizeof number);
}

static void add_u32(struct buf *out, uint32_t number)
{
    buf_add(out, &number, sizeof number);
}

static void add_padding(struct buf *out, size_t len)
{
    static const char zeros[4];
    buf_add(out, zeros, (4 - len % 4) % 4);
}

/* A block has its length at both ends; it is known when the block ends. */
static size_t begin_block(struct buf *out, uint32_t type)
{
    size_t start = out->len;
    add_u32(out, type);
    add_u32(out, 0);
    return start;
}

static void end_block(struct buf *out, size_t start)
{
    uint32_t len = (uint32_t)(out->len - start + sizeof(uint32_t));
    add_u32(out, len);
    if (!buf_overflowed(out))
        memcpy(out->data + start + sizeof(uint32_t), &len, sizeof len);
}

static void add_option(struct buf *out, uint16_t code, const void *data, size_t len)
{
    add_u16(out, code);
    add_u16(out, (uint16_t)len);
    buf_add(out, data, len);
    add_padding(out, len);
}

static void add_text_option(struct buf *out, uint16_t code, const char *text)
{
    if (text != NULL)
        add_option(out, code, text, strnlen(text, PCAPNG_OPTION_TEXT_MAX));
}

void pcapng_add_section(struct buf *out, const char *application, const char *comment)
{
    size_t start = begin_block(out, PCAPNG_SECTION);
    add_u32(out, PCAPNG_BYTE_ORDER);
    add_u16(out, 1); /* version 1.0 */
    add_u16(out, 0);
    int64_t section_bytes = -1; /* not said */
    buf_add(out, &section_bytes, sizeof section_bytes);
    add_text_option(out, OPTION_SECTION_APPLICATION, application);
    add_text_option(out, PCAPNG_OPTION_COMMENT, comment);
    add_option(out, PCAPNG_OPTION_END, NULL, 0);
    end_block(out, start);
}

void pcapng_add_interface(struct buf *out, uint16_t link_type, uint32_t snap_bytes,
                          const char *name)
{
    size_t start = begin_block(out, PCAPNG_INTERFACE);
    add_u16(out, link_type);
    add_u16(out, 0);
    add_u32(out, snap_bytes);
    add_text_option(out, OPTION_INTERFACE_NAME, name);
    uint8_t resolution = RESOLUTION_US;
    add_option(out, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof resolution);
    add_option(out, PCAPNG_OPTION_END, NULL, 0);
    end_block(out, start);
}

void pcapng_add_names(struct buf *out, const struct pcapng_name *names, size_t count)
{
    size_t start = begin_block(out, PCAPNG_NAMES);
    for (size_t i = 0; i < count; i++) {
        unsigned char address[16];
        size_t address_len = 4;
        if (inet_pton(AF_INET, names[i].address, address) != 1) {
            address_len = 16;
            if (inet_pton(AF_INET6, names[i].address, address) != 1)
                continue;
        }
        size_t name_len = strnlen(names[i].name, PCAPNG_OPTION_TEXT_MAX);
        size_t len = address_len + name_len + 1;
        add_u16(out, address_len == 4 ? NAME_RECORD_IPV4 : NAME_RECORD_IPV6);
        add_u16(out, (uint16_t)len);
        buf_add(out, address, address_len);
        buf_add(out, names[i].name, name_len);
        buf_add_char(out, '\0');
        add_padding(out, len);
    }
    add_option(out, NAME_RECORD_END, NULL, 0);
    end_block(out, start);
}

void pcapng_add_secrets(struct buf *out, struct slice lines)
{
    size_t start = begin_block(out, PCAPNG_SECRETS);
    add_u32(out, PCAPNG_SECRETS_TLS);
    add_u32(out, (uint32_t)lines.len);
    buf_add_slice(out, lines);
    add_padding(out, lines.len);
    end_block(out, start);
}

static void add_time(struct buf *out, int64_t at_us)
{
    add_u32(out, (uint32_t)((uint64_t)at_us >> 32));
    add_u32(out, (uint32_t)at_us);
}

void pcapng_add_packet(struct buf *out, const struct pcapng_packet *packet)
{
    size_t start = begin_block(out, PCAPNG_PACKET);
    add_u32(out, 0); /* the interface */
    add_time(out, packet->at_us);
    add_u32(out, (uint32_t)packet->data.len);
    add_u32(out, packet->original_bytes);
    buf_add_slice(out, packet->data);
    add_padding(out, packet->data.len);
    if (packet->comment != NULL) {
        add_text_option(out, PCAPNG_OPTION_COMMENT, packet->comment);
        add_option(out, PCAPNG_OPTION_END, NULL, 0);
    }
    end_block(out, start);
}

void pcapng_add_statistics(struct buf *out, const struct pcapng_counts *counts)
{
    size_t start = begin_block(out, PCAPNG_STATISTICS);
    add_u32(out, 0); /* the interface */
    add_time(out, counts->at_us);
    add_option(out, OPTION_STATISTICS_RECEIVED, &counts->received, sizeof counts->received);
    add_option(out, OPTION_STATISTICS_DROPPED, &counts->dropped, sizeof counts->dropped);
    add_option(out, PCAPNG_OPTION_END, NULL, 0);
    end_block(out, start);
}
