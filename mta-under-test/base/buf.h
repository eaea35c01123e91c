/*
 * Owned bytes that grow up to a limit. The limit is given at the start; what does not fit is not
 * taken and sets a mark that stays, so that a writer may append many times and look once, at the
 * end, with buf_overflowed(). The bytes always end in a NUL that is not counted.
 */
#pragma once

#include <stdarg.h>
#include <sys/types.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

/* The caller's storage; the fields are read freely, written only by buf.c. */
struct buf {
    char *data; /* NULL or `len` bytes and a NUL */
    size_t len;
    size_t size;
    size_t max; /* the most that `len` may become */
    bool overflowed;
};

void buf_init(struct buf *buf, size_t max);
void buf_deinit(struct buf *buf);
/* Empties it, keeps the memory, takes the mark back. */
void buf_reset(struct buf *buf);

/* All return true if the whole was taken; nothing of it is taken otherwise. */
bool buf_add(struct buf *buf, const void *data, size_t len);
bool buf_add_slice(struct buf *buf, struct slice bytes);
bool buf_add_text(struct buf *buf, const char *text);
bool buf_add_char(struct buf *buf, char c);
bool buf_format(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
bool buf_vformat(struct buf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Room for `len` more bytes behind the end, to be written there and counted with buf_commit();
 * NULL if the limit does not allow it (and the mark is set). */
char *buf_reserve(struct buf *buf, size_t len) MUST_CHECK;
/* About `len` more bytes will come: room for them is taken now, and not step by step. */
void buf_expect(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

/* Takes `len` bytes off the front. */
void buf_consume(struct buf *buf, size_t len);
/* Cuts the end off, down to `len` bytes. */
void buf_truncate(struct buf *buf, size_t len);

static inline struct slice buf_slice(const struct buf *buf)
{
    return slice_from(buf->data, buf->len);
}

/* The bytes as a C text, never NULL. */
static inline const char *buf_text(const struct buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

static inline bool buf_overflowed(const struct buf *buf)
{
    return buf->overflowed;
}

/* Gives the bytes away (release with free()) and leaves an empty buf. Never NULL. */
char *buf_take(struct buf *buf) MUST_CHECK;
