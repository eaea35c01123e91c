#include "mta-under-test/refmta/message/envelope.h"

#include "mta-under-test/base/poison.h"

void envelope_init(struct envelope *envelope)
{
    *envelope = (struct envelope){.sender = ""};
    arena_init(&envelope->arena);
}

void envelope_deinit(struct envelope *envelope)
{
    arena_deinit(&envelope->arena);
    free(envelope->recipients);
    *envelope = (struct envelope){.sender = ""};
}

void envelope_reset(struct envelope *envelope)
{
    envelope_deinit(envelope);
    envelope_init(envelope);
}

void envelope_set_sender(struct envelope *envelope, struct slice sender)
{
    envelope->sender = arena_text_of(&envelope->arena, sender);
}

struct envelope_recipient *envelope_add_recipient(struct envelope *envelope, struct slice address)
{
    if (envelope->recipient_count == envelope->recipient_size) {
        envelope->recipient_size = envelope->recipient_size > 0 ? envelope->recipient_size * 2 : 4;
        envelope->recipients =
            mem_grow(envelope->recipients, envelope->recipient_size, sizeof *envelope->recipients);
    }
    struct envelope_recipient *recipient = &envelope->recipients[envelope->recipient_count++];
    *recipient = (struct envelope_recipient){.address = arena_text_of(&envelope->arena, address)};
    return recipient;
}
