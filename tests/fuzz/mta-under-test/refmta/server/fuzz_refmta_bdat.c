/* A message in chunks, cut and delivered in pieces as the input says: whatever its bytes, it comes
 * out as it went in, and nothing of it is a command (RFC 3030 2). */
#include <assert.h>

#include "mta-under-test/refmta/server/server_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char CONFIG[] = "{\"hostname\": \"h.test\", \"spool\": \"s\", \"listeners\":"
                             "[{\"address\": \"::\", \"port\": 25}], \"relay-networks\":"
                             "[\"192.0.2.0/24\"]}";

static uint64_t new_id(void *arg)
{
    (void)arg;
    return 1;
}

/* Says it in pieces of `piece` bytes. */
static enum server_event say(struct server_session *session, struct buf *in, struct slice bytes,
                             size_t piece)
{
    enum server_event event = SERVER_EVENT_NONE;
    while (bytes.len > 0 && event == SERVER_EVENT_NONE) {
        buf_add_slice(in, slice_first(bytes, piece));
        bytes = slice_skip(bytes, piece);
        event = server_session_feed(session, in);
    }
    return event;
}

static enum server_event say_chunk(struct server_session *session, struct buf *in,
                                   struct slice chunk, bool is_last, size_t piece)
{
    struct buf whole;
    buf_init(&whole, 1 << 20);
    buf_format(&whole, "BDAT %zu%s\r\n", chunk.len, is_last ? " LAST" : "");
    buf_add_slice(&whole, chunk);
    enum server_event event = say(session, in, buf_slice(&whole), piece);
    buf_deinit(&whole);
    return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static struct config_listener listener;
    static struct server_limits limits;
    struct err err;
    struct server_session session;
    struct buf in;
    if (size < 2 || size > 50000 ||
        (config.hostname == NULL && config_parse(&config, "c", slice_of(CONFIG), &err) != 0))
        return 0;
    limits = SERVER_LIMITS_DEFAULT;
    struct server_setup setup = {
        .config = &config, .listener = &listener, .limits = &limits, .new_id = new_id};
    if (ip_address_from_text(SLICE("192.0.2.1"), &setup.client.address) != 0)
        return 0;
    server_session_init(&session, &setup);
    buf_init(&in, 1 << 20);
    size_t piece = (size_t)data[0] + 1;
    size_t chunk = (size_t)data[1] + 1;
    struct slice content = slice_from((const char *)data + 2, size - 2);
    struct slice rest = content;
    (void)say(&session, &in,
              SLICE("EHLO c.test\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<a@x.test>\r\n"), 1000);
    while (rest.len > chunk) {
        enum server_event event = say_chunk(&session, &in, slice_first(rest, chunk), false, piece);
        assert(event == SERVER_EVENT_NONE);
        rest = slice_skip(rest, chunk);
    }
    enum server_event event = say_chunk(&session, &in, rest, true, piece);
    assert(event == SERVER_EVENT_MESSAGE || session.accepted_count == 0);
    if (event == SERVER_EVENT_MESSAGE)
        assert(slice_equal(slice_skip(buf_slice(&session.content), session.trace_bytes), content));
    assert(in.len == 0);
    buf_deinit(&in);
    server_session_deinit(&session);
    return 0;
}
