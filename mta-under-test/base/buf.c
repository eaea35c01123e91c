#include "mta-under-test/base/buf.h"

#include <assert.h>

#include "mta-under-test/base/poison.h"

enum { BUF_FIRST_BYTES = 256 };

void buf_init(struct buf *buf, size_t max)
{
    assert(max < SIZE_MAX / 4);
    *buf = (struct buf){.max = max};
}

void buf_deinit(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.max = buf->max};
}

void buf_reset(struct buf *buf)
{
    buf_truncate(buf, 0);
    buf->overflowed = false;
}

/* At least `size` bytes in all, or as many as the limit allows. */
static void buf_resize(struct buf *buf, size_t size)
{
    if (size > buf->max + 1)
        size = buf->max + 1;
    if (size <= buf->size)
        return;
    buf->data = mem_grow(buf->data, size, 1);
    buf->data[buf->len] = '\0';
    buf->size = size;
}

static char *buf_make_room(struct buf *buf, size_t len)
{
    if (len > buf->max - buf->len) {
        buf->overflowed = true;
        return NULL;
    }
    size_t need = buf->len + len + 1;
    size_t size = buf->size > 0 ? buf->size : BUF_FIRST_BYTES;
    while (size < need)
        size *= 2;
    buf_resize(buf, size);
    return buf->data + buf->len;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    /* The usual case; there never is more room than the limit allows. */
    if (len < buf->size - buf->len)
        return buf->data + buf->len;
    return buf_make_room(buf, len);
}

void buf_expect(struct buf *buf, size_t len)
{
    if (len <= buf->max)
        buf_resize(buf, buf->len + len + 1);
}

void buf_commit(struct buf *buf, size_t len)
{
    assert(buf->len + len < buf->size);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

bool buf_add(struct buf *buf, const void *data, size_t len)
{
    char *room = buf_reserve(buf, len);
    if (room == NULL)
        return false;
    if (len > 0)
        memcpy(room, data, len);
    buf_commit(buf, len);
    return true;
}

bool buf_add_slice(struct buf *buf, struct slice bytes)
{
    return buf_add(buf, bytes.data, bytes.len);
}

bool buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_add_char(struct buf *buf, char c)
{
    char *room = buf_reserve(buf, 1);
    if (room == NULL)
        return false;
    *room = c;
    buf_commit(buf, 1);
    return true;
}

bool buf_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool taken = buf_vformat(buf, format, args);
    va_end(args);
    return taken;
}

bool buf_vformat(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    size_t size = buf->size - buf->len;
    char *end = size > 0 ? buf->data + buf->len : NULL;
    va_copy(again, args);
    int len = vsnprintf(end, size, format, again);
    va_end(again);
    assert(len >= 0);
    if ((size_t)len >= size) {
        if (end != NULL)
            *end = '\0'; /* what did not fit */
        char *room = buf_reserve(buf, (size_t)len);
        if (room == NULL)
            return false;
        vsnprintf(room, (size_t)len + 1, format, args);
    }
    buf_commit(buf, (size_t)len);
    return true;
}

void buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len == 0)
        return;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf_truncate(buf, buf->len - len);
}

void buf_truncate(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len = len;
    if (buf->data != NULL)
        buf->data[len] = '\0';
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data != NULL ? buf->data : mem_text_copy("");
    *buf = (struct buf){.max = buf->max};
    return data;
}
