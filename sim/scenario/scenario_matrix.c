#include "sim/scenario/scenario_matrix.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { MATRIX_VALUE_SHOWN_MAX = 100 };

static int read_value(struct spec spec, struct arena *arena, const char **value, struct err *err)
{
    if (spec_is_text(spec))
        *value = arena_text(arena, spec.json->valuestring);
    else if (spec_is_number(spec))
        *value = arena_format(arena, "%.15g", spec.json->valuedouble);
    else if (spec_is_bool(spec))
        *value = cJSON_IsTrue(spec.json) ? "true" : "false";
    else
        return spec_expected(spec, err, "a text, a number, true or false");
    return 0;
}

static bool name_is_valid(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!text_is_alnum(*c) && *c != '-' && *c != '_')
            return false;
    }
    return *name != '\0';
}

static int read_axis(struct spec spec, const char *name, struct arena *arena,
                     struct scenario_axis *axis, struct err *err)
{
    axis->name = arena_text(arena, name);
    if (!name_is_valid(name))
        return spec_error(spec, err,
                          "a name of the matrix has letters, digits, \"-\" and \"_\" only");
    if (!spec_is_array(spec) || spec_count(spec) == 0)
        return spec_expected(spec, err, "an array of values");
    axis->count = spec_count(spec);
    axis->values = arena_alloc_array(arena, axis->count, sizeof(char *));
    for (size_t i = 0; i < axis->count; i++) {
        if (read_value(spec_at(spec, i), arena, &axis->values[i], err) != 0)
            return -1;
    }
    return 0;
}

int scenario_matrix_read(struct spec scenario, size_t max, struct arena *arena,
                         struct scenario_matrix *matrix, struct err *err)
{
    struct spec spec;
    *matrix = (struct scenario_matrix){.cell_count = 1};
    if (max == 0)
        max = SCENARIO_MATRIX_MAX;
    if (!spec_get(scenario, "matrix", &spec))
        return 0;
    if (!spec_is_object(spec) || spec_count(spec) == 0)
        return spec_expected(spec, err,
                             "an object of lists, like {\"mode\": [\"enforce\", \"none\"]}");
    if (spec_count(spec) > SCENARIO_MATRIX_NAMES_MAX)
        return spec_error(spec, err, "at most %d names are allowed", SCENARIO_MATRIX_NAMES_MAX);
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct spec values = spec_at(spec, i);
        struct scenario_axis *axis = &matrix->axes[matrix->name_count++];
        if (read_axis(values, spec_key_at(spec, i), arena, axis, err) != 0)
            return -1;
        if (__builtin_mul_overflow(matrix->cell_count, axis->count, &matrix->cell_count))
            matrix->cell_count = SIZE_MAX; /* sixteen long lists */
    }
    if (matrix->cell_count <= max)
        return 0;
    return spec_error(spec, err,
                      "makes %zu runs, and at most %zu are allowed; take fewer values, or make "
                      "several scenarios of it (\"extend\")",
                      matrix->cell_count, max);
}

/* One value, or one of a list: the axis of that name has it. */
static int check_for_value(struct spec value, const struct scenario_axis *axis, struct err *err)
{
    struct arena arena = {0};
    const char *text = "";
    int result = read_value(value, &arena, &text, err);
    bool found = false;
    for (size_t i = 0; result == 0 && i < axis->count; i++)
        found = found || strcmp(axis->values[i], text) == 0;
    if (result == 0 && !found) {
        const char **words = arena_alloc_array(&arena, axis->count + 1, sizeof *words);
        memcpy(words, axis->values, axis->count * sizeof *words);
        result = spec_unknown(value, err, "value in the matrix", words);
    }
    arena_deinit(&arena);
    return result;
}

static int check_for(struct spec limit, const struct scenario_matrix *matrix, struct err *err)
{
    for (size_t i = 0; spec_is_object(limit) && i < spec_count(limit); i++) {
        struct spec value = spec_at(limit, i);
        for (size_t a = 0; a < matrix->name_count; a++) {
            if (strcmp(matrix->axes[a].name, spec_key_at(limit, i)) != 0)
                continue;
            for (size_t k = 0; k < (spec_is_array(value) ? spec_count(value) : 1); k++) {
                if (check_for_value(spec_is_array(value) ? spec_at(value, k) : value,
                                    &matrix->axes[a], err) != 0)
                    return -1;
            }
        }
    }
    return 0;
}

int scenario_matrix_check_for(struct spec scenario, const struct scenario_matrix *matrix,
                              struct err *err)
{
    struct spec expect;
    if (!spec_get(scenario, "expect", &expect) || !spec_is_array(expect))
        return 0;
    for (size_t i = 0; i < spec_count(expect); i++) {
        struct spec limit;
        if (spec_get(spec_at(expect, i), "for", &limit) && check_for(limit, matrix, err) != 0)
            return -1;
    }
    return 0;
}

/* A value as it may stand in a title: line ends and the like are shown. */
static const char *printable(struct arena *arena, const char *text)
{
    struct buf shown;
    buf_init(&shown, (size_t)4 * MATRIX_VALUE_SHOWN_MAX + 8);
    text_to_printable(&shown, slice_of(text), MATRIX_VALUE_SHOWN_MAX);
    const char *kept = arena_text(arena, buf_text(&shown));
    buf_deinit(&shown);
    return kept;
}

void scenario_matrix_cell(const struct scenario_matrix *matrix, size_t cell, struct arena *arena,
                          const struct spec_variable **variables, const char **name)
{
    struct spec_variable *list = arena_alloc_array(arena, SCENARIO_MATRIX_NAMES_MAX, sizeof *list);
    for (size_t i = matrix->name_count; i > 0; i--) {
        const struct scenario_axis *axis = &matrix->axes[i - 1];
        list[i - 1].name = arena_text(arena, axis->name);
        list[i - 1].text = arena_text(arena, axis->values[cell % axis->count]);
        cell /= axis->count;
    }
    *name = "";
    for (size_t i = 0; i < matrix->name_count; i++)
        *name = arena_format(arena, "%s%s%s=%s", *name, i > 0 ? ", " : "", list[i].name,
                             printable(arena, list[i].text));
    *variables = list;
}
