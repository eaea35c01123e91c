#include "sim/capture/capture_ring.h"

#include <pcap/pcap.h>
#include <pthread.h>
#include <stdbool.h>

#include "sim/capture/capture_interface.h"

#include "mta-under-test/base/poison.h"

struct capture_ring {
    const char *interface;
    uint32_t snap_bytes;
    size_t ring_bytes;
    pthread_t thread;
    bool is_threaded;
    pcap_t *pcap; /* NULL: it could not be made */
    struct err err;
};

static int activate(const struct capture_ring *ring, pcap_t *pcap, struct err *err)
{
    pcap_set_snaplen(pcap, (int)ring->snap_bytes);
    pcap_set_promisc(pcap, 0);
    /* A packet is there as soon as the kernel has it, not when a block of the ring is full. */
    pcap_set_immediate_mode(pcap, 1);
    pcap_set_buffer_size(pcap, (int)ring->ring_bytes);
    int status = pcap_activate(pcap);
    if (status < 0) {
        const char *more = pcap_geterr(pcap);
        return err_set(err, "capture on %s: %s%s%s", ring->interface, pcap_statustostr(status),
                       *more != '\0' ? ": " : "", more);
    }
    char text[PCAP_ERRBUF_SIZE] = "";
    if (pcap_setnonblock(pcap, 1, text) != 0)
        return err_set(err, "capture on %s: %s", ring->interface, text);
    return 0;
}

static void *make(void *context)
{
    struct capture_ring *ring = context;
    char text[PCAP_ERRBUF_SIZE] = "";
    /* Where it may not be changed, the ring only has fewer slots. */
    struct err ignored = {0};
    (void)!capture_interface_prepare(ring->interface, &ignored);
    pcap_t *pcap = pcap_create(ring->interface, text);
    if (pcap == NULL) {
        err_set(&ring->err, "capture on %s: %s", ring->interface, text);
        return NULL;
    }
    if (activate(ring, pcap, &ring->err) == 0)
        ring->pcap = pcap;
    else
        pcap_close(pcap);
    return NULL;
}

struct capture_ring *capture_ring_begin(const char *interface, uint32_t snap_bytes,
                                        size_t ring_bytes)
{
    struct capture_ring *ring = mem_alloc(sizeof *ring);
    ring->interface = interface;
    ring->snap_bytes = snap_bytes;
    ring->ring_bytes = ring_bytes;
    ring->is_threaded = pthread_create(&ring->thread, NULL, make, ring) == 0;
    if (!ring->is_threaded)
        make(ring);
    return ring;
}

pcap_t *capture_ring_take(struct capture_ring **where, struct err *err)
{
    struct capture_ring *ring = *where;
    *where = NULL;
    if (ring->is_threaded)
        pthread_join(ring->thread, NULL);
    pcap_t *pcap = ring->pcap;
    if (pcap == NULL)
        *err = ring->err;
    free(ring);
    return pcap;
}

void capture_ring_drop(struct capture_ring **ring)
{
    struct err ignored = {0};
    pcap_t *pcap = *ring != NULL ? capture_ring_take(ring, &ignored) : NULL;
    if (pcap != NULL)
        pcap_close(pcap);
}
