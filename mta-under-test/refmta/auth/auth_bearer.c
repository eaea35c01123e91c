/* OAUTHBEARER (RFC 7628) and XOAUTH2: the client brings a token, which somebody else has given it.
 * A refusal is told in JSON first, and the client has to say that it heard. */
#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

/* The value of "KEY=VALUE" among pairs that each end in ^A; false if it stands there never or
 * twice, or if that is no list of pairs. */
static bool find_pair(struct slice pairs, const char *key, struct slice *value)
{
    struct slice pair;
    size_t found = 0;
    while (pairs.len > 0 && pairs.data[0] != '\x01') {
        if (slice_find(pairs, '\x01') == SIZE_MAX || !slice_split(&pairs, '\x01', &pair))
            return false;
        size_t equals = slice_find(pair, '=');
        if (equals == SIZE_MAX)
            return false;
        if (slice_is(slice_first(pair, equals), key)) {
            *value = slice_skip(pair, equals + 1);
            found++;
        }
    }
    return found == 1 && pairs.len == 1;
}

static enum auth_step refuse(struct auth_exchange *exchange, const char *json)
{
    exchange->step = 1;
    buf_add_text(&exchange->challenge, json);
    return AUTH_CHALLENGE;
}

/* `user` is what the client claims to be, "" if it leaves that to the token. */
static enum auth_step check(struct auth_exchange *exchange, struct slice pairs, struct slice user,
                            const char *refusal)
{
    static const char SCHEME[] = "Bearer ";
    struct slice value;
    struct buf name;
    if (!find_pair(pairs, "auth", &value) || !slice_starts_with_nocase(value, slice_of(SCHEME)))
        return AUTH_MALFORMED;
    buf_init(&name, AUTH_NAME_BYTES_MAX);
    struct slice token = slice_trim(slice_skip(value, sizeof SCHEME - 1));
    exchange->reason = auth_token_check(exchange->means.issuers, token, exchange->now_us, &name);
    if (exchange->reason == NULL && user.len > 0 && !slice_equal(user, buf_slice(&name)))
        exchange->reason = "the token is somebody else's";
    buf_reset(&exchange->name);
    buf_add_slice(&exchange->name, name.len > 0 ? buf_slice(&name) : user);
    buf_deinit(&name);
    return exchange->reason == NULL ? AUTH_GOOD : refuse(exchange, refusal);
}

enum auth_step auth_oauthbearer_feed(struct auth_exchange *exchange, struct slice message)
{
    struct slice rest = message;
    struct slice flag;
    struct slice acting_as;
    if (exchange->step > 0)
        return AUTH_BAD;
    if (!auth_take_gs2_header(&rest, &flag, &acting_as) || rest.data[0] != '\x01' ||
        (!slice_is(flag, "n") && !slice_is(flag, "y")) ||
        (acting_as.len > 0 && !auth_take_saslname(acting_as, &exchange->name)))
        return AUTH_MALFORMED;
    struct buf user = exchange->name;
    buf_init(&exchange->name, AUTH_NAME_BYTES_MAX);
    enum auth_step step = check(exchange, slice_skip(rest, 1), buf_slice(&user),
                                "{\"status\":\"invalid_token\",\"schemes\":\"bearer\"}");
    buf_deinit(&user);
    return step;
}

enum auth_step auth_xoauth2_feed(struct auth_exchange *exchange, struct slice message)
{
    struct slice user;
    if (exchange->step > 0)
        return AUTH_BAD;
    if (!find_pair(message, "user", &user) || !auth_users_is_name(user))
        return AUTH_MALFORMED;
    return check(exchange, message, user, "{\"status\":\"401\",\"schemes\":\"bearer\"}");
}
