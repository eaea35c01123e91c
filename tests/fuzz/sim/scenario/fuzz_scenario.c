/* Whole scenarios: loaded or refused, never a crash; what loads can be explained. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *scenario_path(void)
{
    static char path[64];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "/tmp/mailrange-fuzz-%ld.json", (long)getpid());
    return path;
}

static void remove_file(void)
{
    unlink(scenario_path());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int registered;
    struct scenario_options options = {.root = "/nowhere", .matrix_max = 4};
    struct scenario **cells = NULL;
    struct err err;
    if (registered == 0)
        registered = atexit(remove_file) + 1;
    if (file_write(scenario_path(), slice_from((const char *)data, size), &err) != 0)
        return 0;
    int count = scenario_load(scenario_path(), &options, &cells, &err);
    for (int i = 0; i < count; i++) {
        struct buf out;
        buf_init(&out, 1000000);
        scenario_explain(cells[i], &out);
        buf_deinit(&out);
        scenario_free(&cells[i]);
    }
    free(cells);
    return 0;
}
