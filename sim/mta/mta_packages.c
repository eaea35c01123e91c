#include "sim/mta/mta_packages.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

enum { TOOL_OUTPUT_BYTES_MAX = 64 * 1024, LAYERS_MAX = 64, VERSION_BYTES_MAX = 256 };

/* One tool of Debian to run: its words, NULL-terminated, and what it may write to. */
struct tool {
    const char *const *argv;
    const char *folder; /* to work in */
};

static _Noreturn void exec_tool(const struct tool *tool, int output)
{
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    setenv("LC_ALL", "C", 1);
    char *words[32] = {NULL};
    for (size_t i = 0; i < 31 && tool->argv[i] != NULL; i++)
        words[i] = mem_text_copy(tool->argv[i]);
    if (tool->folder == NULL || chdir(tool->folder) == 0)
        execvp(words[0], words);
    _exit(127);
}

/* Its exit status (127: there is no such tool), with all that it wrote in `output`. */
static int run_tool(const struct tool *tool, struct buf *output)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return 127;
    pid_t child = fork();
    if (child == 0)
        exec_tool(tool, pipe_fds[1]);
    close(pipe_fds[1]);
    char part[4096];
    ssize_t got;
    while (child > 0 &&
           ((got = read(pipe_fds[0], part, sizeof part)) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0)
            (void)buf_add(output, part, (size_t)got);
    close(pipe_fds[0]);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

static bool run_quietly(const char *const *argv, const char *folder)
{
    struct buf output;
    buf_init(&output, TOOL_OUTPUT_BYTES_MAX);
    int status = run_tool(&(struct tool){argv, folder}, &output);
    buf_deinit(&output);
    return status == 0;
}

/* As dpkg-query would say, without starting it: this is asked in each run. */
static bool is_installed(const char *package)
{
    char *plain = mem_text_format("/var/lib/dpkg/info/%s.list", package);
    char *multiarch = mem_text_format("/var/lib/dpkg/info/%s:amd64.list", package);
    bool installed = file_exists(plain) || file_exists(multiarch);
    free(plain);
    free(multiarch);
    return installed;
}

/* ---- fetching */

/* With lists of its own in the cache, for a machine that has none, or for a user who may not renew
 * those of the system. */
static bool download_with_own_lists(const char *cache, const char *package, const char *folder)
{
    char *lists = mem_text_format("Dir::State::Lists=%s/.apt/lists", cache);
    char *archives = mem_text_format("Dir::Cache=%s/.apt/cache", cache);
    char *partial = mem_text_format("%s/.apt/lists/partial", cache);
    char *cached = mem_text_format("%s/.apt/cache/archives/partial", cache);
    struct err ignored = {{0}};
    const char *const update[] = {"apt-get", "-q", "-o", lists, "-o", archives, "update", NULL};
    const char *const download[] = {"apt-get", "-q",       "-o",    lists, "-o",
                                    archives,  "download", package, NULL};
    bool done = file_make_folders(partial, &ignored) == 0 &&
                file_make_folders(cached, &ignored) == 0 && run_quietly(update, NULL) &&
                run_quietly(download, folder);
    free(lists);
    free(archives);
    free(partial);
    free(cached);
    return done;
}

static int download(const char *cache, const char *package, const char *folder, struct err *err)
{
    const char *const argv[] = {"apt-get", "-q", "download", package, NULL};
    struct buf output;
    buf_init(&output, TOOL_OUTPUT_BYTES_MAX);
    int status = run_tool(&(struct tool){argv, folder}, &output);
    int result = 0;
    if (status == 127)
        result =
            err_set(err, "the Debian package %s is needed, and there is no apt-get here", package);
    else if (status != 0 && !download_with_own_lists(cache, package, folder))
        result = err_set(err,
                         "the Debian package %s cannot be had (it is needed once, and then kept in "
                         "%s): %.*s",
                         package, cache, SLICE_ARG(slice_trim(buf_slice(&output))));
    buf_deinit(&output);
    return result;
}

/* The one .deb of the folder, in `arena`. */
static const char *find_archive(const char *folder, struct arena *arena)
{
    char *pattern = mem_text_format("%s/*.deb", folder);
    glob_t found = {0};
    const char *path = NULL;
    if (glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0)
        path = arena_text(arena, found.gl_pathv[0]);
    globfree(&found);
    free(pattern);
    return path;
}

/* Packages may still have files in /lib, which on Debian 12 is a link to /usr/lib: a folder of that
 * name in a layer would hide the link, and all libraries with it. */
static int merge_usr(const char *root, struct err *err)
{
    static const char *const NAMES[] = {"bin", "sbin", "lib", "lib32", "lib64"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char *from = mem_text_format("%s/%s", root, NAMES[i]);
        char *from_all = mem_text_format("%s/.", from);
        char *to = mem_text_format("%s/usr/%s", root, NAMES[i]);
        const char *const copy[] = {"cp", "-a", "-T", from_all, to, NULL};
        const char *const erase[] = {"rm", "-r", "--", from, NULL};
        bool there = file_exists(from);
        bool done = !there || (file_make_folders(to, err) == 0 && run_quietly(copy, NULL) &&
                               run_quietly(erase, NULL));
        free(from);
        free(from_all);
        free(to);
        if (!done)
            return err_set(err, "%s: /%s cannot be merged into /usr", root, NAMES[i]);
    }
    return 0;
}

static int unpack(const char *archive, const char *folder, struct arena *arena, struct err *err)
{
    const char *root = arena_format(arena, "%s/root", folder);
    const char *const extract[] = {"dpkg-deb", "-x", archive, root, NULL};
    const char *const version[] = {"dpkg-deb", "-f", archive, "Version", NULL};
    struct buf output;
    buf_init(&output, TOOL_OUTPUT_BYTES_MAX);
    int result = 0;
    if (run_tool(&(struct tool){extract, NULL}, &output) != 0)
        result = err_set(err, "%s cannot be unpacked: %.*s", archive,
                         SLICE_ARG(slice_trim(buf_slice(&output))));
    if (result == 0)
        result = merge_usr(root, err);
    buf_reset(&output);
    if (result == 0 && run_tool(&(struct tool){version, NULL}, &output) != 0)
        result = err_set(err, "%s: has no version", archive);
    if (result == 0)
        result = file_write(arena_format(arena, "%s/version", folder), buf_slice(&output), err);
    buf_deinit(&output);
    return result;
}

/* Unpacks the archive that stands in the folder, which is then no longer needed. */
static int unpack_fetched(const char *package, const char *folder, struct arena *arena,
                          struct err *err)
{
    const char *archive = find_archive(folder, arena);
    if (archive == NULL)
        return err_set(err, "the Debian package %s was fetched, but is not there", package);
    if (unpack(archive, folder, arena, err) != 0)
        return -1;
    return unlink(archive) == 0 ? 0 : err_set_errno(err, "%s: cannot be removed", archive);
}

/* Fetches into a folder beside, and gives it its name when it is whole. */
static int fetch(const char *cache, const char *package, struct arena *arena, struct err *err)
{
    const char *beside = arena_format(arena, "%s/.%s.%d", cache, package, (int)getpid());
    const char *target = arena_format(arena, "%s/%s", cache, package);
    const char *const erase[] = {"rm", "-rf", "--", beside, target, NULL};
    const char *const erase_beside[] = {"rm", "-rf", "--", beside, NULL};
    (void)run_quietly(erase, NULL);
    int result = file_make_folders(beside, err);
    if (result == 0)
        result = download(cache, package, beside, err);
    if (result == 0)
        result = unpack_fetched(package, beside, arena, err);
    if (result == 0 && rename(beside, target) != 0)
        result = err_set_errno(err, "%s: cannot be made", target);
    if (result != 0)
        (void)run_quietly(erase_beside, NULL);
    return result;
}

/* ---- the cache */

const char *mta_packages_version(const char *cache, const char *package, struct arena *arena)
{
    struct buf text;
    struct err ignored = {{0}};
    buf_init(&text, VERSION_BYTES_MAX);
    const char *path = arena_format(arena, "%s/%s/version", cache, package);
    const char *version = NULL;
    if (file_exists(path) && file_read(path, &text, &ignored) == 0)
        version = arena_text_of(arena, slice_trim(buf_slice(&text)));
    buf_deinit(&text);
    return version;
}

static int add_layer(const char *cache, const char *package, struct arena *arena,
                     const char **layers, size_t *count, struct err *err)
{
    if (mta_packages_version(cache, package, arena) == NULL) {
        fprintf(stderr, "mailrange: fetching the Debian package %s\n", package);
        if (fetch(cache, package, arena, err) != 0)
            return -1;
    }
    if (*count == LAYERS_MAX)
        return err_set(err, "at most %d packages can be laid over a world", LAYERS_MAX);
    layers[(*count)++] = arena_format(arena, "%s/%s/root", cache, package);
    return 0;
}

/* One runner at a time fills the cache; the lock goes with the descriptor. -1 with `err`. */
static int lock_cache(const char *cache, struct arena *arena, struct err *err)
{
    const char *path = arena_format(arena, "%s/.lock", cache);
    if (file_make_folders(cache, err) != 0)
        return -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set_errno(err, "%s: cannot be opened", path);
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR)
            break;
    return fd;
}

