#include "sim/mta/mta_packages.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

enum { MTA_OUTPUT_BYTES_MAX = 4096 };

/* Runs a program in a folder; its output goes to a file there. The exit code, or -1. */
static int mta_packages_call(const char *folder, const char *log, char *const argv[])
{
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    int status = -1;
    extern char **environ;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    int failed = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static int mta_packages_error(const char *package, const char *log, const char *what,
                              struct err *err)
{
    struct buf text;
    buf_init(&text, MTA_OUTPUT_BYTES_MAX);
    if (file_read(log, &text, NULL) != 0)
        buf_add_text(&text, "apt-get could not be run");
    err_set(err,
            "the package %s cannot be %s: %.*s\n(run \"apt-get update\" as root, or see whether "
            "Debian's packages can be reached)",
            package, what, SLICE_ARG(slice_trim(buf_slice(&text))));
    buf_deinit(&text);
    return -1;
}

static int mta_packages_fetch(const char *package, const char *cache, const char *tree,
                              struct err *err)
{
    char *log = mem_text_format("%s/apt.log", cache);
    char *pattern = mem_text_format("%s/%s_*.deb", cache, package);
    char *name = mem_text_copy(package);
    char *download[] = {(char[]){"apt-get"}, (char[]){"-q"}, (char[]){"download"}, name, NULL};
    glob_t found = {0};
    int result = 0;
    if (mta_packages_call(cache, log, download) != 0 || glob(pattern, 0, NULL, &found) != 0) {
        result = mta_packages_error(package, log, "fetched", err);
    } else {
        char *target = mem_text_copy(tree);
        char *unpack[] = {(char[]){"dpkg"}, (char[]){"-x"}, found.gl_pathv[0], target, NULL};
        if (mta_packages_call(cache, log, unpack) != 0)
            result = mta_packages_error(package, log, "unpacked", err);
        free(target);
    }
    globfree(&found);
    free(name);
    free(pattern);
    free(log);
    return result;
}

static int mta_packages_fill(const struct mta_adapter *adapter, const char *cache, const char *tree,
                             struct err *err)
{
    if (file_make_folders(tree, err) != 0)
        return -1;
    fprintf(stderr, "mailrange: fetching %zu packages for %s\n", adapter->package_count,
            adapter->name);
    for (size_t i = 0; i < adapter->package_count; i++) {
        if (mta_packages_fetch(adapter->packages[i], cache, tree, err) != 0)
            return -1;
    }
    return 0;
}

/* The packages' names, as the stamp keeps them: another list is another cache. */
static void mta_packages_stamp(const struct mta_adapter *adapter, struct buf *stamp)
{
    for (size_t i = 0; i < adapter->package_count; i++)
        buf_format(stamp, "%s\n", adapter->packages[i]);
}

int mta_packages_unpack(const struct mta_adapter *adapter, const char *root, struct arena *arena,
                        const char *const **layers, size_t *layer_count, struct err *err)
{
    *layer_count = 0;
    if (adapter->package_count == 0)
        return 0;
    const char *cache = arena_format(arena, "%s/.cache/packages/%s", root, adapter->name);
    const char *tree = arena_format(arena, "%s/tree", cache);
    const char *stamp_path = arena_format(arena, "%s/unpacked", cache);
    const char *lock_path = arena_format(arena, "%s/lock", cache);
    if (file_make_folders(cache, err) != 0)
        return -1;
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        return err_set_errno(err, "%s: cannot be locked", lock_path);
    struct buf wanted;
    struct buf there;
    buf_init(&wanted, MTA_OUTPUT_BYTES_MAX);
    buf_init(&there, MTA_OUTPUT_BYTES_MAX);
    mta_packages_stamp(adapter, &wanted);
    int result = 0;
    if (!file_exists(stamp_path) || file_read(stamp_path, &there, err) != 0 ||
        !slice_equal(buf_slice(&wanted), buf_slice(&there))) {
        result = mta_packages_fill(adapter, cache, tree, err);
        if (result == 0)
            result = file_write(stamp_path, buf_slice(&wanted), err);
    }
    buf_deinit(&wanted);
    buf_deinit(&there);
    close(lock);
    const char **made = arena_alloc_array(arena, 1, sizeof *made);
    made[0] = tree;
    *layers = made;
    *layer_count = 1;
    return result;
}
