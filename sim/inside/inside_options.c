#include "sim/inside/inside_options.h"

#include <inttypes.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum inside_kind { INSIDE_TEXT, INSIDE_BOOL, INSIDE_U64 };

struct inside_field {
    const char *name;
    enum inside_kind kind;
    size_t offset;
};

#define FIELD(name, kind)                                  \
    {                                                      \
#name, kind, offsetof(struct inside_options, name) \
    }

static const struct inside_field INSIDE_FIELDS[] = {
    FIELD(root, INSIDE_TEXT),    FIELD(file, INSIDE_TEXT),
    FIELD(cell, INSIDE_U64),     FIELD(folder, INSIDE_TEXT),
    FIELD(mta, INSIDE_TEXT),     FIELD(programs, INSIDE_TEXT),
    FIELD(home, INSIDE_TEXT),    FIELD(seed_given, INSIDE_BOOL),
    FIELD(seed, INSIDE_U64),     FIELD(virtual_clock, INSIDE_BOOL),
    FIELD(capture, INSIDE_BOOL), FIELD(interactive, INSIDE_BOOL),
    FIELD(stop_fd, INSIDE_U64),  FIELD(done_fd, INSIDE_U64),
};

enum { INSIDE_FIELD_COUNT = sizeof INSIDE_FIELDS / sizeof INSIDE_FIELDS[0] };

static char *inside_field_to_text(const struct inside_options *options,
                                  const struct inside_field *field, struct arena *arena)
{
    const char *at = (const char *)options + field->offset;
    switch (field->kind) {
    case INSIDE_TEXT:
        return arena_format(arena, "%s=%s", field->name, *(const char *const *)(const void *)at);
    case INSIDE_U64:
        return arena_format(arena, "%s=%" PRIu64, field->name, *(const uint64_t *)(const void *)at);
    case INSIDE_BOOL:
        break;
    }
    return arena_format(arena, "%s=%d", field->name, *(const bool *)(const void *)at);
}

char *const *inside_options_to_argv(const struct inside_options *options, const char *program,
                                    struct arena *arena)
{
    size_t words = 0;
    while (options->command != NULL && options->command[words] != NULL)
        words++;
    char **argv = arena_alloc_array(arena, INSIDE_FIELD_COUNT + words + 4, sizeof *argv);
    size_t count = 0;
    argv[count++] = arena_text(arena, program);
    argv[count++] = arena_text(arena, "inside");
    for (size_t i = 0; i < INSIDE_FIELD_COUNT; i++)
        argv[count++] = inside_field_to_text(options, &INSIDE_FIELDS[i], arena);
    if (words > 0)
        argv[count++] = arena_text(arena, "--");
    for (size_t i = 0; i < words; i++)
        argv[count++] = arena_text(arena, options->command[i]);
    return argv;
}

static int inside_take_value(struct inside_options *options, const struct inside_field *field,
                             char *value)
{
    char *at = (char *)options + field->offset;
    uint64_t number = 0;
    if (field->kind == INSIDE_TEXT) {
        *(const char **)(void *)at = value;
        return 0;
    }
    if (text_to_u64(slice_of(value), &number) != 0)
        return -1;
    if (field->kind == INSIDE_BOOL)
        *(bool *)(void *)at = number != 0;
    else
        *(uint64_t *)(void *)at = number;
    return 0;
}

static int inside_take(struct inside_options *options, char *argument)
{
    char *equals = strchr(argument, '=');
    if (equals == NULL)
        return -1;
    struct slice name = slice_from(argument, (size_t)(equals - argument));
    for (size_t i = 0; i < INSIDE_FIELD_COUNT; i++) {
        if (slice_is(name, INSIDE_FIELDS[i].name))
            return inside_take_value(options, &INSIDE_FIELDS[i], equals + 1);
    }
    return -1;
}

int inside_options_from_argv(int argc, char **argv, struct inside_options *options, struct err *err)
{
    *options = (struct inside_options){0};
    for (int i = 0; i < argc; i++) {
        if (slice_is(slice_of(argv[i]), "--")) {
            options->command = argv + i + 1;
            break;
        }
        if (inside_take(options, argv[i]) != 0)
            return err_set(err,
                           "\"%s\" is no option of the inside process, which is started by "
                           "the runner, not by hand",
                           argv[i]);
    }
    if (options->root == NULL || options->file == NULL || options->folder == NULL ||
        options->mta == NULL || options->programs == NULL || options->home == NULL)
        return err_set(err, "the inside process is started by the runner, not by hand");
    return 0;
}
