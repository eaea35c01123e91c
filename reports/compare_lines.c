/*
 * The lines of a comparison: for each recipient how it ended, when, in how many tries and how far
 * apart, at which hosts and whether in TLS; for the run what did not hold and what was found.
 */
#include "reports/compare.h"

#include "mta-under-test/base/map.h"
#include "mta-under-test/base/time_text.h"
#include "reports/report_time.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

enum {
    RECIPIENTS_MAX = 12, /* of a scenario; the rest is in results.json */
    TIMES_MAX = 12,      /* told of one recipient */
    HOSTS_MAX = 8,
    TEXT_BYTES_MAX = 4096,
};

typedef void compare_tell(const cJSON *delivery, struct buf *out);

static const cJSON *list_of(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void tell_end(const cJSON *delivery, struct buf *out)
{
    const char *end = event_text(delivery, "end");
    buf_add_text(out, end);
    if (slice_is(slice_of(end), "delivered"))
        buf_format(out, " by %s", event_text(delivery, "host"));
    const cJSON *bounce = list_of(delivery, "bounce");
    if (cJSON_IsObject(bounce))
        buf_format(out, " %s", event_text(bounce, "status"));
    if (event_text(delivery, "refusal")[0] != '\0')
        buf_format(out, ": %s", event_text(delivery, "refusal"));
}

/* To the second: milliseconds are a matter of the run, not of the server. */
static int64_t whole_seconds(int64_t us)
{
    return (us + TIME_SECOND / 2) / TIME_SECOND * TIME_SECOND;
}

static void tell_ended(const cJSON *delivery, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    int64_t at_us = event_int(delivery, "ended", -1);
    if (at_us >= 0)
        buf_add_text(out, report_time_point(whole_seconds(at_us), text));
}

static void tell_attempts(const cJSON *delivery, struct buf *out)
{
    buf_format(out, "%d", (int)event_int(delivery, "attempts", 0));
}

/* Begins of rounds: the first try, and each that is no mere next address. */
static void tell_times(const cJSON *delivery, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    const cJSON *one;
    int told = 0;
    cJSON_ArrayForEach(one, list_of(delivery, "tries"))
    {
        if (told > 0 && !event_bool(one, "retry"))
            continue;
        if (told++ < TIMES_MAX)
            buf_format(out, "%s%s", told > 1 ? ", " : "",
                       report_time_point(whole_seconds(event_int(one, "at", 0)), text));
    }
    if (told > TIMES_MAX)
        buf_format(out, ", %d more", told - TIMES_MAX);
}

static void tell_wait(int64_t wait_us, int count, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    buf_format(out, "%s%s", out->len > 0 ? ", " : "", report_time_text(wait_us, text));
    if (count > 1)
        buf_format(out, " \xC3\x97%d", count);
}

/* "5m \xC3\x972, 10m, 20m": equal waits in a row are told once. */
static void tell_spacing(const cJSON *delivery, struct buf *out)
{
    const cJSON *one;
    int64_t last_us = -1;
    int64_t wait_us = 0;
    int count = 0;
    int told = 0;
    cJSON_ArrayForEach(one, list_of(delivery, "tries"))
    {
        int64_t at_us = event_int(one, "at", 0);
        if (last_us >= 0 && !event_bool(one, "retry"))
            continue;
        int64_t here_us = whole_seconds(at_us - last_us);
        if (last_us >= 0 && count > 0 && here_us != wait_us) {
            if (told++ < TIMES_MAX)
                tell_wait(wait_us, count, out);
            count = 0;
        }
        wait_us = here_us;
        count += last_us >= 0;
        last_us = at_us;
    }
    if (count > 0 && told < TIMES_MAX)
        tell_wait(wait_us, count, out);
    if (told >= TIMES_MAX)
        buf_add_text(out, ", \xE2\x80\xA6");
}

/* Hosts in the order tried; the same one again at once is not told twice. */
static void tell_hosts(const cJSON *delivery, struct buf *out)
{
    const cJSON *one;
    const char *last = "";
    int told = 0;
    cJSON_ArrayForEach(one, list_of(delivery, "tries"))
    {
        const char *host = event_text(one, "host");
        if (slice_is(slice_of(host), last) || host[0] == '\0')
            continue;
        if (told++ < HOSTS_MAX)
            buf_format(out, "%s%s", told > 1 ? " \xE2\x86\x92 " : "", host);
        last = host;
    }
    if (told > HOSTS_MAX)
        buf_format(out, " \xE2\x86\x92 %d more", told - HOSTS_MAX);
}

static void tell_tls(const cJSON *delivery, struct buf *out)
{
    if (slice_is(slice_of(event_text(delivery, "end")), "delivered"))
        buf_add_text(out, event_text(delivery, "tls")[0] != '\0' ? event_text(delivery, "tls")
                                                                 : "clear text");
}

static void tell_copies(const cJSON *delivery, struct buf *out)
{
    buf_format(out, "%d", (int)event_int(delivery, "copies", 0));
}

static void tell_warnings(const cJSON *delivery, struct buf *out)
{
    buf_format(out, "%d", (int)event_int(delivery, "warnings", 0));
}

static const struct {
    const char *name;
    compare_tell *tell;
} ASPECTS[] = {
    {"end", tell_end},     {"ended", tell_ended},     {"attempts", tell_attempts},
    {"times", tell_times}, {"spacing", tell_spacing}, {"hosts", tell_hosts},
    {"TLS", tell_tls},     {"copies", tell_copies},   {"delay warnings", tell_warnings},
};

enum { ASPECT_COUNT = sizeof ASPECTS / sizeof ASPECTS[0] };

static const cJSON *delivery_of(const cJSON *results, const char *message, const char *to)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list_of(results, "deliveries"))
    {
        if (slice_is(slice_of(event_text(one, "message")), message) &&
            slice_is(slice_of(event_text(one, "to")), to))
            return one;
    }
    return NULL;
}

