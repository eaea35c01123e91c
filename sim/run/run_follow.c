#include "sim/run/run_follow.h"

#include <sys/stat.h>

#include "mta-under-test/base/poison.h"

enum {
    RUN_FOLLOW_BYTES_MIN = 8 * 1024 * 1024, /* of a log that is worth it */
    RUN_FOLLOW_EVENTS = 20000,              /* in a step: some ten milliseconds */
    RUN_FOLLOW_WAIT_MS = 1000,
};

static bool is_worth_it(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_size >= RUN_FOLLOW_BYTES_MIN;
}

int run_follow_step(struct run_follow *follow)
{
    struct err ignored = {0};
    if (follow->given_up)
        return RUN_FOLLOW_WAIT_MS;
    if (follow->reading == NULL && is_worth_it(follow->events_path)) {
        follow->reading = check_begin(follow->scenario, follow->events_path, &ignored);
        follow->given_up = follow->reading == NULL;
    }
    if (follow->reading == NULL)
        return RUN_FOLLOW_WAIT_MS;
    int more = check_reading_follow(follow->reading, RUN_FOLLOW_EVENTS, &ignored);
    if (more < 0) {
        check_reading_close(&follow->reading);
        follow->given_up = true;
    }
    return more > 0 ? 0 : RUN_FOLLOW_WAIT_MS;
}

int run_follow_finish(struct run_follow *follow, struct check_report **report, struct err *err)
{
    if (follow->reading != NULL)
        return check_end(&follow->reading, follow->scenario, report, err);
    return check_run(follow->scenario, follow->events_path, report, err);
}
