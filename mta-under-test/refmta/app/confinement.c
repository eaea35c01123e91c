#include "mta-under-test/refmta/app/confinement.h"

#include "mta-under-test/refmta/sandbox/privileges.h"
#include "mta-under-test/refmta/sandbox/sandbox.h"

#include "mta-under-test/base/poison.h"

enum { OWN_FOLDERS = 3 };

/* The folder that a file of ours stands in, "." without one. */
static const char *folder_of(struct arena *arena, const char *path)
{
    size_t slash = slice_find_last(slice_of(path), '/');
    if (slash == SIZE_MAX)
        return ".";
    return slash == 0 ? "/" : arena_text_of(arena, slice_first(slice_of(path), slash));
}

int confinement_begin(struct confinement *confinement, const struct config *config, struct err *err)
{
    struct arena arena;
    size_t count = 0;
    *confinement = (struct confinement){0};
    arena_init(&arena);
    const char **writable = arena_alloc_array(
        &arena, config->sandbox_writable_count + OWN_FOLDERS + 1, sizeof *writable);
    writable[count++] = config->spool;
    if (strcmp(config->log, "stderr") != 0)
        writable[count++] = folder_of(&arena, config->log);
    if (config->control != NULL)
        writable[count++] = folder_of(&arena, config->control);
    for (size_t i = 0; i < config->sandbox_writable_count; i++)
        writable[count++] = config->sandbox_writable[i];
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = privileges_make_folder(writable[i], config->user, err);
    if (result == 0)
        result = privileges_drop(config->user, err);
    if (result == 0 && config->sandbox)
        result = sandbox_restrict_files(writable, &confinement->landlock, err);
    arena_deinit(&arena);
    return result;
}

int confinement_end(struct confinement *confinement, const struct config *config, struct err *err)
{
    return config->sandbox ? sandbox_restrict_calls(&confinement->seccomp, err) : 0;
}
