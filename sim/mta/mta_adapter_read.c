#include "sim/mta/mta_adapter_read.h"

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

enum { MTA_ID_MAX = 65533, MTA_PORT_MAX = 65535 };

const char *const MTA_RETRY_FORMS[] = {"uniform", "doubling", "steps", NULL};

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
    static const char *const KEYS[] = {"template", "form", "mode", "owner", NULL};
    static const char *const FORMS[] = {"text", "sqlite", NULL};
    struct spec member;
    const char *name = NULL;
    size_t form = 0;
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
            return spec_no_file(member, err, file->template_path, NULL);
    }
    if (spec_get(spec, "form", &member)) {
        if (spec_read_word(member, FORMS, &form, err) != 0)
            return -1;
        file->is_sqlite = form == 1;
        if (file->template_path == NULL)
            return spec_error(member, err, "a form is for a file that is made from a \"template\"");
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

static int mta_read_start(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                          struct err *err)
{
    return mta_read_words(spec, arena, &adapter->start, err);
}

static int mta_read_stop(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                         struct err *err)
{
    return mta_read_words(spec, arena, &adapter->stop, err);
}

static int mta_read_reload(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                           struct err *err)
{
    return mta_read_words(spec, arena, &adapter->reload, err);
}

static int mta_read_queue(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                          struct err *err)
{
    return mta_read_words(spec, arena, &adapter->queue, err);
}

static int mta_read_submit(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                           struct err *err)
{
    return mta_read_words(spec, arena, &adapter->submit, err);
}

static int mta_read_login(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                          struct err *err)
{
    static const char *const KEYS[] = {"port", "user", "password", NULL};
    struct spec member;
    (void)arena;
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "port", &member, err) != 0 ||
        spec_read_int(member, 1, MTA_PORT_MAX, &adapter->login_port, err) != 0 ||
        spec_need(spec, "user", &member, err) != 0 ||
        spec_read_text(member, &adapter->login_user, err) != 0 ||
        spec_need(spec, "password", &member, err) != 0)
        return -1;
    return spec_read_text(member, &adapter->login_password, err);
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

static int mta_read_name(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                         struct err *err)
{
    const char *name = NULL;
    (void)arena;
    if (spec_read_text(spec, &name, err) != 0)
        return -1;
    if (!slice_is(slice_of(name), adapter->name))
        return spec_error(spec, err, "must be the name of the folder, \"%s\"", adapter->name);
    return 0;
}

static int mta_read_about(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                          struct err *err)
{
    (void)arena;
    return spec_read_text(spec, &adapter->about, err);
}

static int mta_read_packages(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                             struct err *err)
{
    return spec_read_texts(spec, arena, &adapter->packages, &adapter->package_count, err);
}

static int mta_read_libraries(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                              struct err *err)
{
    return spec_read_texts(spec, arena, &adapter->libraries, &adapter->library_count, err);
}

static int mta_read_needs_users(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                                struct err *err)
{
    (void)arena;
    return spec_read_bool(spec, &adapter->needs_users, err);
}

static int mta_read_pid_file(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                             struct err *err)
{
    (void)arena;
    return spec_read_text(spec, &adapter->pid_file, err);
}

static int mta_read_log(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                        struct err *err)
{
    (void)arena;
    return spec_read_text(spec, &adapter->log, err);
}

static int mta_read_syslog(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                           struct err *err)
{
    (void)arena;
    return spec_read_bool(spec, &adapter->has_syslog, err);
}

static int mta_read_port(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                         struct err *err)
{
    (void)arena;
    return spec_read_int(spec, 0, MTA_PORT_MAX, &adapter->port, err);
}

static int mta_read_settings(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                             struct err *err)
{
    return spec_read_texts(spec, arena, &adapter->settings, &adapter->setting_count, err);
}

static int mta_read_why_not(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                            struct err *err)
{
    const char *ignored;
    (void)arena;
    if (!cJSON_IsObject(spec.json))
        return spec_error(spec, err, "expected an object of settings and reasons");
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (spec_read_text(spec_at(spec, i), &ignored, err) != 0)
            return -1;
    }
    adapter->why_not = spec;
    return 0;
}

static int mta_read_retry_form(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                               struct err *err)
{
    size_t index = 0;
    (void)arena;
    if (spec_read_word(spec, MTA_RETRY_FORMS, &index, err) != 0)
        return -1;
    adapter->retry_form = (enum mta_retry_form)index;
    return 0;
}

