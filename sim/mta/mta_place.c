#include "sim/mta/mta_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/mta/mta_sqlite.h"
#include "sim/mta/mta_template.h"
#include "sim/mta/mta_values.h"

#include "mta-under-test/base/poison.h"

/* Configuration is not of this second: Postfix for one reads a fresh file again, 0.3 s later, until
 * it has cooled down. */
static const struct timespec MTA_OLD[2] = {{.tv_sec = 946684800}, {.tv_sec = 946684800}};

enum { MTA_TEMPLATE_BYTES_MAX = 1024 * 1024, MTA_WORD_BYTES_MAX = 64 * 1024 };

static int mta_append(const char *path, const char *text, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set_errno(err, "%s: cannot be opened", path);
    int result = file_write_fd(fd, slice_of(text));
    if (result != 0)
        err_set_errno(err, "%s: cannot be written", path);
    close(fd);
    return result;
}

/* True if /etc/passwd or /etc/group has an entry of this name. */
static bool mta_has_entry(const char *path, const char *name)
{
    struct buf text;
    buf_init(&text, MTA_TEMPLATE_BYTES_MAX);
    bool found = false;
    if (file_read(path, &text, NULL) == 0) {
        struct slice rest = buf_slice(&text);
        struct slice line;
        while (!found && slice_split(&rest, '\n', &line)) {
            struct slice entry;
            found = slice_split(&line, ':', &entry) && slice_is(entry, name);
        }
    }
    buf_deinit(&text);
    return found;
}

static int mta_place_user(const struct mta_user *user, struct err *err)
{
    char line[512];
    int result = 0;
    if (!mta_has_entry("/etc/group", user->name)) {
        snprintf(line, sizeof line, "%s:x:%d:\n", user->name, (int)user->gid);
        result = mta_append("/etc/group", line, err);
    }
    if (result == 0 && !mta_has_entry("/etc/passwd", user->name)) {
        snprintf(line, sizeof line, "%s:x:%d:%d::%s:/usr/sbin/nologin\n", user->name,
                 (int)user->uid, (int)user->gid, user->home);
        result = mta_append("/etc/passwd", line, err);
    }
    return result;
}

static const struct mta_user *mta_find_user(const struct mta_adapter *adapter, struct slice name)
{
    for (size_t i = 0; i < adapter->user_count; i++) {
        if (slice_is(name, adapter->users[i].name))
            return &adapter->users[i];
    }
    return NULL;
}

/* "postfix" or "root:postdrop", of the adapter's own users. */
static int mta_set_owner(const struct mta_adapter *adapter, const struct mta_file *file,
                         struct err *err)
{
    uid_t ids[2] = {0, 0};
    struct slice rest = slice_of(file->owner);
    struct slice name;
    for (int i = 0; i < 2 && slice_split(&rest, ':', &name); i++) {
        const struct mta_user *user = mta_find_user(adapter, name);
        if (user == NULL && !slice_is(name, "root"))
            return spec_error(file->spec, err, "\"%.*s\" is none of the adapter's users",
                              SLICE_ARG(name));
        ids[i] = user == NULL ? 0 : i == 0 ? (uid_t)user->uid : (gid_t)user->gid;
    }
    if (chown(file->path, ids[0], ids[1]) != 0)
        return err_set_errno(err, "%s: cannot be given to %s", file->path, file->owner);
    return 0;
}

/* What the file will have in it. */
static int mta_fill_file(const struct mta_file *file, struct mta_values *values, struct buf *out,
                         struct err *err)
{
    struct buf text;
    buf_init(&text, MTA_TEMPLATE_BYTES_MAX);
    values->file = file->path;
    struct mta_template_source source = mta_values_source(values);
    int result = file_read(file->template_path, &text, err);
    if (result == 0)
        result = mta_template_fill(file->template_path, buf_slice(&text), &source, out, err);
    buf_deinit(&text);
    return result;
}

static int mta_make_from_template(const struct mta_file *file, struct mta_values *values,
                                  struct err *err)
{
    struct buf out;
    buf_init(&out, MTA_TEMPLATE_BYTES_MAX);
    int result = mta_fill_file(file, values, &out, err);
    if (result == 0)
        result = file_make_parents(file->path, err);
    if (result == 0)
        result = file->is_sqlite ? mta_sqlite_write(file->path, buf_text(&out), err)
                                 : file_write(file->path, buf_slice(&out), err);
    buf_deinit(&out);
    return result;
}

