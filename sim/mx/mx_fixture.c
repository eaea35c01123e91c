#include "sim/mx/mx_fixture.h"

#include <glob.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* Without the folder of fixtures, `drop` and its ending. */
static const char *mx_fixture_name(const char *path, size_t base_len, const char *drop,
                                   struct arena *arena)
{
    struct slice rest = slice_skip(slice_of(path), base_len);
    if (slice_starts_with(rest, slice_of(drop)))
        rest = slice_skip(rest, strlen(drop));
    return arena_text_of(arena, slice_first(rest, rest.len - strlen(".json")));
}

const char *mx_fixture_like(const char *root, const char *const *folders, const char *drop,
                            const char *name, struct arena *arena)
{
    const char *base = arena_format(arena, "%s/fixtures/", root);
    const char *like = NULL;
    const char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; folders[i] != NULL; i++) {
        glob_t found = {0};
        if (glob(arena_format(arena, "%s%s/*.json", base, folders[i]), 0, NULL, &found) == 0)
            names = mem_grow(names, count + found.gl_pathc, sizeof *names);
        for (size_t k = 0; k < found.gl_pathc; k++)
            names[count++] = mx_fixture_name(found.gl_pathv[k], strlen(base), drop, arena);
        globfree(&found);
    }
    names = mem_grow(names, count + 1, sizeof *names);
    names[count] = NULL;
    for (size_t i = 0; i < count && like == NULL && *file_name(name) != '\0'; i++) {
        if (slice_starts_with(slice_of(file_name(names[i])), slice_of(file_name(name))))
            like = names[i];
    }
    if (like == NULL)
        like = text_nearest(name, names);
    for (size_t i = 0; i < count && like == NULL; i++) {
        const char *const last[] = {file_name(names[i]), NULL};
        if (text_nearest(file_name(name), last) != NULL)
            like = names[i];
    }
    free(names);
    return like;
}
