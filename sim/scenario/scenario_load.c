#include "sim/scenario/scenario.h"

#include "mta-under-test/base/file.h"
#include "sim/check/check_list.h"
#include "sim/scenario/scenario_matrix.h"
#include "sim/scenario/scenario_part.h"

#include "mta-under-test/base/poison.h"

/* The folder of a path, "." if it has none. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_text_copy(".");
    return mem_text_copy_n(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A base is looked for beside the file that extends it, then from the project's root. */
static char *find_base(const char *path, const char *name, const char *root)
{
    char *folder = folder_of(path);
    char *found = mem_text_format("%s/%s", folder, name);
    free(folder);
    if (name[0] == '/' || (!file_exists(found) && root != NULL)) {
        free(found);
        found = name[0] == '/' ? mem_text_copy(name) : mem_text_format("%s/%s", root, name);
    }
    return found;
}

/* Opens a file with all that it extends put under it; NULL with `err`. */
static struct spec_document *open_document(const char *path, const char *root, unsigned depth,
                                           struct err *err)
{
    struct spec_document *document = spec_document_open(path, err);
    struct spec extend;
    const char *name = NULL;
    if (document == NULL || !spec_get(spec_root(document), "extend", &extend))
        return document;
    if (spec_read_text(extend, &name, err) != 0) {
        spec_document_free(&document);
        return NULL;
    }
    char *base_path = find_base(path, name, root);
    struct spec_document *base = NULL;
    if (depth == SCENARIO_EXTENDS_MAX)
        spec_error(extend, err,
                   "more than %d files extend each other; is one of them its own base?",
                   SCENARIO_EXTENDS_MAX);
    else if (!file_exists(base_path))
        spec_error(extend, err, "no such file: %s", base_path);
    else
        base = open_document(base_path, root, depth + 1, err);
    free(base_path);
    if (base == NULL || spec_document_extend(document, &base, err) != 0)
        spec_document_free(&document);
    return document;
}

/* Where the file stands below the project's root; its last part if it is elsewhere. */
static const char *make_label(struct arena *arena, const char *path, const char *root)
{
    char *real = realpath(path, NULL);
    char *real_root = root != NULL ? realpath(root, NULL) : NULL;
    const char *label = file_name(path);
    if (real != NULL && real_root != NULL) {
        size_t len = strlen(real_root);
        if (strncmp(real, real_root, len) == 0 && real[len] == '/')
            label = real + len + 1;
    }
    label = arena_text(arena, label);
    free(real);
    free(real_root);
    return label;
}

/* One cell: a document of its own, with the cell's values put in. */
static struct scenario *load_cell(const char *path, const struct scenario_options *options,
                                  const struct scenario_matrix *matrix, size_t cell,
                                  struct err *err)
{
    struct scenario *scenario = mem_alloc(sizeof *scenario);
    scenario->document = open_document(path, options->root, 0, err);
    if (scenario->document == NULL) {
        scenario_free(&scenario);
        return NULL;
    }
    scenario->file = arena_text(&scenario->arena, path);
    scenario->label = make_label(&scenario->arena, path, options->root);
    char *folder = folder_of(path);
    scenario->folder = arena_text(&scenario->arena, folder);
    free(folder);
    scenario_matrix_cell(matrix, cell, &scenario->arena, &scenario->variables, &scenario->cell);
    scenario->variable_count = matrix->name_count;
    if (spec_document_substitute(scenario->document, scenario->variables, scenario->variable_count,
                                 err) != 0 ||
        scenario_parse(scenario, options, err) != 0)
        scenario_free(&scenario);
    return scenario;
}

static int load_cells(const char *path, const struct scenario_options *options,
                      const struct scenario_matrix *matrix, struct scenario ***scenarios,
                      struct err *err)
{
    struct scenario **cells = mem_alloc_array(matrix->cell_count, sizeof(struct scenario *));
    for (size_t i = 0; i < matrix->cell_count; i++) {
        cells[i] = load_cell(path, options, matrix, i, err);
        if (cells[i] != NULL)
            continue;
        for (size_t k = 0; k < i; k++)
            scenario_free(&cells[k]);
        free(cells);
        return -1;
    }
    *scenarios = cells;
    return (int)matrix->cell_count;
}

int scenario_load(const char *path, const struct scenario_options *options,
                  struct scenario ***scenarios, struct err *err)
{
    struct scenario_matrix matrix = {0};
    struct arena arena = {0};
    *scenarios = NULL;
    struct spec_document *document = open_document(path, options->root, 0, err);
    if (document == NULL)
        return -1;
    int result =
        scenario_matrix_read(spec_root(document), options->matrix_max, &arena, &matrix, err);
    /* A large scenario is not kept twice; only a matrix borrows from the document. */
    if (matrix.name_count == 0)
        spec_document_free(&document);
    if (result == 0)
        result = load_cells(path, options, &matrix, scenarios, err);
    arena_deinit(&arena);
    spec_document_free(&document);
    return result;
}

void scenario_free(struct scenario **scenario_at)
{
    struct scenario *scenario = *scenario_at;
    if (scenario == NULL)
        return;
    *scenario_at = NULL;
    scenario_release_parts(scenario);
    check_list_release(&scenario->checks);
    arena_deinit(&scenario->arena);
    spec_document_free(&scenario->document);
    free(scenario);
}