static struct compare_line *add_line(struct compare_row *row, const char *recipient,
                                     const char *aspect)
{
    row->lines = mem_grow(row->lines, row->line_count + 1, sizeof *row->lines);
    struct compare_line *line = &row->lines[row->line_count++];
    *line = (struct compare_line){.recipient = recipient, .aspect = aspect};
    return line;
}

static size_t same_count(const struct compare *compare, const struct compare_line *line, size_t s)
{
    size_t count = 0;
    for (size_t i = 0; i < compare->server_count; i++)
        count += line->texts[i] != NULL && slice_is(slice_of(line->texts[i]), line->texts[s]);
    return count;
}

/* Odd is who does what fewer do than what most do; where all differ, none is. */
static void mark_differences(const struct compare *compare, struct compare_line *line)
{
    size_t there = 0;
    size_t most = 0;
    for (size_t s = 0; s < compare->server_count; s++) {
        size_t same = line->texts[s] != NULL ? same_count(compare, line, s) : 0;
        there += line->texts[s] != NULL;
        most = same > most ? same : most;
    }
    line->differs = most < there;
    for (size_t s = 0; s < compare->server_count; s++)
        line->odd[s] = line->differs && line->texts[s] != NULL && most * 2 > there &&
                       same_count(compare, line, s) < most;
}

static void make_delivery_lines(struct compare *compare, struct compare_row *row,
                                const char *message, const char *to)
{
    const char *recipient = arena_format(&compare->arena, "%s to %s", message, to);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        struct compare_line *line = add_line(row, recipient, ASPECTS[a].name);
        for (size_t s = 0; s < compare->server_count; s++) {
            struct buf text;
            const cJSON *delivery = delivery_of(row->cells[s].results, message, to);
            buf_init(&text, TEXT_BYTES_MAX);
            if (delivery != NULL)
                ASPECTS[a].tell(delivery, &text);
            if (delivery != NULL)
                line->texts[s] = arena_text(&compare->arena, buf_text(&text));
            buf_deinit(&text);
        }
        mark_differences(compare, line);
    }
}

/* The recipients that any of the servers has, each once. */
static void make_all_deliveries(struct compare *compare, struct compare_row *row)
{
    struct map seen = {0};
    int told = 0;
    for (size_t s = 0; s < compare->server_count; s++) {
        const cJSON *one;
        cJSON_ArrayForEach(one, list_of(row->cells[s].results, "deliveries"))
        {
            const char *message = event_text(one, "message");
            const char *to = event_text(one, "to");
            const char *key = arena_format(&compare->arena, "%s\n%s", message, to);
            if (told == RECIPIENTS_MAX || map_get_text(&seen, key) != NULL)
                continue;
            map_set_text(&seen, key, row);
            told++;
            make_delivery_lines(compare, row, message, to);
        }
    }
    map_deinit(&seen, NULL);
}

static void tell_failures(const cJSON *results, const char *key, struct buf *out)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list_of(results, key))
    {
        if (!slice_is(slice_of(event_text(one, "verdict")), "failed"))
            continue;
        buf_format(out, "%s%s: %s", out->len > 0 ? "\n" : "", event_text(one, "level"),
                   event_text(one, "text"));
        if (event_text(one, "actual")[0] != '\0')
            buf_format(out, " (%s)", event_text(one, "actual"));
    }
}

static void tell_findings(const cJSON *results, struct buf *out)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list_of(results, "findings"))
    {
        buf_format(out, "%s%s: %s", out->len > 0 ? "\n" : "", event_text(one, "level"),
                   event_text(one, "text"));
        if (event_text(one, "rfc")[0] != '\0')
            buf_format(out, " (%s)", event_text(one, "rfc"));
    }
}

static void make_run_line(struct compare *compare, struct compare_row *row, bool findings)
{
    struct compare_line *line = add_line(row, "", findings ? "findings" : "did not hold");
    for (size_t s = 0; s < compare->server_count; s++) {
        const cJSON *results = row->cells[s].results;
        struct buf text;
        buf_init(&text, TEXT_BYTES_MAX);
        if (results != NULL && findings) {
            tell_findings(results, &text);
        } else if (results != NULL) {
            tell_failures(results, "expectations", &text);
            tell_failures(results, "invariants", &text);
        }
        if (results != NULL)
            line->texts[s] = arena_text(&compare->arena, buf_text(&text));
        buf_deinit(&text);
    }
    mark_differences(compare, line);
}

void compare_make_lines(struct compare *compare)
{
    for (size_t r = 0; r < compare->row_count; r++) {
        struct compare_row *row = &compare->rows[r];
        make_all_deliveries(compare, row);
        make_run_line(compare, row, false);
        make_run_line(compare, row, true);
    }
}
