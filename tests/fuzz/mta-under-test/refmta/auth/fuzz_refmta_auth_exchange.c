/* A client that says anything in an exchange, line by line in base64: it must never crash, and
 * never be let in, since nobody has told it the password; but by its certificate, under the name
 * that stands there. */
#include <assert.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/auth/auth_exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char USERS[] =
    "ann SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
    "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=:AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "ann@a.test";
    static struct auth_users users;
    static const struct auth_issuers issuers = {.count = 0};
    static const struct auth_channel channel = {
        .bindings = {{.name = "tls-exporter", .bytes = "0123456789", .len = 10}},
        .binding_count = 1,
        .names = {name},
        .name_count = 1};
    const struct auth_means means = {.users = &users, .issuers = &issuers, .channel = &channel};
    struct auth_exchange exchange;
    struct err err;
    struct slice line;
    if (users.secrets.count == 0 && auth_users_parse(&users, "u", slice_of(USERS), &err) != 0)
        return 0;
    if (size == 0)
        return 0;
    struct slice rest = slice_from((const char *)data + 1, size - 1);
    enum auth_mechanism mechanism = (enum auth_mechanism)(data[0] % AUTH_MECHANISM_COUNT);
    auth_exchange_start(&exchange, &means, mechanism, "nonce", 0);
    for (unsigned i = 0; i < 4 && rest.len > 0 && slice_split(&rest, '\n', &line); i++) {
        struct buf message;
        enum auth_step step = AUTH_MALFORMED;
        buf_init(&message, AUTH_MESSAGE_BYTES_MAX);
        /* The upper half of the first byte chooses whether base64 stands between. */
        if (data[0] >= 128)
            buf_add_slice(&message, line);
        if (data[0] >= 128 || text_from_base64(&message, line) == 0)
            step = auth_exchange_feed(&exchange, buf_slice(&message));
        buf_deinit(&message);
        assert(step != AUTH_GOOD ||
               (mechanism == AUTH_EXTERNAL && slice_is(buf_slice(&exchange.name), name)));
        if (step != AUTH_CHALLENGE)
            break;
    }
    auth_exchange_deinit(&exchange);
    return 0;
}
