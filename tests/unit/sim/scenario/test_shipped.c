/* The scenarios that come with the project: each one loads, teaches, and expects something. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "mta-under-test/base/map.h"
#include "sim/check/check_list.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/unit.h"

static struct map names;
static size_t files;
static size_t topics;

static void check_cell(const struct scenario *s)
{
    bool must = false;
    ck_assert_msg(strlen(s->about) > 200, "%s: \"about\" teaches nothing", s->file);
    ck_assert_msg(s->tag_count > 0 && s->reference_count > 0, "%s: no tags or references", s->file);
    for (size_t i = 0; i < s->checks->count; i++)
        must = must || s->checks->items[i].level == CHECK_MUST;
    ck_assert_msg(must, "%s: nothing must hold", s->file);
    for (size_t i = 0; i < s->finding_count; i++)
        ck_abort_msg("%s: %s: %s", s->file, s->findings[i].place, s->findings[i].text);
    char key[1000];
    snprintf(key, sizeof key, "%s %s", s->name, s->cell);
    ck_assert_msg(map_set_text(&names, key, &names) == NULL, "%s: another has this name", s->file);
}

static void check_file(const char *path)
{
    struct scenario_options options = {.root = "."};
    struct scenario **cells = NULL;
    struct err err = {0};
    int count = scenario_load(path, &options, &cells, &err);
    ck_assert_msg(count > 0, "%s", err.text);
    for (int i = 0; i < count; i++) {
        check_cell(cells[i]);
        scenario_free(&cells[i]);
    }
    free(cells);
    files++;
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "schema.json") != 0 &&
           strstr(entry->d_name, ".md") == NULL;
}

static void check_folder(const char *folder, int depth)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_wanted, alphasort);
    ck_assert_msg(count > 0, "%s is empty", folder);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (depth == 0) {
            topics++;
            check_folder(path, 1);
        } else {
            check_file(path);
        }
        free(entries[i]);
    }
    free(entries);
}

START_TEST(test_all_scenarios_load_and_teach)
{
    check_folder("scenarios", 0);
    ck_assert_uint_ge(files, 14);
    ck_assert_uint_ge(topics, 5);
    map_deinit(&names, NULL);
}
END_TEST

UNIT_MAIN(test_all_scenarios_load_and_teach)
