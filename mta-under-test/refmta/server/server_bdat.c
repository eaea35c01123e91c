/* BDAT (RFC 3030): content whose length is told, in one or more chunks. Whatever is wrong, the
 * bytes of a chunk are read as such and never as commands. */
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

/* "1000" or "1000 LAST". */
static int parse(struct slice argument, uint64_t *bytes, bool *is_last)
{
    struct slice rest = argument;
    struct slice number;
    if (!slice_split(&rest, ' ', &number) || text_to_u64(number, bytes) != 0)
        return -1;
    rest = slice_trim(rest);
    *is_last = slice_is_nocase(rest, "LAST");
    return *is_last || rest.len == 0 ? 0 : -1;
}

enum server_event server_run_bdat(struct server_session *session, struct slice argument)
{
    if (parse(argument, &session->chunk_left, &session->chunk_is_last) != 0) {
        server_reply(session, 501, "5.5.4", "expected BDAT <bytes> [LAST]");
        /* What follows cannot be told from commands. */
        server_session_shut(session, "4.7.0", "the length of a chunk is not known");
        return SERVER_EVENT_NONE;
    }
    session->chunk_is_refused =
        session->state != SERVER_STATE_RCPT && session->state != SERVER_STATE_CHUNKS;
    if (session->state == SERVER_STATE_RCPT)
        server_data_begin(session);
    server_session_set_state(session, SERVER_STATE_CHUNK);
    return SERVER_EVENT_NONE;
}

static enum server_event chunk_end(struct server_session *session)
{
    if (session->chunk_is_refused) {
        server_session_reset(session);
        server_reply(session, 503, "5.5.1", "BDAT comes after MAIL and an accepted RCPT");
        return SERVER_EVENT_NONE;
    }
    if (session->chunk_is_last)
        return server_data_end(session);
    server_session_set_state(session, SERVER_STATE_CHUNKS);
    server_reply(session, 250, "2.0.0", "chunk taken");
    return SERVER_EVENT_NONE;
}

bool server_bdat_feed(struct server_session *session, struct buf *in, enum server_event *event)
{
    size_t len = in->len < session->chunk_left ? in->len : (size_t)session->chunk_left;
    if (!session->chunk_is_refused && len > 0)
        server_content_add_chunk(&session->scanner, slice_first(buf_slice(in), len));
    buf_consume(in, len);
    session->chunk_left -= len;
    if (session->chunk_left > 0)
        return false;
    *event = chunk_end(session);
    return true;
}
