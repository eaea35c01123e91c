#include "mta-under-test/refmta/config/config_local.h"

#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

static const struct config_key KEYS[] = {
    {"domains", CONFIG_LIST(struct config_local, domains, CONFIG_TYPE_HOSTNAME, domain_count),
     .items_min = 1, .is_needed = true, .help = "domains whose mail ends here"},
    {"recipients", CONFIG_FILE(struct config_local, recipients), .is_needed = true,
     .help = "file of their mailboxes, aliases and catch-alls, a line each: `address: target, "
             "target`"},
    {"maildirs", CONFIG_FILE(struct config_local, maildirs),
     .help = "folder that holds a Maildir for each mailbox"},
    {"lmtp", CONFIG_TEXT(struct config_local, lmtp),
     .help = "instead of `maildirs`: path of a socket, or address of an LMTP server (RFC 2033)"},
    {"quota", CONFIG_SIZE(struct config_local, quota_bytes),
     .help = "of each Maildir; a full one defers mail with 4.2.2; mail larger than it fails with "
             "5.2.3"},
    CONFIG_END,
};

static int check(struct config_reader *reader, const char *path, void *target)
{
    const struct config_local *local = target;
    if ((local->maildirs == NULL) == (local->lmtp == NULL))
        return config_mistake(reader, path, "needs either \"maildirs\" or \"lmtp\"");
    return 0;
}

const struct config_object CONFIG_LOCAL = {
    .size = sizeof(struct config_local), .keys = KEYS, .check = check};
