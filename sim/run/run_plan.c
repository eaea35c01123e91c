#include "sim/run/run_plan.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "sim/run/run_last.h"
#include "sim/run/run_select.h"

#include "mta-under-test/base/poison.h"

enum { RUN_FOLDER_DEPTH_MAX = 16, RUN_FOLDER_NAME_BYTES = 120 };

struct run_paths {
    struct arena *arena;
    const char **items;
    size_t count;
};

static void run_paths_add(struct run_paths *paths, const char *path)
{
    paths->items = mem_grow(paths->items, paths->count + 1, sizeof(char *));
    paths->items[paths->count++] = arena_text(paths->arena, path);
}

static int run_compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* by bytes: the same order in every locale */
}

static int run_is_wanted_entry(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* All scenario files below a folder, in the order of their names. */
static int run_paths_search(struct run_paths *paths, const char *folder, unsigned depth,
                            struct err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, run_is_wanted_entry, run_compare_names);
    if (count < 0)
        return err_set_errno(err, "%s: cannot be read", folder);
    int result = 0;
    for (int i = 0; i < count; i++) {
        char *path = mem_text_format("%s/%s", folder, entries[i]->d_name);
        struct slice name = slice_of(entries[i]->d_name);
        struct stat info;
        if (result == 0 && stat(path, &info) == 0) {
            if (S_ISDIR(info.st_mode) && depth < RUN_FOLDER_DEPTH_MAX)
                result = run_paths_search(paths, path, depth + 1, err);
            else if (slice_ends_with_nocase(name, SLICE(".json")) && !slice_is(name, "schema.json"))
                run_paths_add(paths, path);
        }
        free(path);
        free(entries[i]);
    }
    free(entries);
    return result;
}

/* What a path that is not there was meant to be: the nearest name in its folder. */
static int run_paths_absent(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? mem_text_copy_n(path, (size_t)(slash - path) + 1) : NULL;
    struct dirent **entries = NULL;
    int count =
        scandir(folder != NULL ? folder : ".", &entries, run_is_wanted_entry, run_compare_names);
    const char **names = mem_alloc_array((size_t)(count > 0 ? count : 0) + 1, sizeof *names);
    for (int i = 0; i < count; i++)
        names[i] = entries[i]->d_name;
    const char *nearest = text_nearest(file_name(path), names);
    if (count < 0)
        err_set(err, "%s: no such file or folder; not even the folder %s is there", path,
                folder != NULL ? folder : ".");
    else if (nearest != NULL)
        err_set(err, "%s: no such file or folder; did you mean \"%s%s\"?", path,
                folder != NULL ? folder : "", nearest);
    else
        err_set(err,
                "%s: no such file or folder; expected a scenario or a folder of them "
                "(\"mailrange list\" shows those of the project)",
                path);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(names);
    free(folder);
    return -1;
}

static int run_paths_take(struct run_paths *paths, const char *path, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? run_paths_absent(path, err)
                                                   : err_set_errno(err, "%s: cannot be read", path);
    if (!S_ISDIR(info.st_mode)) {
        run_paths_add(paths, path);
        return 0;
    }
    size_t before = paths->count;
    if (run_paths_search(paths, path, 0, err) != 0)
        return -1;
    if (paths->count > before)
        return 0;
    return err_set(err,
                   "%s: no scenario is in this folder; looked for files *.json in it and below, "
                   "except schema.json (\"mailrange init %s/mine.json\" writes one)",
                   path, path);
}

/* "greylisting", "broken-tls.identity-expired", "hello.postfix", "hello.2": letters that a shell
 * or a file system could mind become "-". */
static const char *run_folder_name(struct run_plan *plan, const struct run_options *options,
                                   const struct run_case *one, struct map *taken)
{
    struct buf name;
    buf_init(&name, RUN_FOLDER_NAME_BYTES);
    const char *base = file_name(one->file);
    size_t len = strlen(base);
    buf_add(&name, base, len > 5 && len < 80 ? len - 5 : len < 80 ? len : 80);
    if (one->cell_name[0] != '\0')
        buf_format(&name, ".%s", one->cell_name);
    if (options->mta_count > 1)
        buf_format(&name, ".%s", one->mta);
    if (buf_overflowed(&name))
        buf_format(&name, ".%zu", one->cell);
    for (size_t i = 0; i < name.len; i++) {
        if (!text_is_alnum(name.data[i]) && strchr("._-", name.data[i]) == NULL)
            name.data[i] = '-';
    }
    const char *unique = arena_text(&plan->arena, buf_text(&name));
    for (unsigned n = 2; map_get_text(taken, unique) != NULL; n++)
        unique = arena_format(&plan->arena, "%s.%u", buf_text(&name), n);
    map_set_text(taken, unique, plan);
    buf_deinit(&name);
    return unique;
}

static void run_plan_add(struct run_plan *plan, const struct run_options *options, size_t scenario,
                         size_t cell, struct map *taken)
{
    for (size_t m = 0; m < options->mta_count; m++) {
        for (unsigned repeat = 0; repeat < options->repeat_each; repeat++) {
            plan->cases = mem_grow(plan->cases, plan->case_count + 1, sizeof *plan->cases);
            struct run_case *one = &plan->cases[plan->case_count++];
            *one = (struct run_case){
                .scenario = plan->scenarios[scenario],
                .file = arena_text(&plan->arena, plan->scenarios[scenario]->file),
                .name = arena_text(&plan->arena, plan->scenarios[scenario]->name),
                .cell_name = arena_text(&plan->arena, plan->scenarios[scenario]->cell),
                .cell = cell,
                .mta = options->mtas[m],
            };
            one->folder = run_folder_name(plan, options, one, taken);
        }
    }
}

