#include "sim/capture/capture_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/capture/pcapng.h"

#include "mta-under-test/base/poison.h"

enum {
    BLOCK_OVERHEAD = 12, /* type, length, length again */
    PACKET_HEADER = 20,
    OPTION_STATISTICS_DROPPED = 5,
};

static uint32_t read_u32(struct slice bytes, size_t at)
{
    uint32_t number;
    memcpy(&number, bytes.data + at, sizeof number);
    return number;
}

static uint16_t read_u16(struct slice bytes, size_t at)
{
    uint16_t number;
    memcpy(&number, bytes.data + at, sizeof number);
    return number;
}

void capture_file_init(struct capture_file *file, struct slice bytes)
{
    *file = (struct capture_file){.bytes = bytes};
}

int capture_file_open(struct capture_file *file, const char *path, struct err *err)
{
    *file = (struct capture_file){.bytes = {NULL, 0}};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s: cannot be opened", path);
    struct stat facts;
    void *mapping = NULL;
    int result = fstat(fd, &facts);
    if (result == 0 && facts.st_size > 0) {
        mapping = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapping == MAP_FAILED)
            result = -1;
    }
    if (result != 0)
        err_set_errno(err, "%s: cannot be read", path);
    close(fd);
    if (result != 0 || mapping == NULL)
        return result;
    file->bytes = slice_from(mapping, (size_t)facts.st_size);
    file->mapped = true;
    return 0;
}

void capture_file_close(struct capture_file *file)
{
    if (file->mapped) {
        /* mmap gave it as writable address; the slice only borrowed it as const. */
        union {
            const char *borrowed;
            void *owned;
        } mapping = {.borrowed = file->bytes.data};
        munmap(mapping.owned, file->bytes.len);
    }
    *file = (struct capture_file){.bytes = {NULL, 0}};
}

/* The value of the first option with this code, or the empty slice. */
static struct slice find_option(struct slice options, uint16_t wanted)
{
    while (options.len >= 4) {
        uint16_t code = read_u16(options, 0);
        size_t len = read_u16(options, 2);
        size_t padded = (len + 3) / 4 * 4;
        if (code == PCAPNG_OPTION_END || padded > options.len - 4)
            break;
        if (code == wanted)
            return slice_from(options.data + 4, len);
        options = slice_skip(options, 4 + padded);
    }
    return slice_from("", 0);
}

static int broken(const struct capture_file *file, struct err *err, const char *what)
{
    return err_set(err, "offset %zu: %s", file->offset, what);
}

static int read_packet(struct capture_file *file, struct slice body, struct capture_packet *packet,
                       struct err *err)
{
    if (!file->interface_seen)
        return broken(file, err, "a packet before its interface");
    if (body.len < PACKET_HEADER)
        return broken(file, err, "a packet block is too short");
    uint32_t captured = read_u32(body, 12);
    if (captured > body.len - PACKET_HEADER)
        return broken(file, err, "a packet is longer than its block");
    uint64_t at_us = (uint64_t)read_u32(body, 4) << 32 | read_u32(body, 8);
    size_t options_at = PACKET_HEADER + ((size_t)captured + 3) / 4 * 4;
    *packet = (struct capture_packet){
        .number = ++file->packets,
        .at_us = (int64_t)at_us,
        .link_type = file->link_type,
        .data = slice_from(body.data + PACKET_HEADER, captured),
        .original_bytes = read_u32(body, 16),
        .comment = find_option(slice_skip(body, options_at), PCAPNG_OPTION_COMMENT),
    };
    return 1;
}

static int read_interface(struct capture_file *file, struct slice body, struct err *err)
{
    if (body.len < 8)
        return broken(file, err, "an interface block is too short");
    if (!file->interface_seen)
        file->link_type = read_u16(body, 0);
    file->interface_seen = true;
    return 0;
}

static int read_statistics(struct capture_file *file, struct slice body, struct err *err)
{
    if (body.len < 12)
        return broken(file, err, "a statistics block is too short");
    struct slice dropped = find_option(slice_skip(body, 12), OPTION_STATISTICS_DROPPED);
    if (dropped.len == sizeof file->dropped)
        memcpy(&file->dropped, dropped.data, sizeof file->dropped);
    return 0;
}

/* 1 = a packet, 0 = go on, -1 = broken. */
static int read_block(struct capture_file *file, uint32_t type, struct slice body,
                      struct capture_packet *packet, struct err *err)
{
    switch (type) {
    case PCAPNG_SECTION:
        if (body.len < 16 || read_u32(body, 0) != PCAPNG_BYTE_ORDER)
            return broken(file, err, "not a pcapng section in this machine's byte order");
        file->section_seen = true;
        return 0;
    case PCAPNG_INTERFACE:
        return read_interface(file, body, err);
    case PCAPNG_PACKET:
        return read_packet(file, body, packet, err);
    case PCAPNG_STATISTICS:
        return read_statistics(file, body, err);
    case PCAPNG_SECRETS:
        file->secrets++;
        return 0;
    default:
        return 0;
    }
}

int capture_file_next(struct capture_file *file, struct capture_packet *packet, struct err *err)
{
    int found = 0;
    while (found == 0) {
        struct slice rest = slice_skip(file->bytes, file->offset);
        if (rest.len == 0)
            return 0;
        if (rest.len < BLOCK_OVERHEAD)
            return broken(file, err, "the file ends inside a block");
        uint32_t type = read_u32(rest, 0);
        if (!file->section_seen && type != PCAPNG_SECTION)
            return broken(file, err, "this is no pcapng file");
        size_t len = read_u32(rest, 4);
        if (len < BLOCK_OVERHEAD || len % 4 != 0)
            return broken(file, err, "a block has an impossible length");
        if (len > rest.len)
            return broken(file, err, "the file ends inside a block");
        if (read_u32(rest, len - 4) != len)
            return broken(file, err, "the two lengths of a block differ");
        found =
            read_block(file, type, slice_from(rest.data + 8, len - BLOCK_OVERHEAD), packet, err);
        if (found < 0)
            return -1;
        file->offset += len;
    }
    return found;
}
