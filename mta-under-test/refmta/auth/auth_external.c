/* EXTERNAL (RFC 4422 A): the client has shown a certificate, and only says as whom it acts. */
#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

enum auth_step auth_external_feed(struct auth_exchange *exchange, struct slice message)
{
    const struct auth_channel *channel = exchange->means.channel;
    if (message.len > 0 && !auth_users_is_name(message))
        return AUTH_MALFORMED;
    struct slice name = message.len > 0 ? message : slice_of(channel->names[0]);
    buf_add_slice(&exchange->name, name);
    for (size_t i = 0; i < channel->name_count; i++)
        if (slice_is(name, channel->names[i]))
            return AUTH_GOOD;
    exchange->reason = "this name does not stand in the certificate";
    return AUTH_BAD;
}
