#include "sim/capture/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/capture/capture_ring.h"

#include "mta-under-test/base/poison.h"

enum {
    SNAP_BYTES_DEFAULT = 65400,
    RING_BYTES_DEFAULT = 16 * 1024 * 1024,
    HOLD_BYTES_DEFAULT = 1024 * 1024,
    SECRET_BYTES_MAX = 16 * 1024 * 1024,
    BATCH_PACKETS = 10000,            /* taken in one call of libpcap */
    BATCHES_MAX = 1000,               /* in one drain: a flood must not hold the loop for ever */
    HELD_BYTES_RESERVE = 1024 * 1024, /* for the names at the front */
    END_BYTES_RESERVE = 512,          /* room behind the limit for the mark and the statistics */
};

static const uint64_t FILE_BYTES_MAX_DEFAULT = UINT64_C(1) << 30;

struct capture {
    pcap_t *pcap;
    struct event *readable;
    int fd;
    struct capture_options options;
    struct buf held;    /* finished blocks that are not written yet */
    struct buf secrets; /* key log lines that are not written yet */
    size_t flush_mark;  /* offset in `held`: blocks before it are older than the last flush */
    uint64_t packets;
    uint64_t cut;
    uint64_t file_bytes;
    bool full;
    int write_errno;
};

static void write_out(struct capture *capture, struct slice bytes)
{
    if (bytes.len == 0 || capture->write_errno != 0)
        return;
    if (file_write_fd(capture->fd, bytes) != 0)
        capture->write_errno = errno;
}

static void write_secrets(struct capture *capture)
{
    if (capture->secrets.len == 0)
        return;
    struct buf block;
    buf_init(&block, capture->secrets.len + 64);
    pcapng_add_secrets(&block, buf_slice(&capture->secrets));
    write_out(capture, buf_slice(&block));
    capture->file_bytes += block.len;
    buf_deinit(&block);
    buf_reset(&capture->secrets);
}

/* Writes the first `len` bytes of what is held, secrets first. */
static void write_held(struct capture *capture, size_t len)
{
    write_secrets(capture);
    write_out(capture, slice_first(buf_slice(&capture->held), len));
    buf_consume(&capture->held, len);
    capture->flush_mark -= len < capture->flush_mark ? len : capture->flush_mark;
}

/* Once `hold_bytes` of newer blocks stand behind the mark, what is before it goes out. */
static void write_what_is_old(struct capture *capture)
{
    if (capture->held.len - capture->flush_mark < capture->options.hold_bytes)
        return;
    write_held(capture, capture->flush_mark);
    capture->flush_mark = capture->held.len;
}

static void take_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *data)
{
    struct capture *capture = (struct capture *)(void *)context;
    if (capture->full)
        return;
    struct pcapng_packet packet = {
        .at_us = time_now_us(),
        .data = slice_from((const char *)data, header->caplen),
        .original_bytes = header->len,
    };
    uint64_t room = capture->options.file_bytes_max - capture->file_bytes;
    if (room < header->caplen + (uint64_t)END_BYTES_RESERVE) {
        capture->full = true;
        packet.data.len = 0;
        packet.comment = "The capture ends here: the file has reached its largest size. Packets "
                         "after this one are missing.";
    }
    size_t before = capture->held.len;
    pcapng_add_packet(&capture->held, &packet);
    capture->file_bytes += capture->held.len - before;
    capture->packets++;
    capture->cut += header->caplen < header->len;
    write_what_is_old(capture);
}

void capture_drain(struct capture *capture)
{
    for (int batch = 0; batch < BATCHES_MAX; batch++)
        if (pcap_dispatch(capture->pcap, BATCH_PACKETS, take_packet, (u_char *)capture) <= 0)
            return;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    capture_drain(context);
}

static struct capture_options with_defaults(const struct capture_options *options)
{
    struct capture_options all = options != NULL ? *options : (struct capture_options){0};
    if (all.snap_bytes == 0)
        all.snap_bytes = SNAP_BYTES_DEFAULT;
    if (all.file_bytes_max == 0)
        all.file_bytes_max = FILE_BYTES_MAX_DEFAULT;
    if (all.ring_bytes == 0)
        all.ring_bytes = RING_BYTES_DEFAULT;
    if (all.hold_bytes == 0)
        all.hold_bytes = HOLD_BYTES_DEFAULT;
    return all;
}

