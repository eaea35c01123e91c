#include "mta-under-test/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>

#include "mta-under-test/base/poison.h"

enum { ARENA_BLOCK_BYTES = 8192, ARENA_ALIGN = _Alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_deinit(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena_init(arena);
}

static struct arena_block *arena_add_block(struct arena *arena, size_t size)
{
    size_t bytes = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
    struct arena_block *block = mem_grow(NULL, 1, sizeof *block + bytes);
    block->used = 0;
    block->size = bytes;
    /* A large allocation goes behind the current block, whose free space stays in use. */
    if (size > ARENA_BLOCK_BYTES / 2 && arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

static void *arena_take(struct arena *arena, size_t size, size_t align)
{
    assert(size < SIZE_MAX / 2);
    struct arena_block *block = arena->blocks;
    size_t at = block != NULL ? (block->used + align - 1) / align * align : 0;
    if (block == NULL || at > block->size || block->size - at < size) {
        block = arena_add_block(arena, size);
        at = 0;
    }
    block->used = at + size;
    arena->used_bytes += size;
    return block->bytes + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need = size > 0 ? size : 1;
    /* Cleared here, since most blocks are given back long before they are full. */
    return memset(arena_take(arena, need, ARENA_ALIGN), 0, need);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        abort();
    return arena_alloc(arena, bytes);
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_text_of(arena, slice_of(text));
}

/* Texts lie one behind the other: of a large campaign millions are kept. */
char *arena_text_of(struct arena *arena, struct slice text)
{
    char *copy = arena_take(arena, text.len + 1, 1);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort();
    char *text = arena_take(arena, (size_t)len + 1, 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

struct slice arena_slice(struct arena *arena, struct slice bytes)
{
    char *copy = arena_alloc(arena, bytes.len + 1);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    return slice_from(copy, bytes.len);
}
