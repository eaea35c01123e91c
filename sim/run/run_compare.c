#include "sim/run/run_compare.h"

#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "reports/compare.h"
#include "sim/mta/mta_adapter.h"
#include "sim/mta/mta_packages.h"
#include "sim/run/run_folder.h"

#include "mta-under-test/base/poison.h"

enum { BYTES_MAX = 256 * 1024 * 1024 };

typedef void compare_printer(const struct compare *compare, struct buf *out);

/* The version of the adapter's first package, as it was fetched; refmta has the project's own, any
 * other server none. */
static void add_server(const struct run_options *options, const char *name, struct compare *compare)
{
    struct arena arena = {0};
    struct err ignored = {0};
    const char *version = NULL;
    const char *cache = getenv("MAILRANGE_CACHE");
    if (cache == NULL)
        cache = arena_format(&arena, "%s/.cache/packages", options->root);
    struct mta_adapter *adapter = mta_adapter_load(options->root, name, &arena, &ignored);
    if (adapter != NULL && adapter->package_count > 0)
        version = mta_packages_version(cache, adapter->packages[0], &arena);
    if (adapter != NULL && adapter->package_count == 0 && slice_is(slice_of(name), "refmta"))
        version = MAILRANGE_VERSION;
    compare_add_server(compare, name, version != NULL ? version : "");
    mta_adapter_release(adapter);
    arena_deinit(&arena);
}

static size_t server_of(const struct compare *compare, const char *name)
{
    for (size_t s = 0; s < compare->server_count; s++) {
        if (slice_is(slice_of(compare->servers[s].name), name))
            return s;
    }
    return compare->server_count;
}

/* The scenario's file from the project's root, as results.json and the notes name it. */
static const char *file_of(const struct run_options *options, const struct run_case *one)
{
    struct slice file = slice_of(one->file);
    struct slice root = slice_of(options->root);
    bool below = slice_starts_with(file, root) && file.len > root.len && file.data[root.len] == '/';
    return below ? one->file + root.len + 1 : one->file;
}

/* What a case left: results, or why there are none; nothing if it was never started. */
static int add_case(const struct run_options *options, const struct run_case *one,
                    struct compare *compare, struct err *err)
{
    static const struct {
        const char *name;
        enum compare_verdict verdict;
    } FILES[] = {
        {RUN_RESULTS_FILE, COMPARE_PASSED},
        {RUN_SKIPPED_FILE, COMPARE_NOT_APPLICABLE},
        {RUN_ERROR_FILE, COMPARE_ERROR},
    };
    size_t row = compare_add_row(compare, file_of(options, one), one->name, one->cell_name);
    size_t server = server_of(compare, one->mta);
    int result = 0;
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0] && result == 0; i++) {
        char *path = mem_text_format("%s/%s/%s", options->output, one->folder, FILES[i].name);
        struct buf text;
        buf_init(&text, BYTES_MAX);
        if (server < compare->server_count && file_exists(path)) {
            result = file_read(path, &text, err);
            if (result == 0 && FILES[i].verdict == COMPARE_PASSED)
                result =
                    compare_add_results(compare, row, server, one->folder, buf_slice(&text), err);
            else if (result == 0)
                compare_add_problem(compare, row, server, FILES[i].verdict, buf_text(&text));
        }
        buf_deinit(&text);
        free(path);
    }
    return result;
}

static int add_notes(const struct run_options *options, struct compare *compare, struct err *err)
{
    char *path = run_folder_file(options->root, "docs/scoreboard-notes.json");
    struct buf text;
    buf_init(&text, BYTES_MAX);
    int result = 0;
    if (file_exists(path)) {
        struct err inner = {0};
        result = file_read(path, &text, &inner);
        if (result == 0)
            result = compare_add_notes(compare, buf_slice(&text), &inner);
        if (result != 0)
            err_set(err, "%s: %s", path, inner.text);
    }
    buf_deinit(&text);
    free(path);
    return result;
}

static int write_one(const struct compare *compare, const char *folder, const char *name,
                     compare_printer *print, struct err *err)
{
    char *path = run_folder_file(folder, name);
    struct buf text;
    buf_init(&text, BYTES_MAX);
    print(compare, &text);
    int result = buf_overflowed(&text) ? err_set(err, "%s: would be too large", path)
                                       : file_write(path, buf_slice(&text), err);
    buf_deinit(&text);
    free(path);
    return result;
}

static int write_all(const struct run_options *options, const struct compare *compare,
                     struct err *err)
{
    if (write_one(compare, options->output, "compare.html", compare_print_html, err) != 0 ||
        write_one(compare, options->output, "compare.json", compare_print_json, err) != 0)
        return -1;
    if (options->scoreboard &&
        write_one(compare, options->root, "docs/scoreboard.md", compare_print_markdown, err) != 0)
        return -1;
    bool color = options->color == RUN_COLOR_ALWAYS ||
                 (options->color == RUN_COLOR_AUTO && isatty(STDOUT_FILENO) == 1 &&
                  getenv("NO_COLOR") == NULL);
    struct buf text;
    buf_init(&text, BYTES_MAX);
    compare_print_text(compare, color, &text);
    fputs(buf_text(&text), stdout);
    buf_deinit(&text);
    printf("comparison: %s/compare.html\n", options->output);
    return 0;
}

int run_compare_write(const struct run_options *options, const struct run_plan *plan,
                      struct err *err)
{
    struct compare compare = {0};
    for (size_t i = 0; i < options->mta_count; i++)
        add_server(options, options->mtas[i], &compare);
    int result = 0;
    for (size_t i = 0; i < plan->case_count && result == 0; i++)
        result = add_case(options, &plan->cases[i], &compare, err);
    if (result == 0)
        result = add_notes(options, &compare, err);
    if (result == 0) {
        compare_make_lines(&compare);
        result = write_all(options, &compare, err);
    }
    compare_deinit(&compare);
    return result;
}
