#include "reports/report_packets.h"

#include "reports/report_index.h"
#include "sim/capture/capture_file.h"
#include "sim/capture/capture_frame.h"

#include "mta-under-test/base/poison.h"

enum {
    PACKETS_MAX = 400 * 1000, /* of a larger capture only the number is kept */
    STEP_BACK_MAX = 4000,     /* packets between one and the step it belongs to */
};

enum packet_way { PACKET_EMPTY, PACKET_FROM_CLIENT, PACKET_FROM_SERVER, PACKET_SYN };

struct packet_note {
    uint32_t stream; /* + 1; 0 = none */
    uint8_t way;
};

struct packet_table {
    struct packet_note *notes;
    size_t count;
    bool *answered; /* by stream: the server said SYN ACK */
    size_t stream_count;
    struct report_index streams; /* "client port server port" -> stream + 1 */
    struct map servers;          /* "server port" -> the streams opened to it, in order */
};

struct opened {
    uint32_t *streams;
    size_t count;
    size_t taken;
};

static void free_opened(void *value)
{
    struct opened *opened = value;
    free(opened->streams);
    free(opened);
}

static void stream_key(char *key, size_t size, const struct capture_frame *frame, bool back)
{
    snprintf(key, size, "%s %d %s %d", back ? frame->target : frame->source,
             back ? frame->target_port : frame->source_port, back ? frame->source : frame->target,
             back ? frame->source_port : frame->target_port);
}

static void open_stream(struct packet_table *table, const char *key, const char *server)
{
    table->answered = report_room(table->answered, table->stream_count, sizeof(bool));
    table->answered[table->stream_count++] = false;
    report_index_set(&table->streams, key, table->stream_count);
    struct opened *opened = map_get_text(&table->servers, server);
    if (opened == NULL) {
        opened = mem_alloc(sizeof *opened);
        map_set_text(&table->servers, server, opened);
    }
    opened->streams = report_room(opened->streams, opened->count, sizeof(uint32_t));
    opened->streams[opened->count++] = (uint32_t)table->stream_count;
}

/* A SYN that is sent again belongs to the stream that it wanted to open. */
static struct packet_note note_syn(struct packet_table *table, const struct capture_frame *frame,
                                   const char *key)
{
    char server[INET6_ADDRSTRLEN + 16];
    size_t known = report_index_get(&table->streams, key);
    if (known == 0 || table->answered[known - 1]) {
        snprintf(server, sizeof server, "%s %d", frame->target, frame->target_port);
        open_stream(table, key, server);
        known = table->stream_count;
    }
    return (struct packet_note){(uint32_t)known, PACKET_SYN};
}

static struct packet_note note_frame(struct packet_table *table, const struct capture_frame *frame)
{
    char key[2 * INET6_ADDRSTRLEN + 32];
    bool syn = (frame->tcp_flags & CAPTURE_TCP_SYN) != 0;
    bool ack = (frame->tcp_flags & CAPTURE_TCP_ACK) != 0;
    enum packet_way way = frame->payload_len > 0 ? PACKET_FROM_CLIENT : PACKET_EMPTY;
    stream_key(key, sizeof key, frame, false);
    if (syn && !ack)
        return note_syn(table, frame, key);
    size_t stream = report_index_get(&table->streams, key);
    if (stream == 0) {
        stream_key(key, sizeof key, frame, true);
        stream = report_index_get(&table->streams, key);
        way = frame->payload_len > 0 ? PACKET_FROM_SERVER : PACKET_EMPTY;
        if (stream != 0 && syn)
            table->answered[stream - 1] = true;
    }
    return (struct packet_note){(uint32_t)stream, (uint8_t)way};
}

static int read_table(struct report_run *run, struct packet_table *table, const char *path,
                      struct err *err)
{
    struct capture_file file;
    struct capture_packet packet;
    if (capture_file_open(&file, path, err) != 0)
        return -1;
    /* A capture that ends inside a block (the run was killed) is good up to there. */
    struct err cut = {0};
    while (capture_file_next(&file, &packet, &cut) == 1) {
        if (table->count == PACKETS_MAX)
            continue;
        struct capture_frame frame;
        struct packet_note note = {0, PACKET_EMPTY};
        if (capture_frame_read(&frame, packet.link_type, packet.data) &&
            frame.protocol == IPPROTO_TCP)
            note = note_frame(table, &frame);
        table->notes = report_room(table->notes, table->count, sizeof *table->notes);
        table->notes[table->count++] = note;
    }
    run->packet_count = file.packets;
    run->has_capture = true;
    capture_file_close(&file);
    return 0;
}

/* The sessions at an address come in the order of the streams opened to it; a stream that was
 * refused has none. */
static void match_session(const struct packet_table *table, struct report_session *session)
{
    char server[INET6_ADDRSTRLEN + 16];
    snprintf(server, sizeof server, "%.45s %d", session->server, session->port);
    struct opened *opened = map_get_text(&table->servers, server);
    while (opened != NULL && opened->taken < opened->count) {
        uint32_t stream = opened->streams[opened->taken++];
        if (table->answered[stream - 1]) {
            session->stream = stream;
            return;
        }
    }
}

static uint64_t packet_before(const struct packet_table *table, uint64_t from, size_t stream,
                              enum packet_way way)
{
    for (uint64_t i = 0; i < STEP_BACK_MAX && from > i; i++) {
        const struct packet_note *note = &table->notes[from - i - 1];
        if (note->stream == stream && note->way == way)
            return from - i;
    }
    return 0;
}

static uint64_t packet_after(const struct packet_table *table, uint64_t from, size_t stream,
                             enum packet_way way)
{
    for (uint64_t i = from; i < from + STEP_BACK_MAX && i < table->count; i++)
        if (table->notes[i].stream == stream && table->notes[i].way == way)
            return i + 1;
    return 0;
}

/* A command is logged when its packet has come; a reply before its packet leaves. */
static void place_step(const struct packet_table *table, const struct report_session *session,
                       struct report_step *step)
{
    uint64_t found = 0;
    if (step->packet == 0 || step->packet > table->count)
        return;
    switch (step->kind) {
    case REPORT_STEP_CONNECT:
        found = packet_before(table, step->packet, session->stream, PACKET_SYN);
        break;
    case REPORT_STEP_COMMAND:
    case REPORT_STEP_DATA:
    case REPORT_STEP_VIOLATION:
    case REPORT_STEP_TLS:
        found = packet_before(table, step->packet, session->stream, PACKET_FROM_CLIENT);
        break;
    case REPORT_STEP_REPLY:
        found = packet_after(table, step->packet, session->stream, PACKET_FROM_SERVER);
        break;
    case REPORT_STEP_RULE:
    case REPORT_STEP_ACCEPTED:
    case REPORT_STEP_DISCONNECT:
    case REPORT_STEP_END:
    default:
        break;
    }
    if (found != 0)
        step->packet = found;
}

int report_packets_read(struct report_run *run, const char *path, struct err *err)
{
    struct packet_table table = {0};
    int result = read_table(run, &table, path, err);
    for (size_t i = 0; result == 0 && i < run->session_count; i++) {
        struct report_session *session = &run->sessions[i];
        match_session(&table, session);
        for (size_t s = 0; session->stream != 0 && s < session->step_count; s++)
            place_step(&table, session, &session->steps[s]);
    }
    free(table.notes);
    free(table.answered);
    report_index_deinit(&table.streams);
    map_deinit(&table.servers, free_opened);
    return result;
}
