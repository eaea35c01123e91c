/* Event logs: whatever stands in the lines, a report or an error. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/check/check.h"
#include "sim/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *log_path(void)
{
    static char path[64];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "/tmp/mailrange-fuzz-%ld.jsonl", (long)getpid());
    return path;
}

static void remove_file(void)
{
    unlink(log_path());
}

/* One that judges everything there is to judge. */
static struct scenario *make_scenario(void)
{
    static const char EXPECT[] =
        "[{\"is\":\"delivered\",\"within\":\"1h\",\"attempts\":\"1..3\",\"tls\":true,\"retries\":"
        "{\"spacing\":\">=1m\"}},{\"is\":\"bounced\",\"dsn\":{\"status\":\"5*\"}},"
        "{\"host\":\"*\",\"rate\":\"1/1m\",\"concurrency\":1,\"connections\":1,\"rule\":\"*\"},"
        "{\"query\":\"*\"},{\"log\":\"*\"},{\"ends\":\"settled\"}]";
    static const char *const TO[] = {"bob@a.test", "u{1..3}@a.test"};
    static struct scenario_message message = {
        .id = "m1", .from = "n@s.test", .to = TO, .to_count = 2, .instances = 4};
    static struct scenario scenario = {.name = "x",
                                       .file = "x",
                                       .label = "x",
                                       .about = "",
                                       .cell = "",
                                       .messages = &message,
                                       .message_count = 1};
    struct err err;
    if (scenario.checks != NULL)
        return &scenario;
    scenario.document = spec_document_parse("x", slice_of(EXPECT), &err);
    if (scenario.document == NULL || check_list_parse(spec_root(scenario.document), NULL, 0,
                                                      &scenario.arena, &scenario.checks, &err) != 0)
        abort();
    (void)atexit(remove_file);
    return &scenario;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario *scenario = make_scenario();
    struct check_report *report = NULL;
    struct err err;
    if (file_write(log_path(), slice_from((const char *)data, size), &err) != 0)
        return 0;
    if (check_run(scenario, log_path(), &report, &err) == 0) {
        struct buf out;
        buf_init(&out, 1000000);
        check_report_print(report, true, &(struct check_packets){0}, &out);
        buf_deinit(&out);
        check_report_free(&report);
    }
    return 0;
}
