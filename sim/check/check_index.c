#include "sim/check/check_index.h"

#include "mta-under-test/base/text.h"
#include "sim/check/check_history.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_INDEX_FIRST_BUCKETS = 16 };

void check_index_deinit(struct check_index *index)
{
    free(index->buckets);
    *index = (struct check_index){.kind = index->kind};
}

/* FNV-1a. */
static uint32_t hash_of(const char *message, const char *recipient)
{
    uint32_t hash = 0x811c9dc5u;
    for (; *message != '\0'; message++)
        hash = (hash ^ (unsigned char)*message) * 0x01000193u;
    hash = (hash ^ '\n') * 0x01000193u;
    for (; *recipient != '\0'; recipient++)
        hash = (hash ^ (unsigned char)text_lower(*recipient)) * 0x01000193u;
    return hash ^ hash >> 16;
}

static bool is_meant(const struct check_index *index, const struct check_delivery *delivery,
                     uint32_t hash, const char *message, const char *recipient)
{
    const struct check_index_link *link = &delivery->links[index->kind];
    return link->hash == hash && strcmp(link->message, message) == 0 &&
           slice_equal_nocase(slice_of(delivery->to), slice_of(recipient));
}

/* Where the pointer to it stands, or where it would be put. */
static struct check_delivery **find_slot(const struct check_index *index, uint32_t hash,
                                         const char *message, const char *recipient)
{
    struct check_delivery **slot = &index->buckets[hash & (index->bucket_count - 1)];
    while (*slot != NULL && !is_meant(index, *slot, hash, message, recipient))
        slot = &(*slot)->links[index->kind].next;
    return slot;
}

struct check_delivery *check_index_find(const struct check_index *index, const char *message,
                                        const char *recipient)
{
    if (index->count == 0)
        return NULL;
    return *find_slot(index, hash_of(message, recipient), message, recipient);
}

static void push(const struct check_index *index, struct check_delivery *delivery)
{
    struct check_index_link *link = &delivery->links[index->kind];
    struct check_delivery **bucket = &index->buckets[link->hash & (index->bucket_count - 1)];
    link->next = *bucket;
    *bucket = delivery;
}

static void grow(struct check_index *index)
{
    struct check_index old = *index;
    index->bucket_count = old.bucket_count > 0 ? old.bucket_count * 2 : CHECK_INDEX_FIRST_BUCKETS;
    index->buckets = mem_alloc_array(index->bucket_count, sizeof(struct check_delivery *));
    for (size_t i = 0; i < old.bucket_count; i++) {
        struct check_delivery *delivery = old.buckets[i];
        while (delivery != NULL) {
            struct check_delivery *next = delivery->links[index->kind].next;
            push(index, delivery);
            delivery = next;
        }
    }
    free(old.buckets);
}

/* Takes out what stands under this message and recipient. */
static void take_out(struct check_index *index, uint32_t hash, const char *message,
                     const char *recipient)
{
    struct check_delivery **slot = find_slot(index, hash, message, recipient);
    struct check_delivery *delivery = *slot;
    if (delivery == NULL)
        return;
    *slot = delivery->links[index->kind].next;
    delivery->links[index->kind] = (struct check_index_link){0};
    index->count--;
}

void check_index_set(struct check_index *index, const char *message,
                     struct check_delivery *delivery)
{
    struct check_index_link *link = &delivery->links[index->kind];
    if (index->count >= index->bucket_count)
        grow(index);
    if (link->message != NULL)
        take_out(index, link->hash, link->message, delivery->to);
    uint32_t hash = hash_of(message, delivery->to);
    take_out(index, hash, message, delivery->to);
    *link = (struct check_index_link){.message = message, .hash = hash};
    push(index, delivery);
    index->count++;
}
