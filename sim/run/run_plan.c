#include "sim/run/run_plan.h"

#include <dirent.h>
#include <sys/stat.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "sim/run/run_last.h"

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

static int run_paths_take(struct run_paths *paths, const char *path, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return err_set_errno(err, "%s: no such scenario", path);
    if (S_ISDIR(info.st_mode))
        return run_paths_search(paths, path, 0, err);
    run_paths_add(paths, path);
    return 0;
}

static bool run_has_tag(const struct scenario *scenario, const char *const *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < scenario->tag_count; k++) {
            if (slice_is_nocase(slice_of(tags[i]), scenario->tags[k]))
                return true;
        }
    }
    return false;
}

static bool run_is_selected(const struct run_options *options, const struct scenario *scenario)
{
    if (options->tag_count > 0 && !run_has_tag(scenario, options->tags, options->tag_count))
        return false;
    if (run_has_tag(scenario, options->exclude_tags, options->exclude_tag_count))
        return false;
    return options->grep == NULL || strcasestr(scenario->name, options->grep) != NULL ||
           strcasestr(scenario->file, options->grep) != NULL;
}

/* "greylisting", "broken-tls.identity-expired", "hello.postfix", "hello.2": letters that a shell
 * or a file system could mind become "-". */
static const char *run_folder_name(struct run_plan *plan, const struct run_options *options,
                                   const struct run_case *one, struct map *taken)
{
    struct buf name;
    buf_init(&name, RUN_FOLDER_NAME_BYTES);
    const char *base = file_name(one->scenario->file);
    size_t len = strlen(base);
    buf_add(&name, base, len > 5 && len < 80 ? len - 5 : len < 80 ? len : 80);
    if (one->scenario->cell[0] != '\0')
        buf_format(&name, ".%s", one->scenario->cell);
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
        if (run_is_selected(options, cells[cell]))
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

int run_plan_make(const struct run_options *options, const char *const *paths, size_t path_count,
                  struct run_plan *plan, struct err *err)
{
    *plan = (struct run_plan){0};
    struct run_paths found = {.arena = &plan->arena};
    struct map taken = {0};
    struct map failed = {0};
    int result = 0;
    if (path_count == 0)
        result =
            run_paths_take(&found, arena_format(&plan->arena, "%s/scenarios", options->root), err);
    for (size_t i = 0; i < path_count && result == 0; i++)
        result = run_paths_take(&found, paths[i], err);
    for (size_t i = 0; i < found.count && result == 0; i++)
        run_plan_load(plan, options, found.items[i], &taken);
    if (result == 0 && options->last_failed) {
        result = run_last_failed(options->output, &failed, err);
        run_plan_filter(plan, run_has_failed_last, &failed);
    }
    run_plan_filter(plan, run_is_of_shard, options);
    map_deinit(&taken, NULL);
    map_deinit(&failed, NULL);
    free(found.items);
    return result;
}

void run_plan_deinit(struct run_plan *plan)
{
    for (size_t i = 0; i < plan->scenario_count; i++)
        scenario_free(&plan->scenarios[i]);
    free(plan->scenarios);
    free(plan->cases);
    arena_deinit(&plan->arena);
    *plan = (struct run_plan){0};
}
