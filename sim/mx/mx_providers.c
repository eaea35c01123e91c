#include "sim/mx/mx_providers.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/mx/mx_fixture.h"

#include "mta-under-test/base/poison.h"

struct mx_provider_entry {
    struct provider *provider;
    struct provider_settings settings;
    struct spec_document *document; /* of the model's file, or NULL */
    bool used;
};

struct mx_providers {
    const char *root;
    uint64_t seed;
    struct arena *arena;
    struct map entries;
};

struct mx_providers *mx_providers_new(const char *root, uint64_t seed, struct arena *arena)
{
    struct mx_providers *providers = mem_alloc(sizeof *providers);
    providers->root = arena_text(arena, root);
    providers->seed = seed;
    providers->arena = arena;
    return providers;
}

static void mx_provider_entry_free(void *value)
{
    struct mx_provider_entry *entry = value;
    provider_free(&entry->provider);
    provider_settings_release(&entry->settings);
    spec_document_free(&entry->document);
    free(entry);
}

void mx_providers_free(struct mx_providers **providers)
{
    if (*providers == NULL)
        return;
    map_deinit(&(*providers)->entries, mx_provider_entry_free);
    free(*providers);
    *providers = NULL;
}

/* "gmail-like" is fixtures/deliverability/gmail-like.json. */
static int mx_provider_read_model(struct mx_providers *providers, struct spec spec,
                                  struct mx_provider_entry *entry, struct err *err)
{
    struct spec member;
    const char *name;
    if (!spec_get(spec, "model", &member))
        return 0;
    if (spec_read_text(member, &name, err) != 0)
        return -1;
    bool valid = true;
    for (const char *c = name; *c != '\0'; c++)
        valid = valid && (text_is_alnum(*c) || *c == '-');
    const char *path =
        arena_format(providers->arena, "%s/fixtures/deliverability/%s.json", providers->root, name);
    if (!valid || !file_exists(path)) {
        static const char *const FOLDERS[] = {"deliverability", NULL};
        const char *like =
            mx_fixture_like(providers->root, FOLDERS, "deliverability/", name, providers->arena);
        return spec_error(
            member, err, "there is no model \"%s\": looked for it in fixtures/deliverability%s%s%s",
            name, like != NULL ? "; did you mean \"" : "", like != NULL ? like : "",
            like != NULL ? "\"?" : "");
    }
    entry->document = spec_document_open(path, err);
    if (entry->document == NULL)
        return -1;
    return provider_settings_read(spec_root(entry->document), providers->arena, &entry->settings,
                                  err);
}

int mx_providers_read(struct mx_providers *providers, struct spec spec, struct err *err)
{
    if (!spec_is_object(spec))
        return spec_error(spec, err,
                          "expected providers by name: {\"bigmail\": {\"model\": "
                          "\"gmail-like\"}}");
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct mx_provider_entry *entry = mem_alloc(sizeof *entry);
        struct spec one = spec_at(spec, i);
        const char *name = spec_key_at(spec, i);
        provider_settings_set_defaults(&entry->settings);
        map_set_text(&providers->entries, name, entry);
        if (!spec_is_object(one))
            return spec_error(one, err, "a provider is an object");
        if (mx_provider_read_model(providers, one, entry, err) != 0 ||
            provider_settings_read(one, providers->arena, &entry->settings, err) != 0)
            return -1;
        entry->provider = provider_new(name, &entry->settings, providers->seed);
    }
    return 0;
}

struct provider *mx_providers_use(struct mx_providers *providers, const char *name)
{
    struct mx_provider_entry *entry = map_get_text(&providers->entries, name);
    if (entry == NULL)
        return NULL;
    entry->used = true;
    return entry->provider;
}

size_t mx_providers_count(const struct mx_providers *providers)
{
    return providers->entries.count;
}

struct provider *mx_providers_at(const struct mx_providers *providers, size_t i)
{
    const struct map_entry *at = map_first(&providers->entries);
    while (i-- > 0)
        at = map_next(at);
    const struct mx_provider_entry *entry = map_value(at);
    return entry->provider;
}

void mx_providers_explain(const struct mx_providers *providers, struct buf *out)
{
    for (const struct map_entry *at = map_first(&providers->entries); at != NULL;
         at = map_next(at)) {
        const struct mx_provider_entry *entry = map_value(at);
        buf_format(out, "%s\n", map_key(at));
        provider_settings_explain(&entry->settings, out);
    }
}

size_t mx_providers_names(const struct mx_providers *providers, const char **names)
{
    size_t count = 0;
    for (const struct map_entry *at = map_first(&providers->entries); at != NULL; at = map_next(at))
        names[count++] = map_key(at);
    return count;
}

const char *mx_providers_unused(const struct mx_providers *providers)
{
    for (const struct map_entry *at = map_first(&providers->entries); at != NULL;
         at = map_next(at)) {
        const struct mx_provider_entry *entry = map_value(at);
        if (!entry->used)
            return map_key(at);
    }
    return NULL;
}