/* True if all is there; then nothing has to be locked, and the cache may be read-only. */
static bool is_complete(const struct mta_package_list *wanted, const char *cache,
                        struct arena *arena)
{
    for (size_t i = 0; i < wanted->package_count; i++)
        if (mta_packages_version(cache, wanted->packages[i], arena) == NULL)
            return false;
    for (size_t i = 0; i < wanted->library_count; i++)
        if (mta_packages_version(cache, wanted->libraries[i], arena) == NULL &&
            !is_installed(wanted->libraries[i]))
            return false;
    return true;
}

int mta_packages_prepare(const struct mta_package_list *wanted, const char *cache,
                         struct arena *arena, const char *const **layers_out, size_t *layer_count,
                         struct err *err)
{
    *layers_out = NULL;
    *layer_count = 0;
    if (wanted->package_count == 0)
        return 0;
    int lock = -1;
    if (!is_complete(wanted, cache, arena)) {
        lock = lock_cache(cache, arena, err);
        if (lock < 0)
            return -1;
    }
    const char **layers = arena_alloc_array(arena, LAYERS_MAX, sizeof *layers);
    int result = 0;
    for (size_t i = 0; result == 0 && i < wanted->package_count; i++)
        result = add_layer(cache, wanted->packages[i], arena, layers, layer_count, err);
    for (size_t i = 0; result == 0 && i < wanted->library_count; i++)
        if (!is_installed(wanted->libraries[i]))
            result = add_layer(cache, wanted->libraries[i], arena, layers, layer_count, err);
    if (lock >= 0)
        close(lock);
    *layers_out = layers;
    return result;
}
