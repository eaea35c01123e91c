#include "mta-under-test/refmta/watch/sender_watch.h"

#include <math.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum {
    SENDERS_MAX = 20000, /* others are not watched */
    HISTORY_HOURS_MIN = 5,
    FLOOR_TIMES_WITHOUT_HISTORY = 10,
    BOUNCE_SHARE = 10, /* one in so many */
    FILTER_BYTES = 8192,
    FILTER_HASHES = 3,
    FILE_BYTES_MAX = 64 << 20,
    SCALE = 1000, /* of the numbers in the file */
};

#define WEIGHT 0.2
#define DEVIATIONS 6.0
#define WRITE_EACH_US (10 * TIME_MINUTE)

struct history {
    double mean;
    double variance;
};

struct sender {
    int64_t hour;  /* at hand, since 1970 */
    int64_t hours; /* of history */
    int64_t filter_hours;
    int64_t hold_until_us;
    unsigned counts[SENDER_COUNTS]; /* in this hour */
    bool alarmed[SENDER_COUNTS];
    struct history history[SENDER_COUNTS];
    unsigned char *filter; /* NULL: nobody was written to */
};

struct sender_watch {
    struct sender_watch_options options;
    char *path;
    struct map senders;
    int64_t written_us;
};

const char *sender_count_name(enum sender_count count)
{
    static const char *const NAMES[] = {"recipients", "new-recipients", "bounces", "complaints"};
    return NAMES[count];
}

static void sender_free(void *value)
{
    struct sender *sender = value;
    free(sender->filter);
    free(sender);
}

/* --- the file: "HOURS HOLD MEAN VARIANCE ... SENDER" ------------------------------------------ */

static void take_line(struct sender_watch *watch, struct slice line)
{
    enum { NUMBERS = 2 + 2 * SENDER_COUNTS };
    int64_t numbers[NUMBERS];
    struct slice rest = line;
    struct slice word;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!slice_split(&rest, ' ', &word) || text_to_i64(word, &numbers[i]) != 0)
            return;
    if (rest.len == 0 || watch->senders.count >= SENDERS_MAX ||
        map_get(&watch->senders, rest) != NULL)
        return;
    struct sender *sender = mem_alloc(sizeof *sender);
    sender->hours = numbers[0];
    sender->hold_until_us = numbers[1];
    for (size_t i = 0; i < SENDER_COUNTS; i++) {
        sender->history[i].mean = (double)numbers[2 + 2 * i] / SCALE;
        sender->history[i].variance = (double)numbers[3 + 2 * i] / SCALE;
    }
    map_set(&watch->senders, rest, sender);
}

static int write_file(struct sender_watch *watch, int64_t now_us, struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    for (struct map_entry *at = map_first(&watch->senders); at != NULL; at = map_next(at)) {
        const struct sender *sender = map_value(at);
        buf_format(&text, "%lld %lld", (long long)sender->hours, (long long)sender->hold_until_us);
        for (size_t i = 0; i < SENDER_COUNTS; i++)
            buf_format(&text, " %lld %lld", llround(sender->history[i].mean * SCALE),
                       llround(sender->history[i].variance * SCALE));
        buf_format(&text, " %s\n", map_key(at));
    }
    watch->written_us = now_us;
    int result = file_make_parents(watch->path, err);
    if (result == 0)
        result = file_write(watch->path, buf_slice(&text), err);
    buf_deinit(&text);
    return result;
}

struct sender_watch *sender_watch_open(const struct sender_watch_options *options, int64_t now_us,
                                       struct err *err)
{
    struct sender_watch *watch = mem_alloc(sizeof *watch);
    struct buf text;
    struct slice line;
    watch->options = *options;
    watch->path = mem_text_copy(options->path);
    watch->written_us = now_us;
    buf_init(&text, FILE_BYTES_MAX);
    int result = file_exists(watch->path) ? file_read(watch->path, &text, err) : 0;
    struct slice rest = buf_slice(&text);
    while (rest.len > 0 && slice_split(&rest, '\n', &line))
        take_line(watch, line);
    buf_deinit(&text);
    if (result != 0) {
        watch->written_us = 0;
        map_deinit(&watch->senders, sender_free);
        free(watch->path);
        free(watch);
        return NULL;
    }
    return watch;
}

void sender_watch_close(struct sender_watch **where)
{
    struct sender_watch *watch = *where;
    *where = NULL;
    if (watch == NULL)
        return;
    (void)write_file(watch, 0, NULL); /* at worst the last minutes are forgotten */
    map_deinit(&watch->senders, sender_free);
    free(watch->path);
    free(watch);
}

