#include "mta-under-test/mailauth/core/dns_cache.h"

#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

struct dns_question {
    struct dns_question *next;
    enum dns_type type;
    struct slice name;
};

static const struct dns_answer DNS_CACHE_PENDING = {.status = DNS_PENDING};

/* One byte of type in front of the name. */
static struct slice dns_cache_key(enum dns_type type, struct slice name,
                                  char key[DOMAIN_BYTES_MAX + 2])
{
    if (name.len > DOMAIN_BYTES_MAX)
        name.len = DOMAIN_BYTES_MAX;
    key[0] = (char)('0' + (int)type);
    if (name.len > 0)
        memcpy(key + 1, name.data, name.len);
    return slice_from(key, name.len + 1);
}

void dns_cache_init(struct dns_cache *cache)
{
    arena_init(&cache->arena);
    map_init(&cache->answers);
    cache->first = NULL;
    cache->last = &cache->first;
}

void dns_cache_deinit(struct dns_cache *cache)
{
    map_deinit(&cache->answers, NULL);
    arena_deinit(&cache->arena);
}

const struct dns_answer *dns_cache_get(struct dns_cache *cache, enum dns_type type,
                                       struct slice name)
{
    char key[DOMAIN_BYTES_MAX + 2];
    return map_get(&cache->answers, dns_cache_key(type, name, key));
}

static const struct dns_answer *dns_cache_lookup(void *context, enum dns_type type,
                                                 struct slice name)
{
    struct dns_cache *cache = context;
    const struct dns_answer *answer = dns_cache_get(cache, type, name);
    if (answer != NULL)
        return answer;
    struct dns_question *question = arena_alloc(&cache->arena, sizeof *question);
    question->type = type;
    question->name = arena_slice(&cache->arena, name);
    *cache->last = question;
    cache->last = &question->next;
    return dns_cache_put(cache, type, name, &DNS_CACHE_PENDING);
}

struct dns_resolver dns_cache_resolver(struct dns_cache *cache)
{
    return (struct dns_resolver){cache, dns_cache_lookup};
}

const struct dns_answer *dns_cache_put(struct dns_cache *cache, enum dns_type type,
                                       struct slice name, const struct dns_answer *answer)
{
    char key[DOMAIN_BYTES_MAX + 2];
    struct dns_answer *copy = arena_alloc(&cache->arena, sizeof *copy);
    *copy = *answer;
    if (answer->count > 0) {
        struct dns_record *records =
            arena_alloc_array(&cache->arena, answer->count, sizeof *records);
        for (size_t i = 0; i < answer->count; i++) {
            records[i] = answer->records[i];
            records[i].data = arena_slice(&cache->arena, answer->records[i].data);
        }
        copy->records = records;
    }
    map_set(&cache->answers, dns_cache_key(type, name, key), copy);
    return copy;
}

bool dns_cache_next_question(struct dns_cache *cache, enum dns_type *type, struct slice *name)
{
    struct dns_question *question = cache->first;
    if (question == NULL)
        return false;
    cache->first = question->next;
    if (cache->first == NULL)
        cache->last = &cache->first;
    *type = question->type;
    *name = question->name;
    return true;
}
