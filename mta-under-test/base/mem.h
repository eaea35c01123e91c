/*
 * Allocation. Running out of memory ends the program here and nowhere else, so callers never test
 * for NULL. Everything is released with free() unless a header says otherwise.
 */
#pragma once

#include <stddef.h>

/* Marks a result that must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Zeroed memory of `size` bytes (at least 1). */
void *mem_alloc(size_t size) MUST_CHECK __attribute__((returns_nonnull));

/* As calloc: zeroed, and `count * size` is checked for overflow. */
void *mem_alloc_array(size_t count, size_t size) MUST_CHECK __attribute__((returns_nonnull));

/* As reallocarray: the new part is not zeroed. */
void *mem_grow(void *old, size_t count, size_t size) MUST_CHECK __attribute__((returns_nonnull));

/* A copy of a text; mem_text_copy_n() takes at most `len` bytes and always ends in NUL. */
char *mem_text_copy(const char *text) MUST_CHECK __attribute__((returns_nonnull));
char *mem_text_copy_n(const char *text, size_t len) MUST_CHECK __attribute__((returns_nonnull));

/* printf into fresh memory. */
char *mem_text_format(const char *format, ...) MUST_CHECK PRINTF_LIKE(1, 2)
    __attribute__((returns_nonnull));

/*
 * For a program that takes and gives back much memory all the time: what it frees stays with the
 * process, and its heap grows in large steps. Called once, at the start.
 */
void mem_keep(void);

/* Before children are forked: puts what is free in order, which else each of them does in a copy of
 * its own of all the pages. */
void mem_settle(void);