static int mta_read_patterns(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                             struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    adapter->patterns = arena_alloc_array(arena, spec_count(spec), sizeof *adapter->patterns);
    /* Counted one by one, so that what was read is released after an error too. */
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (mta_pattern_read(spec_at(spec, i), arena, &adapter->patterns[i], err) != 0)
            return -1;
        adapter->pattern_count++;
    }
    return 0;
}

static int mta_read_queue_empty(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                                struct err *err)
{
    const char *text = NULL;
    if (adapter->queue.words == NULL)
        return spec_error(spec, err, "the adapter must say by \"queue\" how mail is listed");
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    adapter->queue_empty = mta_pattern_compile(spec, text, arena, err);
    return adapter->queue_empty != NULL ? 0 : -1;
}

/* ---- the operator's commands */

static int mta_read_queue_id(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                             struct err *err)
{
    const char *text = NULL;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    adapter->queue_id = mta_pattern_compile(spec, text, arena, err);
    if (adapter->queue_id == NULL)
        return -1;
    return adapter->queue_id->re_nsub > 0
               ? 0
               : spec_error(spec, err,
                            "a group is expected that is the message's name, as in "
                            "\"queued as ([0-9A-F]+)\"");
}

static int mta_read_operation(struct spec spec, struct arena *arena,
                              const struct mta_adapter *adapter,
                              struct mta_operation_commands *commands, struct err *err)
{
    static const char *const KEYS[] = {"all", "one", NULL};
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0)
        return -1;
    if (spec_get(spec, "all", &member) && mta_read_words(member, arena, &commands->all, err) != 0)
        return -1;
    if (!spec_get(spec, "one", &member))
        return 0;
    if (adapter->queue_id == NULL)
        return spec_error(member, err,
                          "the adapter must say by \"queue-id\" how the server names a message");
    return mta_read_words(member, arena, &commands->one, err);
}

static int mta_read_operations(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                               struct err *err)
{
    const char *keys[MTA_LIST + 1] = {NULL};
    struct spec member;
    for (size_t i = 0; i < MTA_LIST; i++)
        keys[i] = MTA_OPERATION_WORDS[i];
    if (spec_check_keys(spec, keys, err) != 0)
        return -1;
    for (size_t i = 0; i < MTA_LIST; i++) {
        if (spec_get(spec, keys[i], &member) &&
            mta_read_operation(member, arena, adapter, &adapter->operations[i], err) != 0)
            return -1;
    }
    return 0;
}

/* ---- the whole */

static const struct {
    const char *key;
    bool needed;
    int (*read)(struct spec, struct arena *, struct mta_adapter *, struct err *);
} MTA_KEYS[] = {
    {"name", true, mta_read_name},
    {"about", true, mta_read_about},
    {"packages", false, mta_read_packages},
    {"libraries", false, mta_read_libraries},
    {"users", false, mta_read_users},
    {"needs-users", false, mta_read_needs_users},
    {"files", false, mta_read_files},
    {"before-start", false, mta_read_commands},
    {"start", true, mta_read_start},
    {"stop", false, mta_read_stop},
    {"reload", false, mta_read_reload},
    {"queue", false, mta_read_queue},
    {"queue-empty", false, mta_read_queue_empty},
    {"queue-id", false, mta_read_queue_id},
    {"queue-commands", false, mta_read_operations},
    {"submit", false, mta_read_submit},
    {"login", false, mta_read_login},
    {"pid-file", false, mta_read_pid_file},
    {"log", false, mta_read_log},
    {"syslog", false, mta_read_syslog},
    {"log-patterns", false, mta_read_patterns},
    {"port", false, mta_read_port},
    {"settings", false, mta_read_settings},
    {"why-not", false, mta_read_why_not},
    {"retry-form", false, mta_read_retry_form},
};

enum { MTA_KEY_COUNT = sizeof MTA_KEYS / sizeof MTA_KEYS[0] };

int mta_adapter_read(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                     struct err *err)
{
    const char *keys[MTA_KEY_COUNT + 1] = {NULL};
    for (size_t i = 0; i < MTA_KEY_COUNT; i++)
        keys[i] = MTA_KEYS[i].key;
    if (spec_check_keys(spec, keys, err) != 0)
        return -1;
    for (size_t i = 0; i < MTA_KEY_COUNT; i++) {
        struct spec member;
        if (MTA_KEYS[i].needed && spec_need(spec, MTA_KEYS[i].key, &member, err) != 0)
            return -1;
        if (spec_get(spec, MTA_KEYS[i].key, &member) &&
            MTA_KEYS[i].read(member, arena, adapter, err) != 0)
            return -1;
    }
    return 0;
}
