/* PLAIN and LOGIN: the client gives the password itself. */
#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

/* The work is done for a user that does not exist as well. */
static enum auth_step check_password(const struct auth_exchange *exchange, struct slice password)
{
    struct auth_secret secret;
    bool is_known = auth_users_find(exchange->means.users, buf_slice(&exchange->name), &secret);
    bool fits = auth_secret_is_of(&secret, password);
    return is_known && fits ? AUTH_GOOD : AUTH_BAD;
}

static bool take_name(struct auth_exchange *exchange, struct slice name)
{
    return auth_users_is_name(name) && buf_add_slice(&exchange->name, name);
}

static bool is_password(struct slice password)
{
    return password.len > 0 && password.len <= AUTH_PASSWORD_BYTES_MAX &&
           memchr(password.data, '\0', password.len) == NULL;
}

/* [authzid] NUL authcid NUL passwd */
enum auth_step auth_plain_feed(struct auth_exchange *exchange, struct slice message)
{
    size_t first = slice_find(message, '\0');
    if (first == SIZE_MAX)
        return AUTH_MALFORMED;
    struct slice acting_as = slice_first(message, first);
    struct slice rest = slice_skip(message, first + 1);
    size_t second = slice_find(rest, '\0');
    if (second == SIZE_MAX)
        return AUTH_MALFORMED;
    struct slice name = slice_first(rest, second);
    struct slice password = slice_skip(rest, second + 1);
    if (!take_name(exchange, name) || !is_password(password))
        return AUTH_MALFORMED;
    enum auth_step step = check_password(exchange, password);
    /* Nobody may act for somebody else. */
    if (acting_as.len > 0 && !slice_equal(acting_as, name))
        return AUTH_BAD;
    return step;
}

enum auth_step auth_login_feed(struct auth_exchange *exchange, struct slice message)
{
    switch (exchange->step++) {
    case 0:
        /* The name may come as the initial response, or after its challenge. */
        if (message.len == 0) {
            buf_add_text(&exchange->challenge, "Username:");
            return AUTH_CHALLENGE;
        }
        exchange->step = 2;
        break;
    case 1:
        exchange->step = 2;
        break;
    default:
        return is_password(message) ? check_password(exchange, message) : AUTH_MALFORMED;
    }
    if (!take_name(exchange, message))
        return AUTH_MALFORMED;
    buf_add_text(&exchange->challenge, "Password:");
    return AUTH_CHALLENGE;
}