static int mta_place_file(const struct mta_adapter *adapter, const struct mta_file *file,
                          struct mta_values *values, struct err *err)
{
    int made = 0;
    if (file->template_path != NULL)
        made = mta_make_from_template(file, values, err);
    else if (!file_exists(file->path)) /* a program of the package may be named, for its mode */
        made = file_make_folders(file->path, err);
    if (made != 0 || mta_set_owner(adapter, file, err) != 0)
        return -1;
    if (file->template_path != NULL && utimensat(AT_FDCWD, file->path, MTA_OLD, 0) != 0)
        return err_set_errno(err, "%s: its time cannot be set", file->path);
    /* After the owner: a change of owner takes the set-id bits away. */
    if (chmod(file->path, (mode_t)file->mode) != 0)
        return err_set_errno(err, "%s: its mode cannot be set", file->path);
    return 0;
}

static struct mta_values mta_setup_values(const struct mta_setup *setup)
{
    return (struct mta_values){.settings = setup->settings,
                               .programs = setup->programs,
                               .mta = setup->adapter->name,
                               .file = ""};
}

int mta_place(const struct mta_setup *setup, struct err *err)
{
    const struct mta_adapter *adapter = setup->adapter;
    struct mta_values values = mta_setup_values(setup);
    for (size_t i = 0; i < adapter->user_count; i++) {
        if (mta_place_user(&adapter->users[i], err) != 0)
            return -1;
    }
    for (size_t i = 0; i < adapter->file_count; i++) {
        if (mta_place_file(adapter, &adapter->files[i], &values, err) != 0)
            return -1;
    }
    return 0;
}

/* With room for `more` words behind, and NULL. */
static char **mta_fill_words(const struct mta_setup *setup, const struct mta_command *command,
                             struct mta_values *values, size_t more, struct arena *arena,
                             struct err *err)
{
    struct mta_template_source source = mta_values_source(values);
    char **words = arena_alloc_array(arena, command->word_count + more + 1, sizeof *words);
    for (size_t i = 0; i < command->word_count; i++) {
        struct buf word;
        buf_init(&word, MTA_WORD_BYTES_MAX);
        int result = mta_template_fill(spec_document_name(setup->adapter->document),
                                       slice_of(command->words[i]), &source, &word, err);
        words[i] = arena_text(arena, buf_text(&word));
        buf_deinit(&word);
        if (result != 0)
            return NULL;
    }
    return words;
}

char **mta_fill_command(const struct mta_setup *setup, const struct mta_command *command,
                        struct arena *arena, struct err *err)
{
    struct mta_values values = mta_setup_values(setup);
    return mta_fill_words(setup, command, &values, 0, arena, err);
}

char **mta_submit_words(const struct mta_setup *setup, const char *sender, const char *const *to,
                        size_t to_count, struct arena *arena, struct err *err)
{
    const struct mta_command *command = &setup->adapter->submit;
    struct mta_values values = mta_setup_values(setup);
    values.sender = sender;
    char **words = mta_fill_words(setup, command, &values, to_count, arena, err);
    for (size_t i = 0; words != NULL && i < to_count; i++)
        words[command->word_count + i] = arena_text(arena, to[i]);
    return words;
}

char **mta_queue_words(const struct mta_setup *setup, const struct mta_command *command,
                       const char *queue_id, struct arena *arena, struct err *err)
{
    struct mta_values values = mta_setup_values(setup);
    values.queue_id = queue_id;
    return mta_fill_words(setup, command, &values, 0, arena, err);
}

static int mta_check_command(const struct mta_setup *setup, const struct mta_command *command,
                             struct err *err)
{
    struct arena arena = {0};
    char **words = mta_fill_command(setup, command, &arena, err);
    arena_deinit(&arena);
    return words != NULL ? 0 : -1;
}

int mta_place_check(const struct mta_setup *setup, struct err *err)
{
    const struct mta_adapter *adapter = setup->adapter;
    const struct mta_command *const commands[] = {&adapter->start, &adapter->stop, &adapter->reload,
                                                  &adapter->queue, &adapter->submit};
    struct mta_values values = mta_setup_values(setup);
    struct buf out;
    int result = 0;
    buf_init(&out, MTA_TEMPLATE_BYTES_MAX);
    for (size_t i = 0; result == 0 && i < adapter->file_count; i++) {
        buf_reset(&out);
        if (adapter->files[i].template_path != NULL)
            result = mta_fill_file(&adapter->files[i], &values, &out, err);
        if (result == 0 && adapter->files[i].is_sqlite)
            result = mta_sqlite_check(adapter->files[i].path, buf_text(&out), err);
    }
    buf_deinit(&out);
    for (size_t i = 0; result == 0 && i < sizeof commands / sizeof commands[0]; i++)
        result = mta_check_command(setup, commands[i], err);
    for (size_t i = 0; result == 0 && i < adapter->before_start_count; i++)
        result = mta_check_command(setup, &adapter->before_start[i], err);
    for (size_t i = 0; result == 0 && i < MTA_OPERATION_COUNT; i++) {
        result = mta_check_command(setup, &adapter->operations[i].all, err);
        if (result == 0)
            result = mta_check_command(setup, &adapter->operations[i].one, err);
    }
    return result;
}