/* --- counting --------------------------------------------------------------------------------- */

/* Whether the recipient is new; it is known from now on. */
static bool is_new(struct sender *sender, const char *recipient)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    bool known = true;
    if (sender->filter == NULL)
        sender->filter = mem_alloc(FILTER_BYTES);
    for (const char *c = recipient; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)text_lower(*c)) * UINT64_C(1099511628211);
    for (unsigned i = 0; i < FILTER_HASHES; i++) {
        unsigned bit = (unsigned)(hash >> (16 * i)) % (FILTER_BYTES * 8);
        unsigned mask = 1U << (bit % 8);
        known = known && (sender->filter[bit / 8] & mask) != 0;
        sender->filter[bit / 8] = (unsigned char)(sender->filter[bit / 8] | mask);
    }
    return !known;
}

/* The hour at hand goes into the history when another one begins. */
static void turn_hour(struct sender *sender, int64_t hour)
{
    if (hour == sender->hour)
        return;
    bool has_sent = sender->counts[SENDER_RECIPIENTS] > 0;
    for (size_t i = 0; i < SENDER_COUNTS; i++) {
        struct history *history = &sender->history[i];
        double value = sender->counts[i];
        double difference = value - history->mean;
        if (has_sent && sender->hours == 0) {
            history->mean = value;
        } else if (has_sent) {
            history->mean += WEIGHT * difference;
            history->variance =
                (1 - WEIGHT) * (history->variance + WEIGHT * difference * difference);
        }
        sender->counts[i] = 0;
        sender->alarmed[i] = false;
    }
    sender->hours += has_sent;
    sender->filter_hours += has_sent;
    sender->hour = hour;
}

static double limit_of(const struct sender_watch *watch, const struct sender *sender,
                       enum sender_count count)
{
    const struct history *history = &sender->history[count];
    double floor = watch->options.floors[count];
    if (sender->hours < HISTORY_HOURS_MIN)
        return floor * FLOOR_TIMES_WITHOUT_HISTORY;
    return fmax(floor,
                history->mean + DEVIATIONS * fmax(sqrt(history->variance), sqrt(history->mean)));
}

static bool raises_alarm(const struct sender_watch *watch, const struct sender *sender,
                         enum sender_count count)
{
    if (sender->alarmed[count] || sender->counts[count] <= limit_of(watch, sender, count))
        return false;
    if (count == SENDER_NEW_RECIPIENTS)
        return sender->filter_hours >= HISTORY_HOURS_MIN;
    return count != SENDER_BOUNCES ||
           sender->counts[count] * BOUNCE_SHARE >= sender->counts[SENDER_RECIPIENTS];
}

static bool add(struct sender_watch *watch, struct sender *sender, enum sender_count count,
                struct sender_alarm *alarm)
{
    sender->counts[count]++;
    if (!raises_alarm(watch, sender, count))
        return false;
    sender->alarmed[count] = true;
    *alarm = (struct sender_alarm){.count = count,
                                   .value = sender->counts[count],
                                   .mean = sender->history[count].mean,
                                   .limit = limit_of(watch, sender, count)};
    return true;
}

static struct sender *sender_of(struct sender_watch *watch, const char *name)
{
    struct sender *sender = map_get_text(&watch->senders, name);
    if (sender == NULL && watch->senders.count < SENDERS_MAX) {
        sender = mem_alloc(sizeof *sender);
        map_set_text(&watch->senders, name, sender);
    }
    return sender;
}

bool sender_watch_note(struct sender_watch *watch, enum sender_count count, const char *name,
                       const char *recipient, int64_t now_us, struct sender_alarm *alarm)
{
    struct sender *sender = sender_of(watch, name);
    if (sender == NULL)
        return false;
    turn_hour(sender, now_us / TIME_HOUR);
    bool raised = add(watch, sender, count, alarm);
    if (count == SENDER_RECIPIENTS && is_new(sender, recipient) &&
        add(watch, sender, SENDER_NEW_RECIPIENTS, alarm))
        raised = true;
    if (raised && watch->options.hold_us > 0)
        sender->hold_until_us = now_us + watch->options.hold_us;
    if (raised || now_us - watch->written_us >= WRITE_EACH_US)
        (void)write_file(watch, now_us, NULL); /* the next time will do */
    return raised;
}

bool sender_watch_holds(const struct sender_watch *watch, const char *name, int64_t now_us)
{
    const struct sender *sender = map_get_text(&watch->senders, name);
    return sender != NULL && now_us < sender->hold_until_us;
}
