#include "sim/scenario/scenario_fixtures.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mta-under-test/base/slice.h"

#include "mta-under-test/base/poison.h"

enum { SCENARIO_FIXTURE_DEPTH_MAX = 4 };

struct scenario_fixture_search {
    struct arena *arena;
    const char *folder; /* where it began */
    struct scenario_fixture **list;
    size_t *count;
};

static int scenario_fixture_compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* by bytes: the same order in every locale */
}

static int scenario_fixture_is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void scenario_fixture_add(const struct scenario_fixture_search *search, const char *path)
{
    struct slice name = slice_skip(slice_of(path), strlen(search->folder) + 1);
    *search->list = mem_grow(*search->list, *search->count + 1, sizeof **search->list);
    (*search->list)[(*search->count)++] = (struct scenario_fixture){
        .name = arena_text_of(search->arena, slice_first(name, name.len - (sizeof ".json" - 1))),
        .path = path,
    };
}

static int scenario_fixture_search(const struct scenario_fixture_search *search, const char *folder,
                                   unsigned depth, struct err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, scenario_fixture_is_shown, scenario_fixture_compare);
    if (count < 0)
        return err_set_errno(err, "%s: cannot be read", folder);
    int result = 0;
    for (int i = 0; i < count; i++) {
        const char *path = arena_format(search->arena, "%s/%s", folder, entries[i]->d_name);
        struct stat info;
        if (result == 0 && stat(path, &info) == 0) {
            if (S_ISDIR(info.st_mode) && depth < SCENARIO_FIXTURE_DEPTH_MAX)
                result = scenario_fixture_search(search, path, depth + 1, err);
            else if (slice_ends_with_nocase(slice_of(path), SLICE(".json")))
                scenario_fixture_add(search, path);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

int scenario_fixtures_find(const char *folder, struct arena *arena, struct scenario_fixture **list,
                           size_t *count, struct err *err)
{
    const struct scenario_fixture_search search = {arena, folder, list, count};
    return scenario_fixture_search(&search, folder, 0, err);
}
