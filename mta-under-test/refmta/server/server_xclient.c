/* XCLIENT, as Postfix describes it (XCLIENT_README): a proxy that we trust says who the client is,
 * and the session begins anew for that client. */
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum { VALUE_BYTES_MAX = 255 };

/* What the command says; the rest stays as it is. */
struct claim {
    struct ip_endpoint client;
    struct buf login;
    bool has_login;
};

/* xtext (RFC 3461 4). */
static bool decode(struct slice text, struct buf *out)
{
    if (!server_command_is_xtext(text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '+') {
            buf_add_char(out, text.data[i]);
        } else if (text_from_hex(out, slice_first(slice_skip(text, i + 1), 2)) == 0) {
            i += 2;
        }
    }
    return !buf_overflowed(out);
}

static bool is_unknown(struct slice value)
{
    return slice_is_nocase(value, "[UNAVAILABLE]") || slice_is_nocase(value, "[TEMPUNAVAIL]");
}

static bool take_address(struct claim *claim, struct slice value)
{
    static const char V6[] = "IPV6:";
    if (slice_starts_with_nocase(value, slice_of(V6)))
        value = slice_skip(value, sizeof V6 - 1);
    return is_unknown(value) || ip_address_from_text(value, &claim->client.address) == 0;
}

static bool take_port(struct claim *claim, struct slice value)
{
    uint64_t port = 0;
    if (is_unknown(value))
        return true;
    if (text_to_u64(value, &port) != 0 || port > UINT16_MAX)
        return false;
    claim->client.port = (uint16_t)port;
    return true;
}

static bool take_login(struct claim *claim, struct slice value)
{
    claim->has_login = true;
    return is_unknown(value) || (auth_users_is_name(value) && buf_add_slice(&claim->login, value));
}

/* We look names up ourselves, and the client says EHLO again. */
static bool take_unused(struct claim *claim, struct slice value)
{
    (void)claim;
    (void)value;
    return true;
}

static const struct {
    const char *name;
    bool (*take)(struct claim *claim, struct slice value);
} ATTRIBUTES[] = {
    {"NAME", take_unused},     {"ADDR", take_address},    {"PORT", take_port},
    {"PROTO", take_unused},    {"HELO", take_unused},     {"LOGIN", take_login},
    {"DESTADDR", take_unused}, {"DESTPORT", take_unused},
};

enum { ATTRIBUTE_COUNT = sizeof ATTRIBUTES / sizeof ATTRIBUTES[0] };

void server_xclient_offer(struct server_session *session)
{
    struct buf names;
    buf_init(&names, 256);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        buf_format(&names, " %s", ATTRIBUTES[i].name);
    server_reply_more(session, 250, "XCLIENT%s", buf_text(&names));
    buf_deinit(&names);
}

static bool take_attribute(struct claim *claim, struct slice attribute)
{
    struct buf value;
    bool good = false;
    size_t equals = slice_find(attribute, '=');
    if (equals == SIZE_MAX)
        return false;
    buf_init(&value, VALUE_BYTES_MAX);
    if (decode(slice_skip(attribute, equals + 1), &value))
        for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
            if (slice_is_nocase(slice_first(attribute, equals), ATTRIBUTES[i].name))
                good = ATTRIBUTES[i].take(claim, buf_slice(&value));
    buf_deinit(&value);
    return good;
}

bool server_check_xclient(struct server_session *session, struct slice argument)
{
    (void)argument;
    if (session->setup.may_xclient)
        return true;
    server_reply(session, 550, "5.7.1", "you may not say who the client is");
    return false;
}

static void become(struct server_session *session, const struct claim *claim)
{
    session->setup.client = claim->client;
    free(session->helo);
    session->helo = NULL;
    session->is_esmtp = false;
    if (claim->has_login) {
        free(session->user);
        session->user =
            claim->login.len > 0 ? mem_text_copy_n(claim->login.data, claim->login.len) : NULL;
    }
    server_session_reset(session);
    server_session_greet(session);
}

enum server_event server_run_xclient(struct server_session *session, struct slice argument)
{
    struct claim claim = {.client = session->setup.client};
    struct slice rest = argument;
    struct slice attribute;
    bool good = argument.len > 0;
    buf_init(&claim.login, AUTH_NAME_BYTES_MAX);
    while (good && rest.len > 0 && slice_split(&rest, ' ', &attribute))
        good = attribute.len == 0 || take_attribute(&claim, attribute);
    if (good)
        become(session, &claim);
    else
        server_reply(session, 501, "5.5.4", "expected ADDR=, PORT=, LOGIN= ... with their values");
    buf_deinit(&claim.login);
    return good ? SERVER_EVENT_CLIENT : SERVER_EVENT_NONE;
}
