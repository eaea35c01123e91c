#include "sim/mx/mx_host.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { MX_CLIENTS_MAX = 100000, MX_DOMAIN_TEXT_BYTES = 256 };

const char *const MX_EXTENSION_WORDS[] = {
#define X(name, word) word,
    MX_EXTENSIONS(X)
#undef X
        NULL,
};

bool mx_host_offers(const struct mx_host *host, enum mx_extension extension)
{
    return (host->offers & MX_EXTENSION_BIT(extension)) != 0;
}

/* "user@a.test" -> is "a.test" among the host's domains? */
static bool mx_host_has_domain(const struct mx_host *host, struct slice mailbox)
{
    if (host->domains.count == 0)
        return true;
    size_t at = slice_find_last(mailbox, '@');
    if (at == SIZE_MAX)
        return slice_is_nocase(mailbox, "postmaster");
    struct slice domain = slice_skip(mailbox, at + 1);
    char text[MX_DOMAIN_TEXT_BYTES];
    if (domain.len >= sizeof text)
        return false;
    for (size_t i = 0; i < domain.len; i++)
        text[i] = text_lower(domain.data[i]);
    return map_get(&host->domains, slice_from(text, domain.len)) != NULL;
}

bool mx_host_is_meant(const struct mx_host *host, struct slice mailbox)
{
    if (host->accepts != NULL)
        return pattern_matches(host->accepts, mailbox);
    return host->domains.count > 0 && mx_host_has_domain(host, mailbox);
}

enum mx_recipient_kind mx_host_judge_recipient(const struct mx_host *host, struct slice mailbox)
{
    bool local = host->accepts != NULL ? pattern_matches(host->accepts, mailbox)
                                       : mx_host_has_domain(host, mailbox);
    if (!local)
        return MX_RECIPIENT_FOREIGN;
    size_t at = slice_find_last(mailbox, '@');
    struct slice user = at == SIZE_MAX ? mailbox : slice_first(mailbox, at);
    const struct slice names[] = {user, mailbox};
    /* Every host must take mail for postmaster (RFC 5321 4.5.1). */
    if (slice_is_nocase(user, "postmaster") || pattern_matches_any(host->users, names, 2))
        return MX_RECIPIENT_KNOWN;
    return MX_RECIPIENT_UNKNOWN;
}

bool mx_host_is_down(const struct mx_host *host, int64_t now_us, int64_t since_start_us)
{
    return host->down || host->down_now ||
           (host->down_window_given && window_holds(&host->down_window, now_us, since_start_us));
}

bool mx_host_listens(const struct mx_host *host, uint16_t port, int64_t now_us,
                     int64_t since_start_us)
{
    if (mx_host_is_down(host, now_us, since_start_us))
        return false;
    for (size_t i = 0; i < host->port_count; i++) {
        if (host->ports[i] == port)
            return true;
    }
    return !host->ports_given && host->is_lmtp == (port == MX_PORT_LMTP);
}

enum net_condition_kind mx_host_network(const struct mx_host *host, const struct address *address,
                                        int64_t now_us, int64_t since_start_us)
{
    if (mx_host_is_down(host, now_us, since_start_us))
        return NET_REFUSED;
    const struct net_condition *now =
        net_conditions_now(host->network, host->network_count, address, now_us, since_start_us);
    return now != NULL && net_condition_shuts(now->kind) ? now->kind : NET_OPEN;
}

int64_t mx_host_network_next_us(const struct mx_host *host, int64_t now_us, int64_t since_start_us)
{
    const struct net_condition down = {.windowed = true, .during = host->down_window};
    int64_t next_us =
        net_conditions_next_us(host->network, host->network_count, now_us, since_start_us);
    int64_t down_us = host->down_window_given
                          ? net_conditions_next_us(&down, 1, now_us, since_start_us)
                          : INT64_MAX;
    return next_us < down_us ? next_us : down_us;
}

uint64_t mx_host_count_client(struct mx_host *host, const struct address *client)
{
    struct slice key = slice_from((const char *)client->bytes, sizeof client->bytes);
    uint64_t *count = map_get(&host->clients, key);
    if (count == NULL) {
        if (host->clients.count >= MX_CLIENTS_MAX)
            return 1;
        count = mem_alloc(sizeof *count);
        map_set(&host->clients, key, count);
    }
    return ++*count;
}

bool mx_host_verifies(const struct mx_host *host)
{
    return host->verify == MX_VERIFY_ALWAYS || (host->verify == MX_VERIFY_WHERE_ASKED &&
                                                (host->auth_stages != 0 || host->judge != NULL));
}
