#include "mta-under-test/refmta/http/webhook_outbox.h"

#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/list.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    FILE_BYTES_MAX = 1 << 30,
    APPENDED_BYTES_MAX = 16 << 20, /* then the file is written anew */
    LINE_BYTES_MAX = 64 << 10,
    EVENTS_MAX = 200000,
    FILE_MODE = 0600,
};

struct webhook_outbox {
    char *path;
    int fd;
    size_t appended_bytes;
    uint64_t last_number;
    struct list events; /* the oldest first */
    size_t count;
};

struct event {
    struct list link;
    uint64_t number;
    int64_t at_us;
    size_t len;
    char json[];
};

static void push(struct webhook_outbox *outbox, uint64_t number, int64_t at_us, struct slice json)
{
    struct event *event = mem_alloc(sizeof *event + json.len);
    event->number = number;
    event->at_us = at_us;
    event->len = json.len;
    memcpy(event->json, json.data, json.len);
    list_push_back(&outbox->events, &event->link);
    outbox->count++;
    if (number > outbox->last_number)
        outbox->last_number = number;
}

static struct event *first(const struct webhook_outbox *outbox)
{
    return list_is_empty(&outbox->events) ? NULL
                                          : LIST_ENTRY(outbox->events.next, struct event, link);
}

/* Drops the events up to that number. */
static void drop_to(struct webhook_outbox *outbox, uint64_t number)
{
    for (struct list *link; (link = list_pop_front(&outbox->events)) != NULL;) {
        struct event *event = LIST_ENTRY(link, struct event, link);
        if (event->number > number) {
            list_push_front(&outbox->events, link);
            return;
        }
        outbox->count--;
        free(event);
    }
}

static void take_line(struct webhook_outbox *outbox, struct slice line)
{
    struct slice rest = line;
    struct slice word;
    struct slice at;
    uint64_t number = 0;
    int64_t at_us = 0;
    if (!slice_split(&rest, ' ', &word))
        return;
    if (slice_is(word, "done") && text_to_u64(rest, &number) == 0) {
        drop_to(outbox, number);
        /* A number is never used twice: receivers know events by it. */
        outbox->last_number = number > outbox->last_number ? number : outbox->last_number;
    } else if (text_to_u64(word, &number) == 0 && slice_split(&rest, ' ', &at) &&
               text_to_i64(at, &at_us) == 0 && slice_starts_with(rest, SLICE("{")) &&
               slice_ends_with_nocase(rest, SLICE("}"))) {
        push(outbox, number, at_us, rest);
    }
}

static void write_line(struct buf *out, const struct event *event)
{
    buf_format(out, "%llu %lld %.*s\n", (unsigned long long)event->number, (long long)event->at_us,
               (int)event->len, event->json);
}

static int write_anew(struct webhook_outbox *outbox, struct err *err)
{
    struct buf kept;
    const struct event *oldest = first(outbox);
    buf_init(&kept, FILE_BYTES_MAX);
    buf_format(&kept, "done %llu\n",
               (unsigned long long)(oldest != NULL ? oldest->number - 1 : outbox->last_number));
    LIST_EACH(link, &outbox->events)
    write_line(&kept, LIST_ENTRY(link, struct event, link));
    int result = file_make_parents(outbox->path, err);
    if (result == 0)
        result = file_write(outbox->path, buf_slice(&kept), err);
    buf_deinit(&kept);
    if (result != 0)
        return -1;
    if (outbox->fd >= 0)
        close(outbox->fd);
    outbox->appended_bytes = 0;
    outbox->fd = open(outbox->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE);
    return outbox->fd >= 0 ? 0 : err_set_errno(err, "%s: cannot be opened", outbox->path);
}

static int append(struct webhook_outbox *outbox, const struct buf *line, struct err *err)
{
    outbox->appended_bytes += line->len;
    if (outbox->appended_bytes > APPENDED_BYTES_MAX)
        return write_anew(outbox, err);
    if (outbox->fd < 0 || file_write_fd(outbox->fd, buf_slice(line)) != 0)
        return err_set_errno(err, "%s: cannot be written", outbox->path);
    return 0;
}

struct webhook_outbox *webhook_outbox_open(const char *path, struct err *err)
{
    struct webhook_outbox *outbox = mem_alloc(sizeof *outbox);
    struct buf bytes;
    struct slice line;
    outbox->path = mem_text_copy(path);
    outbox->fd = -1;
    list_init(&outbox->events);
    buf_init(&bytes, FILE_BYTES_MAX);
    int result = file_exists(path) ? file_read(path, &bytes, err) : 0;
    struct slice rest = buf_slice(&bytes);
    while (rest.len > 0 && slice_split(&rest, '\n', &line))
        take_line(outbox, line);
    buf_deinit(&bytes);
    if (result != 0 || write_anew(outbox, err) != 0)
        webhook_outbox_close(&outbox);
    return outbox;
}

void webhook_outbox_close(struct webhook_outbox **where)
{
    struct webhook_outbox *outbox = *where;
    *where = NULL;
    if (outbox == NULL)
        return;
    drop_to(outbox, UINT64_MAX);
    if (outbox->fd >= 0)
        close(outbox->fd);
    free(outbox->path);
    free(outbox);
}

int webhook_outbox_add(struct webhook_outbox *outbox, struct slice json, int64_t now_us,
                       struct err *err)
{
    struct buf line;
    if (outbox->count >= EVENTS_MAX || json.len > LINE_BYTES_MAX / 2)
        return err_set(err, "an event is lost: %zu wait already", outbox->count);
    push(outbox, outbox->last_number + 1, now_us, json);
    buf_init(&line, LINE_BYTES_MAX);
    write_line(&line, LIST_ENTRY(outbox->events.prev, struct event, link));
    int result = append(outbox, &line, err);
    buf_deinit(&line);
    return result;
}

size_t webhook_outbox_count(const struct webhook_outbox *outbox)
{
    return outbox->count;
}

int64_t webhook_outbox_oldest_us(const struct webhook_outbox *outbox)
{
    const struct event *event = first(outbox);
    return event != NULL ? event->at_us : 0;
}

size_t webhook_outbox_write(const struct webhook_outbox *outbox, size_t max, struct buf *out)
{
    size_t count = 0;
    buf_add_char(out, '[');
    LIST_EACH(link, &outbox->events)
    {
        const struct event *event = LIST_ENTRY(link, struct event, link);
        if (count == max)
            break;
        /* The object begins with "{", behind which the number goes. */
        buf_format(out, "%s{\"id\":%llu,%.*s", count > 0 ? "," : "",
                   (unsigned long long)event->number, (int)event->len - 1, event->json + 1);
        count++;
    }
    buf_add_char(out, ']');
    return count;
}

int webhook_outbox_done(struct webhook_outbox *outbox, size_t count, struct err *err)
{
    struct buf line;
    uint64_t number = 0;
    size_t seen = 0;
    LIST_EACH(link, &outbox->events)
    if (seen++ < count)
        number = LIST_ENTRY(link, struct event, link)->number;
    drop_to(outbox, number);
    buf_init(&line, LINE_BYTES_MAX);
    buf_format(&line, "done %llu\n", (unsigned long long)number);
    int result = append(outbox, &line, err);
    buf_deinit(&line);
    return result;
}
