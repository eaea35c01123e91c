#include "sim/mx/mx_profile.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "sim/mx/mx_fixture.h"

#include "mta-under-test/base/poison.h"

enum { MX_PROFILE_NESTING_MAX = 8 };

struct mx_profile_entry {
    struct mx_profile profile;
    struct spec_document *document; /* NULL: it stands in the scenario */
    bool is_read;
    bool reading; /* its rules are being read: naming it again is a cycle */
};

struct mx_profiles {
    const char *root;
    struct arena *arena;
    unsigned *next_slot;
    unsigned nesting;
    struct map entries; /* by name */
};

struct mx_profiles *mx_profiles_new(const char *root, struct arena *arena, unsigned *next_slot)
{
    struct mx_profiles *profiles = mem_alloc(sizeof *profiles);
    profiles->root = arena_text(arena, root);
    profiles->arena = arena;
    profiles->next_slot = next_slot;
    map_init(&profiles->entries);
    return profiles;
}

static void mx_profile_entry_free(void *value)
{
    struct mx_profile_entry *entry = value;
    mx_rule_list_release(&entry->profile.rules);
    spec_document_free(&entry->document);
    free(entry);
}

void mx_profiles_free(struct mx_profiles **profiles_at)
{
    struct mx_profiles *profiles = *profiles_at;
    if (profiles == NULL)
        return;
    *profiles_at = NULL;
    map_deinit(&profiles->entries, mx_profile_entry_free);
    free(profiles);
}

/* A name is a path of words, so that it cannot leave the folder. */
static bool mx_profile_name_is_valid(const char *name)
{
    struct slice rest = slice_of(name);
    struct slice part;
    while (slice_split(&rest, '/', &part)) {
        if (part.len == 0 || part.data[0] == '.')
            return false;
        for (size_t i = 0; i < part.len; i++) {
            char c = part.data[i];
            if (!text_is_alnum(c) && c != '-' && c != '_' && c != '.')
                return false;
        }
    }
    return true;
}

static const char *mx_profile_path(struct mx_profiles *profiles, const char *name)
{
    static const char *const FOLDERS[] = {"fixtures/profiles", "fixtures"};
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        const char *path =
            arena_format(profiles->arena, "%s/%s/%s.json", profiles->root, FOLDERS[i], name);
        if (file_exists(path))
            return path;
    }
    return NULL;
}

int mx_profiles_add(struct mx_profiles *profiles, struct spec spec, struct err *err)
{
    if (!spec_is_object(spec))
        return spec_error(spec, err, "expected profiles by name: {\"busy\": {\"rules\": [...]}}");
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct spec one = spec_at(spec, i);
        const char *name = spec_key_at(spec, i);
        if (!spec_is_object(one))
            return spec_error(one, err, "a profile is an object");
        if (!mx_profile_name_is_valid(name))
            return spec_error(one, err, "\"%s\" is no name for a profile", name);
        struct mx_profile_entry *entry = mem_alloc(sizeof *entry);
        entry->profile.spec = one;
        map_set_text(&profiles->entries, name, entry);
    }
    return 0;
}

void mx_profiles_visit(const struct mx_profiles *profiles,
                       void (*visit)(void *context, struct spec spec, const char *name,
                                     const struct mx_rule_list *rules, bool used),
                       void *context)
{
    for (const struct map_entry *at = map_first(&profiles->entries); at != NULL;
         at = map_next(at)) {
        const struct mx_profile_entry *entry = map_value(at);
        if (entry->document == NULL)
            visit(context, entry->profile.spec, map_key(at), &entry->profile.rules, entry->is_read);
    }
}

static int mx_profile_read(struct mx_profiles *profiles, struct mx_profile_entry *entry,
                           const char *name, struct err *err)
{
    struct mx_profile *profile = &entry->profile;
    entry->is_read = true;
    if (entry->document != NULL)
        profile->spec = spec_root(entry->document);
    profile->rules.name = arena_text(profiles->arena, name);
    struct mx_rule_reader reader = {
        .arena = profiles->arena,
        .next_slot = profiles->next_slot,
        .profile = mx_profiles_get_rules,
        .profile_context = profiles,
    };
    struct spec rules;
    if (!spec_is_object(profile->spec))
        return spec_error(profile->spec, err, "a profile is an object");
    if (spec_get(profile->spec, "rules", &rules))
        return mx_rule_list_read(&reader, rules, &profile->rules, err);
    profile->rules.rules = arena_alloc(profiles->arena, sizeof *profile->rules.rules);
    return 0;
}

/* A file's profile, not read yet; NULL with `err`. */
static struct mx_profile_entry *mx_profiles_open(struct mx_profiles *profiles, struct spec place,
                                                 const char *name, struct err *err)
{
    const char *path = mx_profile_name_is_valid(name) ? mx_profile_path(profiles, name) : NULL;
    if (path == NULL) {
        static const char *const FOLDERS[] = {"profiles", "profiles/*", "providers", NULL};
        const char *nearest =
            mx_fixture_like(profiles->root, FOLDERS, "profiles/", name, profiles->arena);
        spec_error(place, err,
                   "there is no profile \"%s\"%s%s%s It was looked for under \"profiles\" of the "
                   "scenario, in fixtures/profiles and in fixtures",
                   name, nearest != NULL ? "; did you mean \"" : ".",
                   nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        return NULL;
    }
    struct spec_document *document = spec_document_open(path, err);
    if (document == NULL)
        return NULL;
    struct mx_profile_entry *entry = mem_alloc(sizeof *entry);
    entry->document = document;
    map_set_text(&profiles->entries, name, entry);
    return entry;
}

const struct mx_profile *mx_profiles_get(struct mx_profiles *profiles, struct spec place,
                                         const char *name, struct err *err)
{
    struct mx_profile_entry *entry = map_get_text(&profiles->entries, name);
    if (entry == NULL)
        entry = mx_profiles_open(profiles, place, name, err);
    if (entry == NULL)
        return NULL;
    if (entry->reading || profiles->nesting >= MX_PROFILE_NESTING_MAX) {
        spec_error(place, err, "the profile \"%s\" comes back to itself", name);
        return NULL;
    }
    if (entry->is_read)
        return &entry->profile;
    entry->reading = true;
    profiles->nesting++;
    int result = mx_profile_read(profiles, entry, name, err);
    profiles->nesting--;
    entry->reading = false;
    /* A profile that cannot be read ends the loading; the entry goes with the others. */
    return result == 0 ? &entry->profile : NULL;
}

const struct mx_rule_list *mx_profiles_get_rules(void *profiles, struct spec place,
                                                 const char *name, struct err *err)
{
    const struct mx_profile *profile = mx_profiles_get(profiles, place, name, err);
    return profile != NULL ? &profile->rules : NULL;
}
