#include "sim/mta/mta_adapter.h"

#include <dirent.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { MTA_ADAPTERS_MAX = 256, MTA_ID_MAX = 65533, MTA_PORT_MAX = 65535 };

static const char *const MTA_KEYS[] = {
    "name",     "about", "packages",     "libraries",  "users", "needs-users",
    "files",    "log",   "before-start", "start",      "stop",  "reload",
    "pid-file", "port",  "settings",     "retry-form", NULL};

static int mta_read_user(struct spec spec, struct mta_user *user, struct err *err)
{
    static const char *const KEYS[] = {"name", "uid", "gid", "home", NULL};
    struct spec member;
    user->home = "/nonexistent";
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "name", &member, err) != 0 ||
        spec_read_text(member, &user->name, err) != 0 ||
        spec_need(spec, "uid", &member, err) != 0 ||
        spec_read_int(member, 1, MTA_ID_MAX, &user->uid, err) != 0)
        return -1;
    user->gid = user->uid;
    if ((spec_get(spec, "gid", &member) &&
         spec_read_int(member, 1, MTA_ID_MAX, &user->gid, err) != 0) ||
        (spec_get(spec, "home", &member) && spec_read_text(member, &user->home, err) != 0))
        return -1;
    return 0;
}

static int mta_read_users(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                          struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    struct mta_user *users = arena_alloc_array(arena, spec_count(spec), sizeof *users);
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (mta_read_user(spec_at(spec, i), &users[i], err) != 0)
            return -1;
    }
    adapter->users = users;
    adapter->user_count = spec_count(spec);
    return 0;
}

/* "0640": octal, as chmod takes it. */
static int mta_read_mode(struct spec spec, int64_t *mode, struct err *err)
{
    const char *text = NULL;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    char *end = NULL;
    *mode = strtol(text, &end, 8);
    if (*end != '\0' || *mode < 0 || *mode > 07777)
        return spec_error(spec, err, "an octal mode like \"0640\" is expected, not \"%s\"", text);
    return 0;
}

static int mta_read_file(struct spec spec, const char *path, struct arena *arena,
                         const struct mta_adapter *adapter, struct mta_file *file, struct err *err)
{
    static const char *const KEYS[] = {"template", "mode", "owner", NULL};
    struct spec member;
    const char *name = NULL;
    *file = (struct mta_file){.path = path, .mode = 0755, .owner = "root", .spec = spec};
    if (path[0] != '/')
        return spec_error(spec, err, "the path must be absolute: \"%s\"", path);
    if (spec_check_keys(spec, KEYS, err) != 0)
        return -1;
    if (spec_get(spec, "template", &member)) {
        if (spec_read_text(member, &name, err) != 0)
            return -1;
        file->mode = 0644;
        file->template_path = arena_format(arena, "%s/%s", adapter->folder, name);
        if (!file_exists(file->template_path))
            return spec_error(member, err, "there is no such file: %s", file->template_path);
    }
    if ((spec_get(spec, "mode", &member) && mta_read_mode(member, &file->mode, err) != 0) ||
        (spec_get(spec, "owner", &member) && spec_read_text(member, &file->owner, err) != 0))
        return -1;
    return 0;
}

static int mta_read_files(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                          struct err *err)
{
    size_t count = spec_count(spec);
    struct mta_file *files = arena_alloc_array(arena, count, sizeof *files);
    if (!spec_is_object(spec))
        return spec_error(spec, err, "an object of paths is expected");
    for (size_t i = 0; i < count; i++) {
        if (mta_read_file(spec_at(spec, i), spec_key_at(spec, i), arena, adapter, &files[i], err) !=
            0)
            return -1;
    }
    adapter->files = files;
    adapter->file_count = count;
    return 0;
}

static int mta_read_words(struct spec spec, struct arena *arena, struct mta_command *command,
                          struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    return spec_read_texts(spec, arena, &command->words, &command->word_count, err);
}

static int mta_read_commands(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                             struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    struct mta_command *commands = arena_alloc_array(arena, spec_count(spec), sizeof *commands);
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (mta_read_words(spec_at(spec, i), arena, &commands[i], err) != 0)
            return -1;
    }
    adapter->before_start = commands;
    adapter->before_start_count = spec_count(spec);
    return 0;
}

static const char *const MTA_RETRY_FORMS[] = {"uniform", "doubling", "steps", NULL};

static int mta_read_form(struct spec spec, struct mta_adapter *adapter, struct err *err)
{
    size_t index = 0;
    if (spec_read_word(spec, MTA_RETRY_FORMS, &index, err) != 0)
        return -1;
    adapter->retry_form = (enum mta_retry_form)index;
    return 0;
}

static int mta_adapter_read(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                            struct err *err)
{
    struct spec member;
    if (spec_check_keys(spec, MTA_KEYS, err) != 0 || spec_need(spec, "about", &member, err) != 0 ||
        spec_read_text(member, &adapter->about, err) != 0 ||
        spec_need(spec, "start", &member, err) != 0 ||
        mta_read_words(member, arena, &adapter->start, err) != 0 ||
        (spec_get(spec, "packages", &member) && spec_count(member) > 0 &&
         spec_read_texts(member, arena, &adapter->packages, &adapter->package_count, err) != 0) ||
        (spec_get(spec, "libraries", &member) &&
         spec_read_texts(member, arena, &adapter->libraries, &adapter->library_count, err) != 0) ||
        (spec_get(spec, "users", &member) && mta_read_users(member, arena, adapter, err) != 0) ||
        (spec_get(spec, "needs-users", &member) &&
         spec_read_bool(member, &adapter->needs_users, err) != 0) ||
        (spec_get(spec, "files", &member) && mta_read_files(member, arena, adapter, err) != 0) ||
        (spec_get(spec, "before-start", &member) &&
         mta_read_commands(member, arena, adapter, err) != 0) ||
        (spec_get(spec, "stop", &member) &&
         mta_read_words(member, arena, &adapter->stop, err) != 0) ||
        (spec_get(spec, "reload", &member) &&
         mta_read_words(member, arena, &adapter->reload, err) != 0) ||
        (spec_get(spec, "pid-file", &member) &&
         spec_read_text(member, &adapter->pid_file, err) != 0) ||
        (spec_get(spec, "log", &member) && spec_read_text(member, &adapter->log, err) != 0) ||
        (spec_get(spec, "port", &member) &&
         spec_read_int(member, 1, MTA_PORT_MAX, &adapter->port, err) != 0) ||
        (spec_get(spec, "settings", &member) &&
         spec_read_texts(member, arena, &adapter->settings, &adapter->setting_count, err) != 0) ||
        (spec_get(spec, "retry-form", &member) && mta_read_form(member, adapter, err) != 0))
        return -1;
    return 0;
}

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
    if (adapter != NULL)
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
    struct spec given;
    if (settings->only != NULL && !slice_is(slice_of(settings->only), adapter->name))
        return err_set(err, "the scenario is for %s only", settings->only);
    if (settings->spec.json == NULL || !spec_get(settings->spec, "settings", &given))
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
    if (mta_settings_retry_form(settings) > adapter->retry_form)
        return err_set(err, "%s cannot be told the waits \"%s\": it knows only %s ones",
                       adapter->name, settings->retry, MTA_RETRY_FORMS[adapter->retry_form]);
    return 0;
}
