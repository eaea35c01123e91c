#include "sim/world/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

/* Top folders that the world fills by itself, and that no host may show. */
static const char *const OWN[] = {"proc", "sys", "dev", "tmp", "run", NULL};

void root_path(char path[PATH_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(path, PATH_MAX, format, args);
    va_end(args);
    if (len < 0 || len >= PATH_MAX)
        path[0] = '\0';
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* ---- paths of the host */

int root_paths_resolve(const struct world_options *options, struct root_paths *paths,
                       struct err *err)
{
    paths->layers = mem_alloc_array(options->layer_count + 1, sizeof *paths->layers);
    paths->shares = mem_alloc_array(options->share_count + 1, sizeof *paths->shares);
    for (size_t i = 0; i < options->layer_count; i++) {
        paths->layers[i] = realpath(options->layers[i], NULL);
        if (paths->layers[i] == NULL)
            return err_set_errno(err, "cannot lay %s over the root", options->layers[i]);
    }
    for (size_t i = 0; i < options->share_count; i++) {
        paths->shares[i] = realpath(options->shares[i].from, NULL);
        if (paths->shares[i] == NULL)
            return err_set_errno(err, "cannot show %s in the world", options->shares[i].from);
    }
    return 0;
}

void root_paths_free(const struct world_options *options, struct root_paths *paths)
{
    for (size_t i = 0; paths->layers != NULL && i < options->layer_count; i++)
        free(paths->layers[i]);
    for (size_t i = 0; paths->shares != NULL && i < options->share_count; i++)
        free(paths->shares[i]);
    free(paths->layers);
    free(paths->shares);
}

/* ---- the upper layer */

/* One folder, with the mode and owner of the host's, so that it looks the same when merged. */
static int make_folder(const char *base, const char *path, struct err *err)
{
    char whole[PATH_MAX];
    char host[PATH_MAX];
    root_path(whole, "%s%s", base, path);
    if (mkdir(whole, 0755) != 0)
        return errno == EEXIST ? 0 : err_set_errno(err, "cannot make %s", path);
    root_path(host, "%s%s", ROOT_OLD, path);
    struct stat status;
    if (lstat(host, &status) != 0 || !S_ISDIR(status.st_mode))
        return 0;
    /* Owners that are not mapped cannot be given; ours then has to do. */
    if (chown(whole, status.st_uid, status.st_gid) == 0 || errno == EINVAL || errno == EPERM)
        (void)chmod(whole, status.st_mode & 07777);
    return 0;
}

int root_make_folders(const char *base, const char *path, struct err *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (path[0] != '/' || len >= sizeof part)
        return err_set(err, "%s is no absolute path inside the world", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (make_folder(base, part, err) != 0)
            return -1;
    }
    return 0;
}

int root_write_file(const char *base, const char *path, struct slice bytes, mode_t mode,
                    struct err *err)
{
    char folder[PATH_MAX];
    size_t end = slice_find_last(slice_of(path), '/');
    if (path[0] != '/' || end >= sizeof folder)
        return err_set(err, "%s is no absolute path inside the world", path);
    memcpy(folder, path, end);
    folder[end] = '\0';
    if (end > 0 && root_make_folders(base, folder, err) != 0)
        return -1;
    char whole[PATH_MAX];
    root_path(whole, "%s%s", base, path);
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, "cannot make %s", path);
    int result = 0;
    if (file_write_fd(fd, bytes) != 0 || fchmod(fd, mode) != 0)
        result = err_set_errno(err, "cannot write %s", path);
    close(fd);
    return result;
}

/* ---- layers */

/* Binds the layers to short names, since a path may have signs in it that mean something among the
 * options of an overlay. */
static int bind_layers(const struct world_options *options, const struct root_paths *paths,
                       struct err *err)
{
    for (size_t i = 0; i < options->layer_count; i++) {
        char from[PATH_MAX];
        char to[PATH_MAX];
        root_path(from, "%s%s", ROOT_OLD, paths->layers[i]);
        root_path(to, "%s%zu", ROOT_LAYER, i);
        if (mkdir(to, 0755) != 0 || mount(from, to, NULL, MS_BIND, NULL) != 0)
            return err_set_errno(err, "cannot lay %s over the root", paths->layers[i]);
    }
    return 0;
}

/* Mounts an overlay of the folder `name` ("" or "/etc") of host and layers; -1 with errno. */
static int mount_overlay(size_t layer_count, const char *name)
{
    struct buf text;
    buf_init(&text, 4000); /* the kernel takes one page */
    buf_add_text(&text, "lowerdir=");
    for (size_t i = 0; i < layer_count; i++) {
        char folder[PATH_MAX];
        root_path(folder, "%s%zu%s", ROOT_LAYER, i, name);
        if (file_exists(folder))
            buf_format(&text, "%s:", folder);
    }
    buf_format(&text, "%s%s", ROOT_OLD, name);
    buf_format(&text, ",upperdir=%s%s,workdir=%s%s", ROOT_UPPER, name, ROOT_WORK, name);
    size_t len = text.len;
    char target[PATH_MAX];
    root_path(target, "%s%s", ROOT_NEW, name);
    int result = mount("overlay", target, "overlay", 0, buf_text(&text));
    if (result != 0 && errno == EPERM) {
        /* Without rights over the host, marks are kept as ordinary attributes. */
        buf_truncate(&text, len);
        buf_add_text(&text, ",userxattr");
        result = mount("overlay", target, "overlay", 0, buf_text(&text));
    }
    int saved = errno;
    buf_deinit(&text);
    errno = saved;
    return result;
}

/* One top folder: an overlay where it changes, else the host's own. */
static int place_folder(size_t layer_count, const char *name, struct err *err)
{
    char path[PATH_MAX];
    char work[PATH_MAX];
    root_path(path, "%s/%s", ROOT_NEW, name);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return err_set_errno(err, "cannot make /%s", name);
    bool changes = strcmp(name, "etc") == 0 || strcmp(name, "var") == 0;
    for (size_t i = 0; i < layer_count && !changes; i++) {
        root_path(path, "%s%zu/%s", ROOT_LAYER, i, name);
        changes = file_exists(path);
    }
    root_path(path, "/%s", name);
    if (changes) {
        root_path(work, "%s/%s", ROOT_WORK, name);
        if (root_make_folders(ROOT_UPPER, path, err) != 0)
            return -1;
        if ((mkdir(work, 0755) != 0 && errno != EEXIST) || mount_overlay(layer_count, path) != 0)
            return err_set_errno(err, "cannot lay a private layer over /%s (overlay)", name);
        return 0;
    }
    char from[PATH_MAX];
    root_path(from, "%s/%s", ROOT_OLD, name);
    root_path(path, "%s/%s", ROOT_NEW, name);
    if (mount(from, path, NULL, MS_BIND | MS_REC, NULL) != 0)
        return err_set_errno(err, "cannot show /%s in the world", name);
    return 0;
}

static int place_entry(size_t layer_count, const char *name, struct err *err)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    char link[PATH_MAX];
    root_path(from, "%s/%s", ROOT_OLD, name);
    root_path(to, "%s/%s", ROOT_NEW, name);
    struct stat status;
    if (lstat(from, &status) != 0)
        return 0;
    if (S_ISLNK(status.st_mode)) {
        ssize_t len = readlink(from, link, sizeof link - 1);
        if (len < 0)
            return 0;
        link[len] = '\0';
        return symlink(link, to) == 0 ? 0 : err_set_errno(err, "cannot make /%s", name);
    }
    if (!S_ISDIR(status.st_mode))
        return 0;
    if (is_one_of(name, OWN))
        return mkdir(to, 0755) == 0 ? 0 : err_set_errno(err, "cannot make /%s", name);
    return place_folder(layer_count, name, err);
}

