#include "sim/mta/mta_adapter.h"

#include <dirent.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/mta/mta_adapter_read.h"

#include "mta-under-test/base/poison.h"

enum { MTA_ADAPTERS_MAX = 256, MTA_WHY_BYTES = 300 };

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
        mta_pattern_release(&adapter->patterns[i]);
    adapter->pattern_count = 0;
    if (adapter->queue_id != NULL)
        regfree(adapter->queue_id);
    if (adapter->queue_empty != NULL)
        regfree(adapter->queue_empty);
    adapter->queue_id = NULL;
    adapter->queue_empty = NULL;
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

/* " (why)", if the adapter says so. */
static const char *mta_adapter_why_not(const struct mta_adapter *adapter, const char *setting,
                                       char *text, size_t size)
{
    struct spec reason;
    text[0] = '\0';
    if (adapter->why_not.json != NULL && spec_get(adapter->why_not, setting, &reason))
        snprintf(text, size, " (%s)", reason.json->valuestring);
    return text;
}

int mta_adapter_suits(const struct mta_adapter *adapter, const struct mta_settings *settings,
                      struct err *err)
{
    const struct spec given = settings->given;
    char why[MTA_WHY_BYTES];
    if (settings->only != NULL && !slice_is(slice_of(settings->only), adapter->name))
        return err_set(err, "the scenario is for %s only", settings->only);
    if (settings->has_skew && !mta_adapter_knows(adapter, "clock", (struct spec){.json = NULL}))
        return err_set(err, "%s cannot be given a clock that is wrong%s", adapter->name,
                       mta_adapter_why_not(adapter, "clock", why, sizeof why));
    if (mta_operation_suits(adapter, settings, err) != 0)
        return -1;
    if (given.json == NULL)
        return 0;
    for (size_t i = 0; i < spec_count(given); i++) {
        const char *setting = spec_key_at(given, i);
        struct spec value = spec_at(given, i);
        if (mta_adapter_knows(adapter, setting, value))
            continue;
        return err_set(err, "%s cannot be told \"%s\"%s%s%s", adapter->name, setting,
                       cJSON_IsString(value.json) ? ": " : "",
                       cJSON_IsString(value.json) ? value.json->valuestring : "",
                       mta_adapter_why_not(adapter, setting, why, sizeof why));
    }
    if (settings->smart_host_user != NULL && !mta_adapter_knows(adapter, "smart-host-login", given))
        return err_set(err, "%s cannot be told to log in at a smart host", adapter->name);
    if (mta_settings_retry_form(settings) > adapter->retry_form)
        return err_set(err, "%s cannot be told the waits \"%s\": it knows only %s ones",
                       adapter->name, settings->retry, MTA_RETRY_FORMS[adapter->retry_form]);
    return 0;
}

static void mta_explain_command(const char *what, const struct mta_command *command,
                                struct buf *out)
{
    if (command->word_count == 0)
        return;
    buf_format(out, "  %-8s", what);
    for (size_t i = 0; i < command->word_count; i++)
        buf_format(out, " %s", command->words[i]);
    buf_add_char(out, '\n');
}

void mta_adapter_explain(const struct mta_adapter *adapter, struct buf *out)
{
    buf_format(out, "\nAdapter %s: %s\n", adapter->name, adapter->about);
    for (size_t i = 0; i < adapter->before_start_count; i++)
        mta_explain_command("before", &adapter->before_start[i], out);
    mta_explain_command("start", &adapter->start, out);
    mta_explain_command("submit", &adapter->submit, out);
    mta_explain_command("reload", &adapter->reload, out);
    mta_explain_command("queue", &adapter->queue, out);
    for (size_t i = 0; i < MTA_LIST; i++) {
        mta_explain_command(MTA_OPERATION_WORDS[i], &adapter->operations[i].all, out);
        mta_explain_command(MTA_OPERATION_WORDS[i], &adapter->operations[i].one, out);
    }
    mta_explain_command("stop", &adapter->stop, out);
    if (adapter->log != NULL)
        buf_format(out, "  log      %s\n", adapter->log);
    for (size_t i = 0; i < adapter->setting_count; i++)
        buf_format(out, "%s%s", i == 0 ? "  can be told: " : ", ", adapter->settings[i]);
    buf_add_text(out, adapter->setting_count > 0 ? "\n" : "");
    for (size_t i = 0; adapter->why_not.json != NULL && i < spec_count(adapter->why_not); i++)
        buf_format(out, "  not %s: %s\n", spec_key_at(adapter->why_not, i),
                   spec_at(adapter->why_not, i).json->valuestring);
}
