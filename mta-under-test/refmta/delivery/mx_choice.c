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

/* The index in `order`, from `start` to before `end`, that a draw by weight hits. */
static size_t draw(const struct mx_rank *ranks, const size_t *order, size_t start, size_t end,
                   struct rng *rng)
{
    uint64_t total = 0;
    for (size_t i = start; i < end; i++)
        total += ranks[order[i]].weight;
    uint64_t hit = rng_below(rng, total);
    size_t at = start;
    while (hit >= ranks[order[at]].weight)
        hit -= ranks[order[at++]].weight;
    return at;
}

static int compare_ranks(const void *a, const void *b, void *arg)
{
    const struct mx_rank *ranks = arg;
    size_t first = *(const size_t *)a;
    size_t second = *(const size_t *)b;
    if (ranks[first].preference != ranks[second].preference)
        return ranks[first].preference < ranks[second].preference ? -1 : 1;
    return first < second ? -1 : 1;
}

void mx_shuffle(struct mx_rank *ranks, size_t count, struct rng *rng, size_t *order)
{
    qsort_r(order, count, sizeof *order, compare_ranks, ranks);
    for (size_t start = 0; start < count;) {
        size_t end = start + 1;
        while (end < count && ranks[order[end]].preference == ranks[order[start]].preference)
            end++;
        for (; start + 1 < end; start++) {
            size_t hit = draw(ranks, order, start, end, rng);
            size_t kept = order[start];
            order[start] = order[hit];
            order[hit] = kept;
        }
        start = end;
    }
}
