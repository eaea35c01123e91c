/* A server that says anything: each recipient gets exactly one result, whatever comes. */
#include <assert.h>

#include "mta-under-test/refmta/delivery/client_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct client_session session;
    struct client_transaction transaction;
    struct client_recipient recipients[3];
    unsigned transactions;
};

static bool begin(struct world *world)
{
    static const char *const NAMES[] = {"a@x.test", "b@x.test", "c@x.test"};
    while (world->transactions++ < 3) {
        for (size_t i = 0; i < 3; i++)
            world->recipients[i] = (struct client_recipient){.address = NAMES[i]};
        world->transaction = (struct client_transaction){.sender = "s@s.test",
                                                         .bytes = 10,
                                                         .recipients = world->recipients,
                                                         .recipient_count = 3};
        if (client_session_begin(&world->session, &world->transaction) == CLIENT_EVENT_NONE)
            return true;
    }
    client_session_quit(&world->session);
    return true;
}

static void run(struct world *world, struct buf *in)
{
    for (;;) {
        switch (client_session_feed(&world->session, in)) {
        case CLIENT_EVENT_NONE:
        case CLIENT_EVENT_FAILED:
        case CLIENT_EVENT_CLOSED:
            return;
        case CLIENT_EVENT_DONE:
            for (size_t i = 0; i < 3; i++)
                assert(world->recipients[i].verdict != CLIENT_NONE);
            if (world->session.closing)
                return;
            begin(world);
            break;
        case CLIENT_EVENT_READY:
            begin(world);
            break;
        case CLIENT_EVENT_STARTTLS:
            client_session_secured(&world->session);
            break;
        case CLIENT_EVENT_CONTENT:
            client_session_content(&world->session, SLICE(".x\r\n"));
            client_session_content_end(&world->session);
            break;
        }
        buf_reset(&world->session.out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.transactions = 0};
    struct buf in;
    struct client_setup setup = {
        .hostname = "h.test", .peer = "mx.test", .tls = TLS_USE_IF_OFFERED};
    client_session_init(&world.session, &setup);
    buf_init(&in, 1 << 20);
    buf_add(&in, data, size);
    run(&world, &in);
    struct reason reason;
    reason_set(&reason, "4.4.2", false, "", "gone");
    client_session_abort(&world.session, CLIENT_DEFERRED, &reason);
    buf_deinit(&in);
    client_session_deinit(&world.session);
    return 0;
}