static int place_top_folders(const struct world_options *options, struct err *err)
{
    DIR *folder = opendir(ROOT_OLD);
    if (folder == NULL)
        return err_set_errno(err, "cannot read the root folder");
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = place_entry(options->layer_count, entry->d_name, err);
    }
    closedir(folder);
    return result;
}

/* ---- all */

static int pivot(const char *new_root, const char *old_root)
{
    return (int)syscall(SYS_pivot_root, new_root, old_root);
}

/* An empty root on tmpfs, with the host's at ROOT_OLD. */
static int enter_base(struct err *err)
{
    static const char *const FOLDERS[] = {ROOT_UPPER, ROOT_WORK, ROOT_NEW};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return err_set_errno(err, "cannot make the mounts private");
    if (mount("mailrange", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0)
        return err_set_errno(err, "cannot mount a tmpfs");
    if (chdir("/tmp") != 0 || mkdir("old", 0755) != 0 || pivot(".", "old") != 0 || chdir("/") != 0)
        return err_set_errno(err, "cannot leave the host's root (pivot_root)");
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++)
        if (mkdir(FOLDERS[i], 0755) != 0)
            return err_set_errno(err, "cannot make %s", FOLDERS[i]);
    return 0;
}

/* Files in fresh folders are written after those are mounted; others before, into the upper layer:
 * there no folder of the host must be copied up, which would fail where its owner is not mapped. */
static int write_files(const struct world_options *options, bool fresh, struct err *err)
{
    for (size_t i = 0; i < options->file_count; i++) {
        const struct world_file *file = &options->files[i];
        if (root_is_fresh(file->path) != fresh)
            continue;
        const char *base = fresh ? ROOT_NEW : ROOT_UPPER;
        if (root_write_file(base, file->path, file->bytes, file->mode, err) != 0)
            return -1;
    }
    return 0;
}

static int leave_base(struct err *err)
{
    if (chdir(ROOT_NEW) != 0 || pivot(".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
        chdir("/") != 0)
        return err_set_errno(err, "cannot enter the private root (pivot_root)");
    return 0;
}

/* The new root must be a mount of its own, in order to be entered at the end. */
static int assemble(const struct world_options *options, struct err *err)
{
    if (mount_overlay(options->layer_count, "") == 0)
        return 0;
    if (mount("mailrange", ROOT_NEW, "tmpfs", MS_NODEV, "mode=755") != 0)
        return err_set_errno(err, "cannot mount a tmpfs");
    return place_top_folders(options, err);
}

int root_build(const struct world_options *options, const struct root_paths *paths, int mta_fd,
               struct err *err)
{
    mode_t mask = umask(0022);
    int result = enter_base(err);
    if (result == 0)
        result = bind_layers(options, paths, err);
    if (result == 0)
        result = root_write_etc(options, err);
    if (result == 0)
        result = write_files(options, false, err);
    if (result == 0)
        result = assemble(options, err);
    if (result == 0)
        result = root_mount_all(options, paths, mta_fd, err);
    if (result == 0)
        result = write_files(options, true, err);
    if (result == 0)
        result = leave_base(err);
    umask(mask);
    return result;
}
