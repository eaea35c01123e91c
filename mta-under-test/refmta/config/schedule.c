#include "mta-under-test/refmta/config/schedule.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

static const char FORM[] = "expected waits like \"5m, 15m, 30m, then every 1h\"";

static int step_from_text(struct slice text, struct schedule *schedule, struct err *err)
{
    int64_t span_us = 0;
    if (time_span_from_text(text, &span_us) != 0)
        return err_set(err, "%s, found \"%.*s\"", FORM, SLICE_ARG(text));
    if (span_us < TIME_SECOND)
        return err_set(err, "a wait of %.*s is too short: at least 1s", SLICE_ARG(text));
    if (schedule->count == SCHEDULE_STEPS_MAX)
        return err_set(err, "more than %d waits", SCHEDULE_STEPS_MAX);
    schedule->steps_us[schedule->count++] = span_us;
    return 0;
}

int schedule_from_text(struct slice text, struct schedule *schedule, struct err *err)
{
    struct slice part;
    bool ended = false;
    *schedule = (struct schedule){0};
    if (text.len == 0)
        return err_set(err, "%s, found nothing", FORM);
    while (slice_split(&text, ',', &part)) {
        part = slice_trim(part);
        if (ended)
            return err_set(err, "nothing may follow \"then every ...\", found \"%.*s\"",
                           SLICE_ARG(part));
        ended = slice_starts_with(part, SLICE("then every "));
        if (ended)
            part = slice_trim(slice_skip(part, sizeof "then every " - 1));
        if (step_from_text(part, schedule, err) != 0)
            return -1;
    }
    return 0;
}

int64_t schedule_wait_us(const struct schedule *schedule, unsigned attempts)
{
    unsigned index = attempts > 0 ? attempts - 1 : 0;
    if (index >= schedule->count)
        index = schedule->count - 1;
    return schedule->steps_us[index];
}