static void begin_file(struct capture *capture, const char *interface)
{
    const struct capture_options *options = &capture->options;
    pcapng_add_section(&capture->held, "Mailrange", options->comment);
    pcapng_add_interface(&capture->held, (uint16_t)pcap_datalink(capture->pcap),
                         options->snap_bytes, interface);
    if (options->name_count > 0)
        pcapng_add_names(&capture->held, options->names, options->name_count);
    capture->file_bytes = capture->held.len;
    /* At once, so that secrets cannot come before the section. */
    write_out(capture, buf_slice(&capture->held));
    buf_reset(&capture->held);
    capture->options.names = NULL;
    capture->options.name_count = 0;
    capture->options.comment = NULL;
}

struct capture_ring *capture_begin(const char *interface, const struct capture_options *options)
{
    struct capture_options all = with_defaults(options);
    return capture_ring_begin(interface, all.snap_bytes, all.ring_bytes);
}

struct capture *capture_open(struct event_base *base, const char *interface, int fd,
                             const struct capture_options *options, struct err *err)
{
    struct capture_options all = with_defaults(options);
    struct capture_ring *ring = all.ring != NULL ? all.ring : capture_begin(interface, &all);
    pcap_t *pcap = capture_ring_take(&ring, err);
    if (pcap == NULL) {
        close(fd);
        return NULL;
    }
    struct capture *capture = mem_alloc(sizeof *capture);
    capture->pcap = pcap;
    capture->fd = fd;
    capture->options = all;
    capture->options.ring = NULL;
    /* Twice what is held back, and the packet at hand. */
    buf_init(&capture->held, 2 * all.hold_bytes + 2 * (size_t)all.snap_bytes + HELD_BYTES_RESERVE);
    buf_init(&capture->secrets, SECRET_BYTES_MAX);
    begin_file(capture, interface);
    if (base != NULL) {
        capture->readable = event_new(base, pcap_get_selectable_fd(pcap), EV_READ | EV_PERSIST,
                                      on_readable, capture);
        event_add(capture->readable, NULL);
    }
    return capture;
}

void capture_add_secret(struct capture *capture, const char *line)
{
    if (capture->full)
        return;
    buf_add_text(&capture->secrets, line);
    buf_add_char(&capture->secrets, '\n');
}

uint64_t capture_packets(const struct capture *capture)
{
    return capture->packets;
}

void capture_flush(struct capture *capture)
{
    capture_drain(capture);
    write_held(capture, capture->held.len);
}

void capture_stats(struct capture *capture, struct capture_stats *stats)
{
    struct pcap_stat kernel = {0};
    *stats = (struct capture_stats){
        .packets = capture->packets,
        .file_bytes = capture->file_bytes,
        .cut = capture->cut,
        .full = capture->full,
    };
    if (pcap_stats(capture->pcap, &kernel) == 0)
        stats->dropped = kernel.ps_drop;
}

static void write_end(struct capture *capture)
{
    capture_flush(capture);
    struct capture_stats stats;
    capture_stats(capture, &stats);
    struct pcapng_counts counts = {
        .at_us = time_now_us(),
        .received = stats.packets + stats.dropped,
        .dropped = stats.dropped,
    };
    pcapng_add_statistics(&capture->held, &counts);
    write_held(capture, capture->held.len);
}

int capture_end(struct capture *capture, struct err *err)
{
    if (capture->fd >= 0) {
        write_end(capture);
        if (close(capture->fd) != 0 && capture->write_errno == 0)
            capture->write_errno = errno;
        capture->fd = -1;
    }
    if (capture->readable != NULL)
        event_free(capture->readable);
    capture->readable = NULL;
    if (capture->write_errno == 0)
        return 0;
    errno = capture->write_errno;
    return err_set_errno(err, "the packet capture could not be written whole");
}

int capture_close(struct capture **where, struct err *err)
{
    struct capture *capture = *where;
    if (capture == NULL)
        return 0;
    *where = NULL;
    int result = capture_end(capture, err);
    pcap_close(capture->pcap);
    buf_deinit(&capture->held);
    buf_deinit(&capture->secrets);
    free(capture);
    return result;
}
