#include "sim/run/run_follow.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sim/run/run_folder.h"

#include "mta-under-test/base/poison.h"

enum {
    RUN_FOLLOW_BYTES_MIN = 8 * 1024 * 1024, /* of a log that is worth it */
    RUN_FOLLOW_EVENTS = 20000,              /* in a step: some ten milliseconds */
    RUN_FOLLOW_WAIT_MS = 1000,
};

/* How the log is read for it. */
struct run_follow_purpose {
    void *(*open)(const struct run_follow *follow, struct err *err);
    int (*take)(void *reading, size_t events_max, struct err *err);
    void (*close)(void *reading);
};

static void *judging_open(const struct run_follow *follow, struct err *err)
{
    return check_begin(follow->scenario, follow->events_path, err);
}

static int judging_take(void *reading, size_t events_max, struct err *err)
{
    return check_reading_follow(reading, events_max, err);
}

static void judging_close(void *reading)
{
    struct check_reading *judging = reading;
    check_reading_close(&judging);
}

static void *reporting_open(const struct run_follow *follow, struct err *err)
{
    return report_loading_open(follow->folder, err);
}

static int reporting_take(void *reading, size_t events_max, struct err *err)
{
    return report_loading_follow(reading, events_max, err);
}

static void reporting_close(void *reading)
{
    struct report_loading *reporting = reading;
    report_loading_close(&reporting);
}

void run_follow_to_judge(struct run_follow *follow, const struct scenario *scenario,
                         const char *events_path)
{
    static const struct run_follow_purpose JUDGING = {judging_open, judging_take, judging_close};
    *follow = (struct run_follow){
        .purpose = &JUDGING,
        .scenario = scenario,
        .events_path = mem_text_copy(events_path),
    };
}

void run_follow_to_report(struct run_follow *follow, const char *folder)
{
    static const struct run_follow_purpose REPORTING = {reporting_open, reporting_take,
                                                        reporting_close};
    *follow = (struct run_follow){
        .purpose = &REPORTING,
        .folder = mem_text_copy(folder),
        .events_path = run_folder_file(folder, RUN_EVENTS_FILE),
    };
    unlink(follow->events_path);
}

static void stop_reading(struct run_follow *follow)
{
    if (follow->reading != NULL)
        follow->purpose->close(follow->reading);
    follow->reading = NULL;
}

void run_follow_deinit(struct run_follow *follow)
{
    stop_reading(follow);
    free(follow->folder);
    free(follow->events_path);
    *follow = (struct run_follow){0};
}

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
        follow->reading = follow->purpose->open(follow, &ignored);
        follow->given_up = follow->reading == NULL;
    }
    if (follow->reading == NULL)
        return RUN_FOLLOW_WAIT_MS;
    int more = follow->purpose->take(follow->reading, RUN_FOLLOW_EVENTS, &ignored);
    if (more < 0) {
        stop_reading(follow);
        follow->given_up = true;
    }
    return more > 0 ? 0 : RUN_FOLLOW_WAIT_MS;
}

int run_follow_judge(struct run_follow *follow, struct check_report **report, struct err *err)
{
    struct check_reading *reading = follow->reading;
    follow->reading = NULL;
    if (reading != NULL)
        return check_end(&reading, follow->scenario, report, err);
    return check_run(follow->scenario, follow->events_path, report, err);
}

struct report_run *run_follow_report(struct run_follow *follow, struct err *err)
{
    struct report_loading *reading = follow->reading;
    follow->reading = NULL;
    if (reading != NULL)
        return report_loading_finish(&reading, err);
    return report_run_load(follow->folder, err);
}
