#include "mta-under-test/refmta/config/config_unsubscribe.h"

#include "mta-under-test/base/slice.h"
#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

static const struct config_key KEYS[] = {
    {"senders", CONFIG_LIST(struct config_unsubscribe, senders, CONFIG_TYPE_TEXT, sender_count),
     .items_min = 1, .is_needed = true, .is_fixed = true,
     .help = "reverse-paths (globs) whose mail gets the header fields, where it goes to one "
             "recipient and has none of its own"},
    {"url", CONFIG_TEXT(struct config_unsubscribe, url), .is_needed = true, .is_fixed = true,
     .help = "the `https:` URL at which the end point is seen from outside, such as "
             "`https://mail.sender.test/unsubscribe`"},
    {"secret-file", CONFIG_FILE(struct config_unsubscribe, secret_file), .is_needed = true,
     .is_fixed = true,
     .help = "its first line is the key that keeps anybody from unsubscribing others"},
    {"address", CONFIG_ADDRESS(struct config_unsubscribe, endpoint.address), .is_needed = true,
     .is_fixed = true,
     .help = "the local address of the end point, which speaks TLS with the certificate of `tls`, "
             "or clear text to a proxy on a loopback address"},
    {"port", CONFIG_PORT(struct config_unsubscribe, endpoint.port, 0), .is_needed = true,
     .is_fixed = true, .help = "its port"},
    CONFIG_END,
};

static int check(struct config_reader *reader, const char *path, void *target)
{
    const struct config_unsubscribe *unsubscribe = target;
    if (!slice_starts_with_nocase(slice_of(unsubscribe->url), SLICE("https://")))
        return config_mistake(reader, path, "\"url\" must begin with https:// (RFC 8058 3.1)");
    return 0;
}

const struct config_object CONFIG_UNSUBSCRIBE = {
    .size = sizeof(struct config_unsubscribe), .keys = KEYS, .check = check};