static void run_plan_load(struct run_plan *plan, const struct run_options *options,
                          const char *path, struct map *taken)
{
    const struct scenario_options load = {
        .root = options->root,
        .seed_given = options->seed_given,
        .seed = options->seed,
    };
    struct scenario **cells = NULL;
    struct err err = {0};
    int count = scenario_load(path, &load, &cells, &err);
    if (count < 0) {
        fprintf(stderr, "mailrange: %s\n", err.text);
        plan->invalid_count++;
        return;
    }
    for (int cell = 0; cell < count; cell++) {
        plan->scenarios =
            mem_grow(plan->scenarios, plan->scenario_count + 1, sizeof *plan->scenarios);
        plan->scenarios[plan->scenario_count++] = cells[cell];
        if (run_select_takes(options, cells[cell]))
            run_plan_add(plan, options, plan->scenario_count - 1, (size_t)cell, taken);
    }
    free(cells);
}

/* Keeps what `keep` says, in order. */
static void run_plan_filter(struct run_plan *plan,
                            bool (*keep)(const struct run_plan *plan, size_t i, const void *with),
                            const void *with)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->case_count; i++) {
        if (keep(plan, i, with))
            plan->cases[kept++] = plan->cases[i];
    }
    plan->case_count = kept;
}

static bool run_is_of_shard(const struct run_plan *plan, size_t i, const void *with)
{
    const struct run_options *options = with;
    (void)plan;
    return i % options->shard_count == options->shard - 1;
}

static bool run_has_failed_last(const struct run_plan *plan, size_t i, const void *with)
{
    return map_get_text(with, plan->cases[i].folder) != NULL;
}

/* Only those that failed in the last run. That none did is no error; that none of them is among
 * those chosen is. */
static int run_plan_keep_failed(struct run_plan *plan, const struct run_options *options,
                                struct err *err)
{
    struct map failed = {0};
    size_t chosen = plan->case_count;
    int result = run_last_failed(options->output, &failed, err);
    size_t count = failed.count;
    run_plan_filter(plan, run_has_failed_last, &failed);
    if (result == 0 && count == 0)
        fprintf(stderr, "mailrange: nothing failed in the last run of %s\n", options->output);
    else if (result == 0 && plan->case_count == 0)
        result = err_set(err,
                         "--last-failed: %zu failed in the last run of %s, as %s, but none of the "
                         "%zu chosen here is one of them",
                         count, options->output, map_key(map_first(&failed)), chosen);
    map_deinit(&failed, NULL);
    return result;
}

static void run_plan_keep_shard(struct run_plan *plan, const struct run_options *options)
{
    size_t all = plan->case_count;
    run_plan_filter(plan, run_is_of_shard, options);
    if (all > 0 && plan->case_count == 0)
        fprintf(stderr, "mailrange: shard %u/%u is empty: there are %zu runs in all\n",
                options->shard, options->shard_count, all);
}

/* What was chosen by words must be something. */
static int run_plan_check(const struct run_plan *plan, const struct run_options *options,
                          struct err *err)
{
    enum { NOTES_BYTES_MAX = 10000 };
    if (plan->invalid_count > 0)
        return 0;
    if (plan->case_count == 0)
        return run_select_nothing(options, plan->scenarios, plan->scenario_count, err);
    struct buf notes;
    buf_init(&notes, NOTES_BYTES_MAX);
    run_select_unknown_tags(options, plan->scenarios, plan->scenario_count, &notes);
    fputs(buf_text(&notes), stderr);
    buf_deinit(&notes);
    return 0;
}

int run_plan_make(const struct run_options *options, const char *const *paths, size_t path_count,
                  struct run_plan *plan, struct err *err)
{
    *plan = (struct run_plan){0};
    struct run_paths found = {.arena = &plan->arena};
    struct map taken = {0};
    int result = 0;
    if (path_count == 0)
        result =
            run_paths_take(&found, arena_format(&plan->arena, "%s/scenarios", options->root), err);
    for (size_t i = 0; i < path_count && result == 0; i++)
        result = run_paths_take(&found, paths[i], err);
    for (size_t i = 0; i < found.count && result == 0; i++)
        run_plan_load(plan, options, found.items[i], &taken);
    if (result == 0)
        result = run_plan_check(plan, options, err);
    if (result == 0 && options->last_failed)
        result = run_plan_keep_failed(plan, options, err);
    run_plan_keep_shard(plan, options);
    map_deinit(&taken, NULL);
    free(found.items);
    return result;
}

void run_plan_unload(struct run_plan *plan)
{
    for (size_t i = 0; i < plan->case_count; i++)
        plan->cases[i].scenario = NULL;
    for (size_t i = 0; i < plan->scenario_count; i++)
        scenario_free(&plan->scenarios[i]);
    free(plan->scenarios);
    plan->scenarios = NULL;
    plan->scenario_count = 0;
}

void run_plan_deinit(struct run_plan *plan)
{
    run_plan_unload(plan);
    free(plan->cases);
    arena_deinit(&plan->arena);
    *plan = (struct run_plan){0};
}
