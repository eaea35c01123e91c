#include "sim/net/net_filter.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include "mta-under-test/base/poison.h"

enum {
    NET_V4_DESTINATION = 16, /* in the IP header */
    NET_V6_DESTINATION = 24,
    NET_V4_HEADER = 20,
    NET_V6_HEADER = 40,
    NET_V4_TCP_FLAGS = NET_V4_HEADER + 13,
    NET_V6_TCP_FLAGS = NET_V6_HEADER + 13,
    NET_TCP_SYN = 0x02,
    NET_TCP_SYN_ACK = 0x12,
    NET_WORDS_V6 = 4,
    NET_PROGRAM_MAX = 4096,
};

struct net_program {
    struct sock_filter steps[NET_PROGRAM_MAX];
    unsigned short count;
};

static void net_program_add(struct net_program *program, unsigned code, uint32_t k,
                            unsigned char otherwise)
{
    program->steps[program->count++] =
        (struct sock_filter){.code = (unsigned short)code, .jf = otherwise, .k = k};
}

static void net_program_load(struct net_program *program, unsigned size, uint32_t at)
{
    net_program_add(program, BPF_LD | size | BPF_ABS, (uint32_t)SKF_NET_OFF + at, 0);
}

/* Goes on at the next step if equal, else behind `skip` steps. */
static void net_program_equal(struct net_program *program, uint32_t value, unsigned char skip)
{
    net_program_add(program, BPF_JMP | BPF_JEQ | BPF_K, value, skip);
}

static void net_program_return(struct net_program *program, bool taken)
{
    net_program_add(program, BPF_RET | BPF_K, taken ? UINT32_MAX : 0, 0);
}

static uint32_t net_address_word(const struct address *address, size_t i)
{
    const unsigned char *bytes = address->bytes + i * 4;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void net_program_drop_v6(struct net_program *program, const struct address *address)
{
    for (size_t i = 0; i < NET_WORDS_V6; i++) {
        /* what is left of this address: two steps a word, and the return */
        unsigned char rest = (unsigned char)((NET_WORDS_V6 - 1 - i) * 2 + 1);
        net_program_load(program, BPF_W, NET_V6_DESTINATION + (uint32_t)(i * 4));
        net_program_equal(program, net_address_word(address, i), rest);
    }
    net_program_return(program, false);
}

/* The family of a socket, or -1 with `err`. */
static int net_family_of(int fd, struct err *err)
{
    int family = 0;
    socklen_t len = sizeof family;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) != 0)
        return err_set_errno(err, "a socket has no family");
    return family;
}

static int net_program_attach(int fd, struct net_program *program, struct err *err)
{
    const struct sock_fprog fprog = {.len = program->count, .filter = program->steps};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof fprog) != 0)
        return err_set_errno(err, "a filter of the network cannot be set");
    return 0;
}

int net_filter_shut(int fd, const struct address *addresses, size_t count, struct err *err)
{
    struct net_program program = {.count = 0};
    size_t shut = 0;
    int family = net_family_of(fd, err);
    if (family < 0)
        return -1;
    if (family == AF_INET)
        net_program_load(&program, BPF_W, NET_V4_DESTINATION);
    for (size_t i = 0; i < count; i++) {
        bool ipv4 = address_is_ipv4(&addresses[i]);
        if (ipv4 != (family == AF_INET) || shut == (ipv4 ? NET_FILTER_V4_MAX : NET_FILTER_V6_MAX))
            continue;
        shut++;
        if (ipv4) {
            net_program_equal(&program, net_address_word(&addresses[i], 3), 1);
            net_program_return(&program, false);
        } else {
            net_program_drop_v6(&program, &addresses[i]);
        }
    }
    net_program_return(&program, true);
    return net_program_attach(fd, &program, err);
}

int net_filter_large(int fd, int64_t packet_bytes, struct err *err)
{
    struct net_program program = {.count = 0};
    int family = net_family_of(fd, err);
    if (family < 0)
        return -1;
    /* A connection's filter sees the packet from its TCP header on. */
    int64_t segment_bytes = packet_bytes - (family == AF_INET ? NET_V4_HEADER : NET_V6_HEADER);
    if (segment_bytes > 0) {
        net_program_add(&program, BPF_LD | BPF_W | BPF_LEN, 0, 0);
        net_program_add(&program, BPF_JMP | BPF_JGT | BPF_K, (uint32_t)segment_bytes, 1);
        net_program_return(&program, false);
        net_program_return(&program, true);
    } else {
        net_program_return(&program, false);
    }
    return net_program_attach(fd, &program, err);
}

int net_filter_syns(int fd, bool ipv4, struct err *err)
{
    struct net_program program = {.count = 0};
    net_program_load(&program, BPF_B, ipv4 ? NET_V4_TCP_FLAGS : NET_V6_TCP_FLAGS);
    net_program_add(&program, BPF_ALU | BPF_AND | BPF_K, NET_TCP_SYN_ACK, 0);
    net_program_equal(&program, NET_TCP_SYN, 1);
    net_program_return(&program, true);
    net_program_return(&program, false);
    return net_program_attach(fd, &program, err);
}
