#include "reports/report_table.h"

#include "mta-under-test/base/text.h"
#include "reports/report_model.h"

#include "mta-under-test/base/poison.h"

enum { FIRST_BUCKETS = 16, PER_BUCKET = 2 };

struct report_table_link {
    uint32_t hash;
    uint32_t next; /* in the bucket: index + 1 */
};

/* Also from 1; 0 = none. */
struct report_table_bucket {
    uint32_t first;
    uint32_t last;
};

/* FNV-1a. */
uint32_t report_table_hash(uint32_t before, const char *text)
{
    uint32_t hash = before ^ 0x811c9dc5u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)text_lower(*text)) * 0x01000193u;
    return hash ^ hash >> 16;
}

static void append(struct report_table *table, size_t index)
{
    struct report_table_link *link = &table->links[index];
    struct report_table_bucket *bucket = &table->buckets[link->hash & (table->bucket_count - 1)];
    uint32_t number = (uint32_t)index + 1;
    link->next = 0;
    if (bucket->first == 0)
        bucket->first = number;
    else
        table->links[bucket->last - 1].next = number;
    bucket->last = number;
}

static void grow(struct report_table *table)
{
    free(table->buckets);
    table->bucket_count = table->bucket_count > 0 ? table->bucket_count * 2 : FIRST_BUCKETS;
    table->buckets = mem_alloc_array(table->bucket_count, sizeof *table->buckets);
    for (size_t i = 0; i < table->count; i++)
        append(table, i);
}

void report_table_add(struct report_table *table, uint32_t hash)
{
    if (table->count >= table->bucket_count * PER_BUCKET)
        grow(table);
    table->links = report_room(table->links, table->count, sizeof *table->links);
    table->links[table->count].hash = hash;
    append(table, table->count);
    table->count++;
}

/* This one, or the next in its bucket that has the hash. */
static size_t with_hash(const struct report_table *table, size_t number, uint32_t hash)
{
    while (number != 0 && table->links[number - 1].hash != hash)
        number = table->links[number - 1].next;
    return number;
}

size_t report_table_first(const struct report_table *table, uint32_t hash)
{
    if (table->count == 0)
        return 0;
    return with_hash(table, table->buckets[hash & (table->bucket_count - 1)].first, hash);
}

size_t report_table_next(const struct report_table *table, size_t found)
{
    const struct report_table_link *link = &table->links[found - 1];
    return with_hash(table, link->next, link->hash);
}

void report_table_deinit(struct report_table *table)
{
    free(table->links);
    free(table->buckets);
    *table = (struct report_table){0};
}
