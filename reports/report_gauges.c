#include "reports/report_gauges.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* The gauge of the event's rule; NULL where there are too many already. */
static struct report_gauge *gauge_of(struct report_book *book, const cJSON *event)
{
    struct report_run *run = book->run;
    const char *host = event_text(event, "host");
    const char *rule = event_text(event, "rule");
    char *key = mem_text_format("gauge\n%s\n%s", host, rule);
    size_t found = report_index_get(&book->rows, key);
    if (found == 0 && run->gauge_count < REPORT_GAUGES_MAX) {
        run->gauges = report_room(run->gauges, run->gauge_count, sizeof *run->gauges);
        run->gauges[run->gauge_count++] = (struct report_gauge){
            .host = report_book_text(book, host),
            .rule = report_book_text(book, rule),
            .counts = report_book_text(book, event_text(event, "counts")),
            .limit = event_int(event, "limit", 0),
            .window_us = event_int(event, "window", 0),
        };
        found = run->gauge_count;
        report_index_set(&book->rows, key, found);
    }
    free(key);
    return found != 0 ? &run->gauges[found - 1] : NULL;
}

void report_gauges_event(struct report_book *book, const cJSON *event)
{
    struct report_gauge *gauge = gauge_of(book, event);
    if (gauge == NULL)
        return;
    int64_t value = event_int(event, "value", 0);
    gauge->seen++;
    if (value > gauge->peak)
        gauge->peak = value;
    if (gauge->count == REPORT_READINGS_MAX)
        return;
    gauge->readings = report_room(gauge->readings, gauge->count, sizeof *gauge->readings);
    gauge->readings[gauge->count++] =
        (struct report_reading){.at_us = event_int(event, "at", 0), .value = value};
}
