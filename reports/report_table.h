/*
 * Finds the elements of an array by the hash of a text. It has no copy of the text, and eight bytes
 * for an element: a campaign has a million messages. So the caller compares what is found.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The caller's storage; all zero is empty. */
struct report_table {
    struct report_table_link *links; /* of each element */
    size_t count;
    struct report_table_bucket *buckets;
    size_t bucket_count;
};

/* Of a text, whose letters count without case, behind others whose hash is `before` (or 0). */
uint32_t report_table_hash(uint32_t before, const char *text);

/* The next element belongs to this hash. They are added in the order of the array. */
void report_table_add(struct report_table *table, uint32_t hash);
/* Index + 1 of the first one of this hash, and of the next one behind it; 0 = none. They come as
 * they were added. */
size_t report_table_first(const struct report_table *table, uint32_t hash);
size_t report_table_next(const struct report_table *table, size_t found);
void report_table_deinit(struct report_table *table);
