#include "sim/mx/mx_profile.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "sim/mx/mx_fixture.h"
#include "sim/mx/mx_settings.h"

#include "mta-under-test/base/poison.h"

enum { MX_PROFILE_NESTING_MAX = 8 };

struct mx_profile_entry {
    struct mx_profile profile;
    struct spec_document *document; /* NULL: it stands in the scenario */
    bool is_read;
    bool is_used; /* by a host */
    bool reading; /* its rules are being read: naming it again is a cycle */
};

struct mx_profiles {
    const char *root;
    struct arena *arena;
    unsigned *next_slot;
    unsigned nesting;
    bool only_checks;   /* what is read now is used by nobody */
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
            visit(context, entry->profile.spec, map_key(at), &entry->profile.rules, entry->is_used);
    }
}

static int mx_profile_check_texts(struct spec profile, const char *key, struct arena *arena,
                                  struct err *err)
{
    struct spec list;
    const char *const *texts;
    size_t count;
    if (!spec_get(profile, key, &list) || (spec_is_array(list) && spec_count(list) == 0))
        return 0;
    return spec_read_texts(list, arena, &texts, &count, err);
}

/* All but the rules: each host reads the settings for itself, but a profile that none has is not to
 * be wrong either. */
static int mx_profile_check(struct mx_profiles *profiles, struct spec profile, struct err *err)
{
    static const char *const MORE[] = {"name", "sources", "assumptions", NULL};
    struct mx_host host = {0};
    struct spec member;
    const char *name;
    if (!spec_is_object(profile))
        return spec_error(profile, err, "a profile is an object");
    mx_settings_set_defaults(&host);
    int result = mx_settings_check_keys(profile, MORE, err);
    if (result == 0)
        result = mx_settings_read(profile, profiles->arena, &host, err);
    pattern_release(host.accepts);
    pattern_release(host.users);
    if (result == 0 && spec_get(profile, "name", &member))
        result = spec_read_text(member, &name, err);
    if (result != 0 || mx_profile_check_texts(profile, "sources", profiles->arena, err) != 0)
        return -1;
    return mx_profile_check_texts(profile, "assumptions", profiles->arena, err);
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
    if (mx_profile_check(profiles, profile->spec, err) != 0)
        return -1;
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
    entry->is_used = entry->is_used || !profiles->only_checks;
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

int mx_profiles_check_rest(struct mx_profiles *profiles, struct spec spec, struct err *err)
{
    int result = 0;
    profiles->only_checks = true;
    for (size_t i = 0; i < spec_count(spec) && result == 0; i++)
        result =
            mx_profiles_get(profiles, spec_at(spec, i), spec_key_at(spec, i), err) != NULL ? 0 : -1;
    profiles->only_checks = false;
    return result;
}
