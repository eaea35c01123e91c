#include "sim/world/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

/* Folders that start empty. */
struct fresh {
    const char *path;
    const char *options;
    bool mounted_anyway; /* /proc and /dev: not a tmpfs of this table */
};

static const struct fresh FRESH[] = {
    {"/proc", NULL, true},
    {"/dev", NULL, true},
    {"/run", "mode=755", false},
    {"/tmp", "mode=1777", false},
    {"/var/tmp", "mode=1777", false},
    {"/var/log", "mode=755", false},
    {"/var/spool", "mode=755", false},
    {"/var/mail", "mode=1777", false},
    {"/etc/ssl/certs", "mode=755", false},
};

static const char *const DEVICES[] = {"null", "zero", "full", "random", "urandom", "tty"};

bool root_is_fresh(const char *path)
{
    for (size_t i = 0; i < sizeof FRESH / sizeof FRESH[0]; i++) {
        size_t len = strlen(FRESH[i].path);
        if (strncmp(path, FRESH[i].path, len) == 0 && (path[len] == '/' || path[len] == '\0'))
            return true;
    }
    return false;
}

static int make_inside(const char *path, struct err *err)
{
    return root_make_folders(ROOT_NEW, path, err);
}

static int mount_fresh(struct err *err)
{
    for (size_t i = 0; i < sizeof FRESH / sizeof FRESH[0]; i++) {
        char path[PATH_MAX];
        struct stat status;
        root_path(path, "%s%s", ROOT_NEW, FRESH[i].path);
        if (FRESH[i].mounted_anyway)
            continue;
        /* /var/mail and others may be links into another one of these. */
        if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
            continue;
        if (lstat(path, &status) != 0 && make_inside(FRESH[i].path, err) != 0)
            return -1;
        if (mount("mailrange", path, "tmpfs", MS_NODEV, FRESH[i].options) != 0)
            return err_set_errno(err, "cannot mount a tmpfs on %s", FRESH[i].path);
    }
    return 0;
}

static int mount_proc(struct err *err)
{
    if (mount("proc", ROOT_NEW "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
        return 0;
    return err_set_errno(err, "cannot mount /proc%s",
                         errno == EPERM
                             ? " (a container that hides parts of its own /proc does not "
                               "allow it; run it with --privileged)"
                             : "");
}

static int mount_device(const char *name, struct err *err)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    root_path(from, "%s/dev/%s", ROOT_OLD, name);
    root_path(to, "%s/dev/%s", ROOT_NEW, name);
    int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set_errno(err, "cannot make /dev/%s", name);
    close(fd);
    if (mount(from, to, NULL, MS_BIND, NULL) != 0)
        return err_set_errno(err, "cannot show /dev/%s in the world", name);
    return 0;
}

static int mount_dev(struct err *err)
{
    static const char *const LINKS[][2] = {{"/proc/self/fd", ROOT_NEW "/dev/fd"},
                                           {"/proc/self/fd/0", ROOT_NEW "/dev/stdin"},
                                           {"/proc/self/fd/1", ROOT_NEW "/dev/stdout"},
                                           {"/proc/self/fd/2", ROOT_NEW "/dev/stderr"},
                                           {"pts/ptmx", ROOT_NEW "/dev/ptmx"}};
    if (mount("mailrange", ROOT_NEW "/dev", "tmpfs", MS_NOSUID, "mode=755") != 0)
        return err_set_errno(err, "cannot mount a tmpfs on /dev");
    for (size_t i = 0; i < sizeof DEVICES / sizeof DEVICES[0]; i++)
        if (mount_device(DEVICES[i], err) != 0)
            return -1;
    for (size_t i = 0; i < sizeof LINKS / sizeof LINKS[0]; i++)
        if (symlink(LINKS[i][0], LINKS[i][1]) != 0)
            return err_set_errno(err, "cannot make %s", LINKS[i][1]);
    if (mkdir(ROOT_NEW "/dev/shm", 0700) != 0 || chmod(ROOT_NEW "/dev/shm", 01777) != 0 ||
        mkdir(ROOT_NEW "/dev/pts", 0755) != 0)
        return err_set_errno(err, "cannot make the folders of /dev");
    /* Only a shell wants terminals; a machine without devpts does not stop a run. */
    (void)mount("devpts", ROOT_NEW "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=620");
    return 0;
}

/* The place at which something is bound: a folder or an empty file. */
static int make_target(const char *path, bool folder, struct err *err)
{
    char whole[PATH_MAX];
    char parent[PATH_MAX];
    struct stat status;
    root_path(whole, "%s%s", ROOT_NEW, path);
    if (lstat(whole, &status) == 0)
        return 0;
    if (folder)
        return make_inside(path, err);
    size_t end = slice_find_last(slice_of(path), '/');
    root_path(parent, "%.*s", (int)end, path);
    if (end > 0 && make_inside(parent, err) != 0)
        return -1;
    int fd = open(whole, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set_errno(err, "cannot make %s", path);
    close(fd);
    return 0;
}

static int mount_share(const char *from, const char *to, bool writable, struct err *err)
{
    char source[PATH_MAX];
    char target[PATH_MAX];
    struct stat status;
    root_path(source, "%s%s", ROOT_OLD, from);
    root_path(target, "%s%s", ROOT_NEW, to);
    if (stat(source, &status) != 0)
        return err_set_errno(err, "cannot show %s in the world", from);
    if (make_target(to, S_ISDIR(status.st_mode), err) != 0)
        return -1;
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) != 0)
        return err_set_errno(err, "cannot show %s in the world", from);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (!writable && syscall(SYS_mount_setattr, AT_FDCWD, target, AT_RECURSIVE, &attributes,
                             sizeof attributes) != 0)
        return err_set_errno(err, "cannot show %s read-only in the world", from);
    return 0;
}

static int mount_shares(const struct world_options *options, const struct root_paths *paths,
                        struct err *err)
{
    for (size_t i = 0; i < options->share_count; i++) {
        const struct world_share *share = &options->shares[i];
        const char *to = share->to != NULL ? share->to : paths->shares[i];
        if (mount_share(paths->shares[i], to, share->writable, err) != 0)
            return -1;
    }
    return 0;
}

static int mount_network(int mta_fd, struct err *err)
{
    char from[PATH_MAX];
    root_path(from, "%s/proc/self/fd/%d", ROOT_NEW, mta_fd);
    if (make_target(WORLD_MTA_NETWORK, false, err) != 0)
        return -1;
    if (mount(from, ROOT_NEW WORLD_MTA_NETWORK, NULL, MS_BIND, NULL) != 0)
        return err_set_errno(err, "cannot show the network namespace at %s", WORLD_MTA_NETWORK);
    return 0;
}

int root_mount_all(const struct world_options *options, const struct root_paths *paths, int mta_fd,
                   struct err *err)
{
    if (mount_fresh(err) != 0 || mount_proc(err) != 0 || mount_dev(err) != 0)
        return -1;
    if (mkdir(ROOT_NEW "/run/lock", 0700) != 0 || chmod(ROOT_NEW "/run/lock", 01777) != 0)
        return err_set_errno(err, "cannot make /run/lock");
    if (mount_network(mta_fd, err) != 0)
        return -1;
    return mount_shares(options, paths, err);
}
