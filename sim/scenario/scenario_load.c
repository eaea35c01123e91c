#include "sim/scenario/scenario.h"

#include <sys/stat.h>

#include "mta-under-test/base/file.h"
#include "sim/check/check_list.h"
#include "sim/scenario/scenario_matrix.h"
#include "sim/scenario/scenario_part.h"

#include "mta-under-test/base/poison.h"

enum { CHAIN_BYTES_MAX = 1000 };

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

/* The files that extend each other, the one at hand first. */
struct extension {
    const char *path;
    const struct extension *by; /* NULL for the scenario itself */
    unsigned depth;
};

static bool same_file(const char *a, const char *b)
{
    struct stat one;
    struct stat other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* "a.json → b.json → a.json" */
static void write_chain(const struct extension *at, struct buf *out)
{
    if (at->by != NULL) {
        write_chain(at->by, out);
        buf_add_text(out, " \xe2\x86\x92 ");
    }
    buf_add_text(out, file_name(at->path));
}

/* A base must be there, be none of those that extend it, and the chain must end. */
static int check_base(struct spec extend, const struct extension *base, struct err *err)
{
    struct buf chain;
    struct stat info;
    if (!file_exists(base->path))
        return spec_no_file(extend, err, base->path, NULL);
    if (stat(base->path, &info) == 0 && !S_ISREG(info.st_mode))
        return spec_error(extend, err, "%s is no file; expected a scenario to extend", base->path);
    buf_init(&chain, CHAIN_BYTES_MAX);
    write_chain(base, &chain);
    bool own = false;
    for (const struct extension *at = base->by; at != NULL; at = at->by)
        own = own || same_file(at->path, base->path);
    if (own)
        spec_error(extend, err, "extends itself: %s; one of them must stand alone",
                   buf_text(&chain));
    else if (base->depth > SCENARIO_EXTENDS_MAX)
        spec_error(extend, err, "more than %d files extend each other: %s", SCENARIO_EXTENDS_MAX,
                   buf_text(&chain));
    buf_deinit(&chain);
    return own || base->depth > SCENARIO_EXTENDS_MAX ? -1 : 0;
}

/* Opens a file with all that it extends put under it; NULL with `err`. */
static struct spec_document *open_document(const struct extension *at, const char *root,
                                           struct err *err)
{
    struct spec_document *document = spec_document_open(at->path, err);
    struct spec extend;
    const char *name = NULL;
    if (document == NULL || !spec_get(spec_root(document), "extend", &extend))
        return document;
    if (spec_read_text(extend, &name, err) != 0) {
        spec_document_free(&document);
        return NULL;
    }
    char *base_path = find_base(at->path, name, root);
    const struct extension below = {base_path, at, at->depth + 1};
    struct spec_document *base = NULL;
    if (check_base(extend, &below, err) == 0)
        base = open_document(&below, root, err);
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
    const struct extension whole = {path, NULL, 0};
    scenario->document = open_document(&whole, options->root, err);
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

/* What a file is read with before its cells are: its matrix, which borrows from the document. */
struct matrix_file {
    struct arena arena;
    struct spec_document *document; /* NULL where nothing is borrowed */
    struct scenario_matrix matrix;
};

static int open_matrix(struct matrix_file *file, const char *path,
                       const struct scenario_options *options, struct err *err)
{
    const struct extension whole = {path, NULL, 0};
    file->document = open_document(&whole, options->root, err);
    if (file->document == NULL)
        return -1;
    struct spec root = spec_root(file->document);
    if (scenario_matrix_read(root, options->matrix_max, &file->arena, &file->matrix, err) != 0 ||
        scenario_matrix_check_for(root, &file->matrix, err) != 0)
        return -1;
    /* A large scenario is not kept twice; only a matrix borrows from the document. */
    if (file->matrix.name_count == 0)
        spec_document_free(&file->document);
    return 0;
}

static void close_matrix(struct matrix_file *file)
{
    arena_deinit(&file->arena);
    spec_document_free(&file->document);
}

int scenario_load(const char *path, const struct scenario_options *options,
                  struct scenario ***scenarios, struct err *err)
{
    struct matrix_file file = {0};
    *scenarios = NULL;
    int result = open_matrix(&file, path, options, err);
    if (result == 0)
        result = load_cells(path, options, &file.matrix, scenarios, err);
    close_matrix(&file);
    return result;
}

struct scenario *scenario_load_cell(const char *path, const struct scenario_options *options,
                                    size_t cell, struct err *err)
{
    struct matrix_file file = {0};
    struct scenario *scenario = NULL;
    if (open_matrix(&file, path, options, err) == 0) {
        if (cell < file.matrix.cell_count)
            scenario = load_cell(path, options, &file.matrix, cell, err);
        else
            err_set(err, "%s: has no cell %zu", path, cell);
    }
    close_matrix(&file);
    return scenario;
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
