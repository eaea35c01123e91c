/*
 * Packets of any shape: what is read as a SYN is answered within the limit.
 */
#include <assert.h>
#include <stdint.h>

#include "sim/net/net_packet.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_syn syn = {0};
    struct slice packet = slice_from((const char *)data, size);
    if (net_syn_read_v4(packet, &syn) != 0 && net_syn_read(packet, &syn) != 0)
        return 0;
    for (int kind = 0; kind < NET_CONDITION_COUNT; kind++) {
        struct buf out;
        buf_init(&out, NET_ANSWER_BYTES_MAX);
        net_answer_write(&syn, (enum net_condition_kind)kind, &out);
        assert(!buf_overflowed(&out));
        buf_deinit(&out);
    }
    return 0;
}
