#include "sim/mta/mta_adapter.h"

#include <dirent.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/mta/mta_adapter_read.h"

#include "mta-under-test/base/poison.h"

enum { MTA_ADAPTERS_MAX = 256 };

static int mta_compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *mta_adapter_names(const char *root, struct arena *arena)
{
    const char **names = arena_alloc_array(arena, MTA_ADAPTERS_MAX + 1, sizeof *names);
    size_t count = 0;
    char *path = mem_text_format("%s/mta-under-test/adapters", root);
    DIR *folder = opendir(path);
    struct dirent *entry = NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL && count < MTA_ADAPTERS_MAX) {
        char *file = mem_text_format("%s/%s/adapter.json", path, entry->d_name);
        if (entry->d_name[0] != '.' && file_exists(file))
            names[count++] = arena_text(arena, entry->d_name);
        free(file);
    }
    if (folder != NULL)
        closedir(folder);
    free(path);
    qsort(names, count, sizeof *names, mta_compare_texts);
    return names;
}

static int mta_adapter_unknown(const char *root, const char *name, struct arena *arena,
                               struct err *err)
{
    const char *const *names = mta_adapter_names(root, arena);
    const char *nearest = text_nearest(name, names);
    if (nearest != NULL)
        return err_set(err, "there is no adapter \"%s\"; did you mean \"%s\"?", name, nearest);
    struct buf list;
    buf_init(&list, ERR_TEXT_BYTES);
    for (; *names != NULL; names++)
        buf_format(&list, "%s%s", list.len > 0 ? ", " : "", *names);
    err_set(err, "there is no adapter \"%s\"; there are: %s", name, buf_text(&list));
    buf_deinit(&list);
    return -1;
}

struct mta_adapter *mta_adapter_load(const char *root, const char *name, struct arena *arena,
                                     struct err *err)
{
    struct mta_adapter *adapter = arena_alloc(arena, sizeof *adapter);
    adapter->name = arena_text(arena, name);
    adapter->folder = arena_format(arena, "%s/mta-under-test/adapters/%s", root, name);
    adapter->port = 25;
    adapter->retry_form = MTA_RETRY_STEPS;
    const char *path = arena_format(arena, "%s/adapter.json", adapter->folder);
    if (strchr(name, '/') != NULL || !file_exists(path)) {
        mta_adapter_unknown(root, name, arena, err);
        return NULL;
    }
    adapter->document = spec_document_open(path, err);
    if (adapter->document == NULL)
        return NULL;
    if (mta_adapter_read(spec_root(adapter->document), arena, adapter, err) != 0) {
        mta_adapter_release(adapter);
        return NULL;
    }
    return adapter;
}

void mta_adapter_release(struct mta_adapter *adapter)
{
    if (adapter == NULL)
        return;
    for (size_t i = 0; i < adapter->pattern_count; i++)
        regfree(adapter->patterns[i].regex);
    adapter->pattern_count = 0;
    spec_document_free(&adapter->document);
}

/* The adapter names a setting as a whole, "tls", or single values of it, "tls=required". */
static bool mta_adapter_knows(const struct mta_adapter *adapter, const char *setting,
                              struct spec value)
{
    char *one = mem_text_format("%s=%s", setting,
                                cJSON_IsString(value.json) ? value.json->valuestring : "");
    bool known = false;
    for (size_t i = 0; i < adapter->setting_count; i++) {
        struct slice name = slice_of(adapter->settings[i]);
        known = known || slice_is(name, setting) || slice_is(name, one);
    }
    free(one);
    return known;
}

int mta_adapter_suits(const struct mta_adapter *adapter, const struct mta_settings *settings,
                      struct err *err)
{
    const struct spec given = settings->given;
    if (settings->only != NULL && !slice_is(slice_of(settings->only), adapter->name))
        return err_set(err, "the scenario is for %s only", settings->only);
    if (settings->has_skew && !mta_adapter_knows(adapter, "clock", (struct spec){.json = NULL}))
        return err_set(err,
                       "%s cannot be given a clock that is wrong: its programs do not keep "
                       "libfaketime in their environment",
                       adapter->name);
    if (given.json == NULL)
        return 0;
    for (size_t i = 0; i < spec_count(given); i++) {
        const char *setting = spec_key_at(given, i);
        struct spec value = spec_at(given, i);
        if (mta_adapter_knows(adapter, setting, value))
            continue;
        return err_set(err, "%s cannot be told \"%s\"%s%s", adapter->name, setting,
                       cJSON_IsString(value.json) ? ": " : "",
                       cJSON_IsString(value.json) ? value.json->valuestring : "");
    }
    if (settings->smart_host_user != NULL && !mta_adapter_knows(adapter, "smart-host-login", given))
        return err_set(err, "%s cannot be told to log in at a smart host", adapter->name);
    if (mta_settings_retry_form(settings) > adapter->retry_form)
        return err_set(err, "%s cannot be told the waits \"%s\": it knows only %s ones",
                       adapter->name, settings->retry, MTA_RETRY_FORMS[adapter->retry_form]);
    return 0;
}
