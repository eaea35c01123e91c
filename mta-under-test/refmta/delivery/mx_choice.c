#include "mta-under-test/refmta/delivery/mx_choice.h"

#include "mta-under-test/base/poison.h"

/* Inserts by preference, behind those that are equal; the worst falls out when it is full. */
static void insert(struct mx_choice *choice, const struct dns_record *record)
{
    size_t at = choice->count;
    for (size_t i = 0; i < choice->count; i++)
        if (slice_is_nocase(slice_of(choice->hosts[i].name), record->host))
            return;
    while (at > 0 && choice->hosts[at - 1].preference > record->preference)
        at--;
    if (at == MX_HOSTS_MAX)
        return;
    if (choice->count < MX_HOSTS_MAX)
        choice->count++;
    for (size_t i = choice->count - 1; i > at; i--)
        choice->hosts[i] = choice->hosts[i - 1];
    choice->hosts[at] = (struct mx_host){record->host, record->preference};
}

void mx_choose(const struct dns_record *records, size_t count, const char *hostname,
               struct mx_choice *choice)
{
    unsigned own_preference = UINT16_MAX + 1U;
    *choice = (struct mx_choice){.verdict = MX_HOSTS};
    if (count == 0) {
        choice->verdict = MX_IMPLICIT;
        return;
    }
    if (count == 1 && records[0].host[0] == '\0') {
        choice->verdict = MX_NULL;
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (slice_is_nocase(slice_of(hostname), records[i].host) &&
            records[i].preference < own_preference)
            own_preference = records[i].preference;
    for (size_t i = 0; i < count; i++) {
        /* RFC 7505 3: a null MX beside others is no host. RFC 5321 5.1: never towards a host that
         * is as far from the mailbox as we are. */
        if (records[i].host[0] != '\0' && records[i].preference < own_preference)
            insert(choice, &records[i]);
    }
    if (choice->count == 0)
        choice->verdict = own_preference <= UINT16_MAX ? MX_LOOP : MX_BROKEN;
}

void mx_shuffle(const uint16_t *preferences, size_t count, struct rng *rng, size_t *order)
{
    for (size_t start = 0; start < count;) {
        size_t end = start + 1;
        while (end < count && preferences[order[end]] == preferences[order[start]])
            end++;
        for (size_t i = end - 1; i > start; i--) {
            size_t j = start + (size_t)rng_below(rng, i - start + 1);
            size_t kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        start = end;
    }
}
