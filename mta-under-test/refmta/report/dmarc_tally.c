#include "mta-under-test/refmta/report/dmarc_tally.h"

#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/list.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/report/dmarc_row.h"

#include "mta-under-test/base/poison.h"

enum {
    FILE_BYTES_MAX = 1 << 30,
    APPENDED_BYTES_MAX = 64 << 20, /* then the file is written anew */
    LINE_BYTES_MAX = 64 << 10,
    ROWS_MAX = 500000, /* of all days */
    FILE_MODE = 0600,
};

struct dmarc_tally {
    char *path;
    int fd;
    size_t appended_bytes;
    size_t row_count;
    struct list days; /* the oldest first */
};

struct day {
    struct list link;
    int64_t number;     /* days since 1970 */
    struct map domains; /* -> struct domain */
};

struct domain {
    struct map rows; /* JSON -> struct row, in the order of their first message */
};

struct row {
    uint64_t count;
};

static void domain_free(void *value)
{
    struct domain *domain = value;
    map_deinit(&domain->rows, free);
    free(domain);
}

static void day_free(struct day *day)
{
    list_remove(&day->link);
    map_deinit(&day->domains, domain_free);
    free(day);
}

static struct day *day_find(const struct dmarc_tally *tally, int64_t number)
{
    LIST_EACH(link, &tally->days)
    {
        struct day *day = LIST_ENTRY(link, struct day, link);
        if (day->number == number)
            return day;
    }
    return NULL;
}

static struct day *day_of(struct dmarc_tally *tally, int64_t number)
{
    struct day *day = day_find(tally, number);
    if (day != NULL)
        return day;
    struct list *before = &tally->days;
    LIST_EACH(link, &tally->days)
    if (LIST_ENTRY(link, struct day, link)->number < number)
        before = link;
    day = mem_alloc(sizeof *day);
    day->number = number;
    list_insert_after(before, &day->link);
    return day;
}

static struct domain *domain_of(struct day *day, struct slice name)
{
    struct domain *domain = map_get(&day->domains, name);
    if (domain == NULL) {
        domain = mem_alloc(sizeof *domain);
        map_set(&day->domains, name, domain);
    }
    return domain;
}

/* False when there are too many different ones. */
static bool count_row(struct dmarc_tally *tally, struct domain *domain, struct slice json,
                      uint64_t count)
{
    struct row *row = map_get(&domain->rows, json);
    if (row == NULL) {
        if (tally->row_count >= ROWS_MAX)
            return false;
        row = mem_alloc(sizeof *row);
        map_set(&domain->rows, json, row);
        tally->row_count++;
    }
    row->count += count;
    return true;
}

/* The domain is done. */
static void forget(struct dmarc_tally *tally, struct day *day, struct slice name)
{
    struct domain *domain = map_remove(&day->domains, name);
    if (domain == NULL)
        return;
    tally->row_count -= domain->rows.count;
    domain_free(domain);
}

/* Days all of whose domains are done. */
static void forget_days(struct dmarc_tally *tally)
{
    struct list kept;
    list_init(&kept);
    for (struct list *link; (link = list_pop_front(&tally->days)) != NULL;) {
        struct day *day = LIST_ENTRY(link, struct day, link);
        if (day->domains.count > 0)
            list_push_back(&kept, link);
        else
            day_free(day);
    }
    for (struct list *link; (link = list_pop_front(&kept)) != NULL;)
        list_push_back(&tally->days, link);
}

/* --- the file -------------------------------------------------------------------------------- */

static void take_line(struct dmarc_tally *tally, struct slice line)
{
    struct slice rest = line;
    struct slice number_text;
    struct slice count_text;
    struct arena arena = {0};
    struct dmarc_report policy = {.domain = SLICE("")};
    struct dmarc_report_row row;
    int64_t number = 0;
    uint64_t count = 0;
    if (!slice_split(&rest, ' ', &number_text) || !slice_split(&rest, ' ', &count_text) ||
        text_to_i64(number_text, &number) != 0 || text_to_u64(count_text, &count) != 0)
        return;
    struct day *day = day_find(tally, number);
    if (count == 0 && day != NULL)
        forget(tally, day, rest);
    else if (count > 0 && dmarc_row_read(rest, &arena, &policy, &row) == 0)
        (void)count_row(tally, domain_of(day_of(tally, number), policy.domain), rest, count);
    arena_deinit(&arena);
}

static int read_file(struct dmarc_tally *tally, struct err *err)
{
    struct buf bytes;
    struct slice line;
    buf_init(&bytes, FILE_BYTES_MAX);
    int result = file_exists(tally->path) ? file_read(tally->path, &bytes, err) : 0;
    struct slice rest = buf_slice(&bytes);
    while (rest.len > 0 && slice_split(&rest, '\n', &line))
        take_line(tally, line);
    forget_days(tally);
    buf_deinit(&bytes);
    return result;
}

static void write_day(const struct day *day, struct buf *out)
{
    for (struct map_entry *at = map_first(&day->domains); at != NULL; at = map_next(at)) {
        const struct domain *domain = map_value(at);
        for (struct map_entry *of = map_first(&domain->rows); of != NULL; of = map_next(of)) {
            const struct row *row = map_value(of);
            buf_format(out, "%lld %llu %s\n", (long long)day->number,
                       (unsigned long long)row->count, map_key(of));
        }
    }
}

