#include "mta-under-test/refmta/report/suppression.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 1 << 30, LINE_BYTES_MAX = 1024, ADDRESS_BYTES_MAX = 512, FILE_MODE = 0600 };

struct suppression {
    char *path;
    int fd;
    int64_t life_us[SUPPRESSION_KINDS];
    struct map entries; /* by address, in lower case */
};

/* When the address came in by each kind; 0: it did not. */
struct entry {
    int64_t since_us[SUPPRESSION_KINDS];
};

static const char *const KINDS[] = {"hard-bounce", "complaint", "unsubscribe"};

const char *suppression_kind_name(enum suppression_kind kind)
{
    return KINDS[kind];
}

/* Local parts are compared without case: that two mailboxes differ in nothing else is possible by
 * RFC 5321 2.4, and never so. */
static struct entry *entry_of(struct suppression *suppression, struct slice address)
{
    char key[ADDRESS_BYTES_MAX];
    snprintf(key, sizeof key, "%.*s", SLICE_ARG(address));
    text_to_lower(key);
    struct entry *entry = map_get_text(&suppression->entries, key);
    if (entry == NULL) {
        entry = mem_alloc(sizeof *entry);
        map_set_text(&suppression->entries, key, entry);
    }
    return entry;
}

static bool holds(const struct suppression *suppression, const struct entry *entry, int kind,
                  int64_t now_us)
{
    int64_t life_us = suppression->life_us[kind];
    return entry->since_us[kind] != 0 && (life_us == 0 || now_us - entry->since_us[kind] < life_us);
}

/* Takes a line; those that have run out are not written again. */
static void take_line(struct suppression *suppression, struct slice line, int64_t now_us,
                      struct buf *kept)
{
    struct slice rest = line;
    struct slice word;
    struct slice since;
    struct slice address;
    int64_t since_us = 0;
    int kind = 0;
    if (!slice_split(&rest, ' ', &word) || !slice_split(&rest, ' ', &since) ||
        !slice_split(&rest, ' ', &address) || text_to_i64(since, &since_us) != 0 ||
        address.len == 0)
        return;
    while (kind < SUPPRESSION_KINDS && !slice_is(word, KINDS[kind]))
        kind++;
    if (kind == SUPPRESSION_KINDS)
        return;
    struct entry candidate = {.since_us = {0}};
    candidate.since_us[kind] = since_us;
    if (!holds(suppression, &candidate, kind, now_us))
        return;
    struct entry *entry = entry_of(suppression, address);
    if (since_us > entry->since_us[kind])
        entry->since_us[kind] = since_us;
    buf_add_slice(kept, line);
    buf_add_char(kept, '\n');
}

static int read_and_write_anew(struct suppression *suppression, int64_t now_us, struct err *err)
{
    struct buf bytes;
    struct buf kept;
    struct slice line;
    buf_init(&bytes, FILE_BYTES_MAX);
    buf_init(&kept, FILE_BYTES_MAX);
    int result = 0;
    if (file_exists(suppression->path))
        result = file_read(suppression->path, &bytes, err);
    struct slice rest = buf_slice(&bytes);
    while (rest.len > 0 && slice_split(&rest, '\n', &line))
        take_line(suppression, line, now_us, &kept);
    if (result == 0)
        result = file_make_parents(suppression->path, err);
    if (result == 0)
        result = file_write(suppression->path, buf_slice(&kept), err);
    buf_deinit(&bytes);
    buf_deinit(&kept);
    return result;
}

struct suppression *suppression_open(const struct suppression_options *options, int64_t now_us,
                                     struct err *err)
{
    struct suppression *suppression = mem_alloc(sizeof *suppression);
    suppression->path = mem_text_copy(options->path);
    suppression->fd = -1;
    memcpy(suppression->life_us, options->life_us, sizeof suppression->life_us);
    map_init(&suppression->entries);
    int result = read_and_write_anew(suppression, now_us, err);
    if (result == 0) {
        suppression->fd =
            open(suppression->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE);
        if (suppression->fd < 0)
            result = err_set_errno(err, "%s: cannot be opened", suppression->path);
    }
    if (result != 0)
        suppression_close(&suppression);
    return suppression;
}

void suppression_close(struct suppression **where)
{
    struct suppression *suppression = *where;
    *where = NULL;
    if (suppression == NULL)
        return;
    if (suppression->fd >= 0)
        close(suppression->fd);
    map_deinit(&suppression->entries, free);
    free(suppression->path);
    free(suppression);
}

int suppression_add(struct suppression *suppression, enum suppression_kind kind,
                    const char *address, const char *reason, int64_t now_us, struct err *err)
{
    struct buf line;
    entry_of(suppression, slice_of(address))->since_us[kind] = now_us;
    buf_init(&line, LINE_BYTES_MAX);
    buf_format(&line, "%s %lld %s %.400s", KINDS[kind], (long long)now_us, address, reason);
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.data[i] < ' ')
            line.data[i] = ' ';
    buf_add_char(&line, '\n');
    int result = 0;
    /* A bounce that a power cut takes will come again; a complaint will not. */
    if (file_write_fd(suppression->fd, buf_slice(&line)) != 0 ||
        (kind != SUPPRESSION_BOUNCE && fdatasync(suppression->fd) != 0))
        result = err_set_errno(err, "%s: cannot be written", suppression->path);
    buf_deinit(&line);
    return result;
}

bool suppression_find(const struct suppression *suppression, const char *address, bool is_bulk,
                      int64_t now_us, enum suppression_kind *kind)
{
    static const enum suppression_kind STRICTEST_FIRST[] = {
        SUPPRESSION_COMPLAINT, SUPPRESSION_UNSUBSCRIBE, SUPPRESSION_BOUNCE};
    char key[ADDRESS_BYTES_MAX];
    snprintf(key, sizeof key, "%s", address);
    text_to_lower(key);
    const struct entry *entry = map_get_text(&suppression->entries, key);
    for (size_t i = 0; entry != NULL && i < SUPPRESSION_KINDS; i++) {
        *kind = STRICTEST_FIRST[i];
        if ((is_bulk || *kind != SUPPRESSION_UNSUBSCRIBE) &&
            holds(suppression, entry, (int)*kind, now_us))
            return true;
    }
    return false;
}

bool suppression_is_hard(const struct reason *reason)
{
    static const char *const HARD[] = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
    for (size_t i = 0; i < sizeof HARD / sizeof HARD[0]; i++)
        if (strcmp(reason->status, HARD[i]) == 0)
            return true;
    return false;
}
