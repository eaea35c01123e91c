#include "mta-under-test/base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>

#include "mta-under-test/base/poison.h"

enum {
    MEM_STEP_BYTES = 1 << 20,
    MEM_KEPT_BYTES = 64 << 20,
    MEM_MAPPED_BYTES = 4 << 20,
    MEM_SORT_ROUNDS = 100, /* of 10,000 chunks each */
};

static _Noreturn void mem_out(size_t size)
{
    fprintf(stderr, "out of memory: %zu bytes were asked for\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    return mem_alloc_array(1, size);
}

void *mem_alloc_array(size_t count, size_t size)
{
    void *block = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (block == NULL)
        mem_out(size);
    return block;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    void *block = reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1);
    if (block == NULL)
        mem_out(size);
    return block;
}

char *mem_text_copy(const char *text)
{
    return mem_text_copy_n(text, strlen(text));
}

char *mem_text_copy_n(const char *text, size_t len)
{
    /* An empty slice may have no pointer. */
    size_t used = len > 0 ? strnlen(text, len) : 0;
    char *copy = mem_alloc(used + 1);
    if (used > 0)
        memcpy(copy, text, used);
    return copy;
}

char *mem_text_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0 || text == NULL)
        mem_out(0);
    return text;
}

void mem_keep(void)
{
    mallopt(M_TOP_PAD, MEM_STEP_BYTES);
    mallopt(M_TRIM_THRESHOLD, MEM_KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, MEM_MAPPED_BYTES);
}

/* The C library joins freed chunks when it is told to, but sorts them only when it looks for a
 * large one, and so would each child, writing into every page that has a free chunk. */
void mem_settle(void)
{
    malloc_trim(MEM_STEP_BYTES);
    for (int i = 0; i < MEM_SORT_ROUNDS; i++) {
        void *volatile block = malloc(MEM_STEP_BYTES);
        free(block);
    }
}
