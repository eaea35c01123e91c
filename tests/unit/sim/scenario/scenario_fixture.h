/*
 * Writes a scenario into a folder of its own and loads it.
 */
#pragma once

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/unit.h"

static struct {
    char folder[64];
    char path[96];
    struct scenario **cells;
    int count;
    struct err err;
} fx;

static inline void write_file(const char *name, const char *text)
{
    char path[160];
    struct err err;
    if (fx.folder[0] == '\0') {
        snprintf(fx.folder, sizeof fx.folder, "/tmp/mailrange-scenario-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(fx.folder));
    }
    snprintf(path, sizeof path, "%s/%s", fx.folder, name);
    ck_assert_int_eq(file_write(path, slice_of(text), &err), 0);
}

static inline int load(const char *text)
{
    struct scenario_options options = {.root = fx.folder};
    write_file("x.json", text);
    snprintf(fx.path, sizeof fx.path, "%s/x.json", fx.folder);
    options.root = fx.folder;
    fx.count = scenario_load(fx.path, &options, &fx.cells, &fx.err);
    return fx.count;
}

/* Loads it and gives the only cell. */
static inline const struct scenario *load_one(const char *text)
{
    ck_assert_msg(load(text) == 1, "%s", fx.err.text);
    return fx.cells[0];
}

/* The error's text without the folder. */
static inline const char *error_of(const char *text)
{
    ck_assert_int_eq(load(text), -1);
    size_t len = strlen(fx.folder);
    return strncmp(fx.err.text, fx.folder, len) == 0 ? fx.err.text + len + 1 : fx.err.text;
}

static inline void done(void)
{
    char command[160];
    for (int i = 0; i < fx.count; i++)
        scenario_free(&fx.cells[i]);
    free(fx.cells);
    snprintf(command, sizeof command, "rm -rf -- %s", fx.folder);
    if (fx.folder[0] != '\0')
        ck_assert_int_eq(system(command), 0);
    memset(&fx, 0, sizeof fx);
}
