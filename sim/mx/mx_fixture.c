#include "sim/mx/mx_fixture.h"

#include <glob.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static bool mx_fixture_is_plain(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!text_is_alnum(*c) && *c != '-' && *c != '/')
            return false;
    }
    return name[0] != '\0';
}

const char *mx_fixture_like(const char *root, const char *const *folders, const char *drop,
                            const char *name, struct arena *arena)
{
    const char *found = NULL;
    for (size_t i = 0; folders[i] != NULL && found == NULL && mx_fixture_is_plain(name); i++) {
        glob_t paths;
        const char *base = arena_format(arena, "%s/fixtures/", root);
        const char *pattern =
            arena_format(arena, "%s%s/%s*.json", base, folders[i], file_name(name));
        if (glob(pattern, 0, NULL, &paths) == 0) {
            struct slice rest = slice_skip(slice_of(paths.gl_pathv[0]), strlen(base));
            if (slice_equal(slice_first(rest, strlen(drop)), slice_of(drop)))
                rest = slice_skip(rest, strlen(drop));
            found = arena_text_of(arena, slice_first(rest, rest.len - strlen(".json")));
        }
        globfree(&paths);
    }
    return found;
}
