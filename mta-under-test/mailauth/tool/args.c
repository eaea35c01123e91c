#include "mta-under-test/mailauth/tool/args.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* The known name that the option has; *is_flag tells whether it takes no value. */
static const char *args_known(const char *const *known, struct slice name, bool *is_flag)
{
    for (size_t i = 0; known[i] != NULL; i++) {
        struct slice candidate = slice_of(known[i]);
        *is_flag = slice_ends_with_nocase(candidate, SLICE("!"));
        if (*is_flag)
            candidate.len--;
        if (slice_equal(candidate, name))
            return known[i];
    }
    return NULL;
}

/* An option that nobody knows, with the nearest that is known. */
static int args_unknown(const struct args *args, const char *const *known, struct slice name,
                        struct err *err)
{
    char names[ARGS_MAX][ARGS_NAME_BYTES];
    const char *list[ARGS_MAX + 1] = {NULL};
    char typed[ARGS_NAME_BYTES];
    for (size_t i = 0; i < ARGS_MAX && known[i] != NULL; i++) {
        snprintf(names[i], sizeof names[i], "%.*s", (int)strcspn(known[i], "!"), known[i]);
        list[i] = names[i];
    }
    snprintf(typed, sizeof typed, "%.*s", SLICE_ARG(name));
    const char *near = text_nearest(typed, list);
    if (near != NULL)
        return err_set(err, "unknown option --%.*s; did you mean --%s?", SLICE_ARG(name), near);
    return err_set(err, "unknown option --%.*s; try authcheck %s --help", SLICE_ARG(name),
                   args->command);
}

static int args_parse_option(struct args *args, int argc, char **argv, int *at,
                             const char *const *known, struct err *err)
{
    const char *text = argv[*at] + 2;
    const char *equals = strchr(text, '=');
    struct slice name = slice_of(text);
    bool is_flag = false;
    if (equals != NULL)
        name.len = (size_t)(equals - text);
    const char *found = args_known(known, name, &is_flag);
    if (found == NULL)
        return args_unknown(args, known, name, err);
    if (args->count == ARGS_MAX)
        return err_set(err, "too many options");
    const char *value = equals != NULL ? equals + 1 : "";
    if (!is_flag && equals == NULL) {
        if (*at + 1 >= argc)
            return err_set(err, "--%.*s needs a value; try authcheck %s --help", SLICE_ARG(name),
                           args->command);
        *at += 1;
        value = argv[*at];
    }
    args->options[args->count].name = found;
    args->options[args->count].value = value;
    args->count++;
    return 0;
}

int args_parse(struct args *args, int argc, char **argv, const char *const *known, struct err *err)
{
    bool only_files = false;
    for (int i = 0; i < argc; i++) {
        if (!only_files && strcmp(argv[i], "--") == 0) {
            only_files = true;
        } else if (!only_files && strncmp(argv[i], "--", 2) == 0) {
            if (args_parse_option(args, argc, argv, &i, known, err) != 0)
                return -1;
        } else if (args->file_count < ARGS_MAX) {
            args->files[args->file_count++] = argv[i];
        }
    }
    return 0;
}

const char *args_get(const struct args *args, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = args->count; i > 0; i--) {
        const char *have = args->options[i - 1].name;
        if (strncmp(have, name, len) == 0 && (have[len] == '\0' || have[len] == '!'))
            return args->options[i - 1].value;
    }
    return NULL;
}

struct slice args_slice(const struct args *args, const char *name)
{
    return slice_of(args_get(args, name));
}

bool args_has(const struct args *args, const char *name)
{
    return args_get(args, name) != NULL;
}

int args_need(const struct args *args, const char *name, const char **value, struct err *err)
{
    *value = args_get(args, name);
    return *value != NULL
               ? 0
               : err_set(err, "--%s is missing; try authcheck %s --help", name, args->command);
}

int args_number(const struct args *args, const char *name, uint64_t fallback, uint64_t *number,
                struct err *err)
{
    const char *text = args_get(args, name);
    *number = fallback;
    if (text == NULL || text_to_u64(slice_of(text), number) == 0)
        return 0;
    return err_set(err, "--%s: expected a number, found \"%s\"", name, text);
}
