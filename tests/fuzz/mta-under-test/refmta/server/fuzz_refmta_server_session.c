/* A client that says anything, one of ours or a stranger for whom there are checks: the session
 * must never crash, and never accept a message whose content has a CR or LF that stands alone. */
#include <assert.h>

#include "mta-under-test/refmta/server/server_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t new_id(void *arg)
{
    (void)arg;
    return 1;
}

static const char CONFIG[] = "{\"hostname\": \"h.test\", \"spool\": \"s\", \"listeners\":"
                             "[{\"address\": \"::\", \"port\": 25}], \"relay-networks\":"
                             "[\"192.0.2.0/24\"], \"auth\": {\"users\": \"u\"}, \"etrn\":"
                             "[\"a.test\"], \"vrfy\": \"own\", \"expn\": \"own\","
                             "\"sender-field\": \"user\", \"relay-for\": [\"a.test\"], \"checks\":"
                             "[{\"check\": \"spf\", \"action\": \"reject\"},"
                             "{\"check\": \"greylist\", \"action\": \"defer\"},"
                             "{\"check\": \"dkim\", \"action\": \"tag\"}]}";

static size_t flush(void *arg, struct slice domain)
{
    (void)arg;
    return domain.len % 2;
}

static void check_content(const struct server_session *session)
{
    struct slice content = buf_slice(&session->content);
    bool binary = session->envelope.body == ENVELOPE_BODY_BINARYMIME;
    for (size_t i = 0; i < content.len && !binary; i++) {
        if (content.data[i] == '\n')
            assert(i > 0 && content.data[i - 1] == '\r');
        if (content.data[i] == '\r')
            assert(i + 1 < content.len && content.data[i + 1] == '\n');
    }
    assert(session->envelope.recipient_count > 0);
}

/* There is nothing in DNS. */
static void run_check(struct check *check)
{
    struct check_question question;
    while (!check_run(check))
        while (check_next_question(check, &question))
            check_answer(check, &question, CHECK_NO_NAME, NULL, 0);
}

static enum server_event next_event(struct server_session *session, struct buf *in)
{
    enum server_event event = server_session_feed(session, in);
    while (event == SERVER_EVENT_CHECK) {
        run_check(session->check);
        event = server_session_checked(session);
        if (event == SERVER_EVENT_NONE)
            event = server_session_feed(session, in);
    }
    return event;
}

static void run(struct server_session *session, struct buf *in)
{
    for (;;) {
        switch (next_event(session, in)) {
        case SERVER_EVENT_NONE:
        case SERVER_EVENT_CLOSE:
        case SERVER_EVENT_CHECK:
            return;
        case SERVER_EVENT_MESSAGE:
            check_content(session);
            server_session_stored(session, in->len % 3 == 0 ? 28 : 0);
            break;
        case SERVER_EVENT_STARTTLS:
            server_session_secured(session, "TLS");
            break;
        case SERVER_EVENT_CLIENT:
            break;
        case SERVER_EVENT_DELAY:
            server_session_delayed(session);
            break;
        }
        buf_reset(&session->out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static struct config_listener listener = {.tls = CONFIG_TLS_STARTTLS};
    static struct server_limits limits;
    struct err err;
    struct server_session session;
    struct buf in;
    if (config.hostname == NULL && config_parse(&config, "c", slice_of(CONFIG), &err) != 0)
        return 0;
    limits = SERVER_LIMITS_DEFAULT;
    limits.message_bytes_max = 4096;
    struct auth_users users;
    struct auth_guard guard;
    struct policy_memory memory;
    if (auth_users_parse(&users, "u", SLICE(""), &err) != 0)
        return 0;
    auth_guard_init(&guard, &limits.auth);
    struct server_setup setup = {.config = &config,
                                 .listener = &listener,
                                 .limits = &limits,
                                 .users = &users,
                                 .guard = &guard,
                                 .memory = &memory,
                                 .new_id = new_id,
                                 .may_xclient = true,
                                 .flush = flush};
    bool is_stranger = size > 0 && data[size - 1] == '!';
    listener.mode = is_stranger ? CONFIG_MODE_RELAY : CONFIG_MODE_SUBMISSION;
    if (ip_address_from_text(is_stranger ? SLICE("203.0.113.9") : SLICE("192.0.2.1"),
                             &setup.client.address) != 0)
        return 0;
    policy_memory_init(&memory);
    server_session_init(&session, &setup);
    buf_init(&in, 1 << 20);
    /* In two parts, cut at a place that the input chooses. */
    size_t cut = size > 0 ? data[0] % size : 0;
    buf_add(&in, data, cut);
    run(&session, &in);
    buf_add(&in, data + cut, size - cut);
    run(&session, &in);
    buf_deinit(&in);
    server_session_deinit(&session);
    auth_guard_deinit(&guard);
    policy_memory_deinit(&memory);
    auth_users_deinit(&users);
    return 0;
}
