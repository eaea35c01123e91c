#include "mta-under-test/refmta/auth/auth_guard.h"

#include <stdlib.h>

#include "mta-under-test/base/poison.h"

struct guard_client {
    struct list link;
    unsigned failures;
    int64_t last_us;
    size_t key_len;
    char key[];
};

static struct guard_client *oldest(struct auth_guard *guard)
{
    return LIST_ENTRY(guard->order.next, struct guard_client, link);
}

static void forget(struct auth_guard *guard, struct guard_client *client)
{
    map_remove(&guard->clients, slice_from(client->key, client->key_len));
    list_remove(&client->link);
    free(client);
}

static void forget_old(struct auth_guard *guard, int64_t now_us)
{
    while (guard->clients.count > 0 && now_us - oldest(guard)->last_us >= guard->limits.forget_us)
        forget(guard, oldest(guard));
}

void auth_guard_init(struct auth_guard *guard, const struct auth_guard_limits *limits)
{
    *guard = (struct auth_guard){.limits = *limits};
    map_init(&guard->clients);
    list_init(&guard->order);
}

void auth_guard_deinit(struct auth_guard *guard)
{
    while (guard->clients.count > 0)
        forget(guard, oldest(guard));
    map_deinit(&guard->clients, NULL);
}

bool auth_guard_is_blocked(struct auth_guard *guard, struct slice key, int64_t now_us)
{
    forget_old(guard, now_us);
    const struct guard_client *client = map_get(&guard->clients, key);
    return client != NULL && client->failures >= guard->limits.failures_max;
}

int64_t auth_guard_failed(struct auth_guard *guard, struct slice key, int64_t now_us)
{
    forget_old(guard, now_us);
    struct guard_client *client = map_get(&guard->clients, key);
    if (client == NULL) {
        if (guard->clients.count >= guard->limits.clients_max)
            forget(guard, oldest(guard));
        client = mem_alloc(sizeof *client + key.len);
        client->key_len = key.len;
        memcpy(client->key, key.data, key.len);
        map_set(&guard->clients, key, client);
    } else {
        list_remove(&client->link);
    }
    list_push_back(&guard->order, &client->link);
    client->last_us = now_us;
    int64_t delay_us = guard->limits.delay_us;
    for (unsigned i = 0; i < client->failures && delay_us < guard->limits.delay_max_us; i++)
        delay_us *= 2;
    client->failures++;
    return delay_us < guard->limits.delay_max_us ? delay_us : guard->limits.delay_max_us;
}

void auth_guard_succeeded(struct auth_guard *guard, struct slice key)
{
    struct guard_client *client = map_get(&guard->clients, key);
    if (client != NULL)
        client->failures /= 2;
}
