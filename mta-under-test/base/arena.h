/*
 * An arena: allocations that live and die together (a run, a session, a transaction). There is no
 * way to free a single one; arena_deinit() frees all. Not thread-safe: one owner.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct arena_block;

/* The caller's storage; all zero is an empty arena ready for use. */
struct arena {
    struct arena_block *blocks;
    size_t used_bytes; /* handed out so far */
};

void arena_init(struct arena *arena);
void arena_deinit(struct arena *arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK __attribute__((returns_nonnull));
void *arena_alloc_array(struct arena *arena, size_t count, size_t size) MUST_CHECK
    __attribute__((returns_nonnull));

/* Copies that end in NUL. */
char *arena_text(struct arena *arena, const char *text) MUST_CHECK __attribute__((returns_nonnull));
char *arena_text_of(struct arena *arena, struct slice text) MUST_CHECK
    __attribute__((returns_nonnull));
char *arena_format(struct arena *arena, const char *format, ...) MUST_CHECK PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));

/* A copy of bytes, as a slice. */
struct slice arena_slice(struct arena *arena, struct slice bytes) MUST_CHECK;