static int write_anew(struct dmarc_tally *tally, struct err *err)
{
    struct buf kept;
    buf_init(&kept, FILE_BYTES_MAX);
    LIST_EACH(link, &tally->days)
    write_day(LIST_ENTRY(link, struct day, link), &kept);
    int result = file_make_parents(tally->path, err);
    if (result == 0)
        result = file_write(tally->path, buf_slice(&kept), err);
    buf_deinit(&kept);
    if (result != 0)
        return -1;
    if (tally->fd >= 0)
        close(tally->fd);
    tally->appended_bytes = 0;
    tally->fd = open(tally->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (tally->fd < 0)
        return err_set_errno(err, "%s: cannot be opened", tally->path);
    return fdatasync(tally->fd) == 0 ? 0 : err_set_errno(err, "%s: cannot be synced", tally->path);
}

static int append(struct dmarc_tally *tally, const struct buf *line, struct err *err)
{
    tally->appended_bytes += line->len;
    if (tally->appended_bytes > APPENDED_BYTES_MAX)
        return write_anew(tally, err);
    if (tally->fd < 0 || file_write_fd(tally->fd, buf_slice(line)) != 0)
        return err_set_errno(err, "%s: cannot be written", tally->path);
    return 0;
}

/* --- what others see ------------------------------------------------------------------------- */

struct dmarc_tally *dmarc_tally_open(const char *path, struct err *err)
{
    struct dmarc_tally *tally = mem_alloc(sizeof *tally);
    tally->path = mem_text_copy(path);
    tally->fd = -1;
    list_init(&tally->days);
    if (read_file(tally, err) != 0 || write_anew(tally, err) != 0)
        dmarc_tally_close(&tally);
    return tally;
}

void dmarc_tally_close(struct dmarc_tally **where)
{
    struct dmarc_tally *tally = *where;
    *where = NULL;
    if (tally == NULL)
        return;
    LIST_EACH(link, &tally->days)
    day_free(LIST_ENTRY(link, struct day, link));
    if (tally->fd >= 0)
        close(tally->fd);
    free(tally->path);
    free(tally);
}

int dmarc_tally_add(struct dmarc_tally *tally, const struct dmarc_report *one, int64_t now_us,
                    struct err *err)
{
    struct buf line;
    int64_t number = now_us / TIME_DAY;
    buf_init(&line, LINE_BYTES_MAX);
    buf_format(&line, "%lld 1 ", (long long)number);
    size_t head = line.len;
    dmarc_row_write(one, &line);
    int result = 0;
    if (buf_overflowed(&line))
        result = err_set(err, "the row of a DMARC report is longer than %d bytes", LINE_BYTES_MAX);
    else if (!count_row(tally, domain_of(day_of(tally, number), one->domain),
                        slice_skip(buf_slice(&line), head), 1))
        result = err_set(err, "there are %d different rows for DMARC reports already", ROWS_MAX);
    buf_add_char(&line, '\n');
    if (result == 0)
        result = append(tally, &line, err);
    buf_deinit(&line);
    return result;
}

int64_t dmarc_tally_first_day_us(const struct dmarc_tally *tally)
{
    if (list_is_empty(&tally->days))
        return INT64_MAX;
    const struct day *first = LIST_ENTRY(tally->days.next, struct day, link);
    return first->number * TIME_DAY;
}

void dmarc_tally_each(const struct dmarc_tally *tally, int64_t day_us,
                      void (*visit)(void *arg, const char *domain), void *arg)
{
    const struct day *day = day_find(tally, day_us / TIME_DAY);
    for (struct map_entry *at = day != NULL ? map_first(&day->domains) : NULL; at != NULL;
         at = map_next(at))
        visit(arg, map_key(at));
}

void dmarc_tally_report(const struct dmarc_tally *tally, int64_t day_us, const char *domain,
                        struct arena *arena, struct dmarc_report *report)
{
    const struct day *day = day_find(tally, day_us / TIME_DAY);
    const struct domain *known = day != NULL ? map_get_text(&day->domains, domain) : NULL;
    *report = (struct dmarc_report){.begin_s = day_us / TIME_SECOND,
                                    .end_s = (day_us + TIME_DAY) / TIME_SECOND - 1};
    if (known == NULL)
        return;
    report->rows = arena_alloc_array(arena, known->rows.count, sizeof *report->rows);
    for (struct map_entry *at = map_first(&known->rows); at != NULL; at = map_next(at)) {
        struct dmarc_report_row *row = &report->rows[report->count];
        if (dmarc_row_read(slice_of(map_key(at)), arena, report, row) != 0)
            continue;
        row->count = ((const struct row *)map_value(at))->count;
        report->count++;
    }
}

int dmarc_tally_done(struct dmarc_tally *tally, int64_t day_us, const char *domain, struct err *err)
{
    struct day *day = day_find(tally, day_us / TIME_DAY);
    struct buf line;
    if (day == NULL)
        return 0;
    forget(tally, day, slice_of(domain));
    bool was_last = day->domains.count == 0;
    forget_days(tally);
    if (was_last)
        return write_anew(tally, err);
    buf_init(&line, LINE_BYTES_MAX);
    buf_format(&line, "%lld 0 %s\n", (long long)(day_us / TIME_DAY), domain);
    int result = append(tally, &line, err);
    buf_deinit(&line);
    if (result == 0 && fdatasync(tally->fd) != 0)
        result = err_set_errno(err, "%s: cannot be synced", tally->path);
    return result;
}
