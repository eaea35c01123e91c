#include "sim/world/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/world/support.h"

#include "mta-under-test/base/poison.h"

enum { SUBID_BYTES_MAX = 1024 * 1024 };

bool ids_is_privileged(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    /* All of them or none: with a part of them the world would end half built, while a user
     * namespace gives them all. */
    const uint32_t needed = 1U << CAP_SYS_ADMIN | 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW;
    return (data[0].effective & needed) == needed;
}

static int write_map(pid_t pid, const char *name, const char *text, struct err *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        err_set_errno(err, "cannot write %s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

static int map_one(pid_t pid, struct err *err)
{
    char uid_map[64];
    char gid_map[64];
    snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)geteuid());
    snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)getegid());
    if (write_map(pid, "uid_map", uid_map, err) != 0)
        return geteuid() == 0 ? err_set(err,
                                        "cannot make a private world: this root may not map itself "
                                        "into a user namespace (it lacks CAP_SETFCAP); %s, or run "
                                        "as an ordinary user",
                                        SUPPORT_CONTAINER_ADVICE)
                              : -1;
    if (write_map(pid, "setgroups", "deny", err) != 0)
        return -1;
    return write_map(pid, "gid_map", gid_map, err);
}

/* The first range that /etc/subuid or /etc/subgid lends to this user, as texts. */
static bool find_range(const char *path, char start[24], char count[24])
{
    struct buf text;
    buf_init(&text, SUBID_BYTES_MAX);
    struct err ignored = {{0}};
    bool found = false;
    char uid[24];
    snprintf(uid, sizeof uid, "%u", (unsigned)geteuid());
    const struct passwd *user = getpwuid(geteuid());
    const char *name = user != NULL ? user->pw_name : NULL;
    if (file_read(path, &text, &ignored) == 0) {
        struct slice rest = buf_slice(&text);
        struct slice line;
        struct slice owner;
        struct slice from;
        while (!found && slice_split(&rest, '\n', &line)) {
            if (!slice_split(&line, ':', &owner) || !slice_split(&line, ':', &from))
                continue;
            found = (slice_is(owner, uid) || (name != NULL && slice_is(owner, name))) &&
                    from.len < 24 && line.len < 24;
            snprintf(start, 24, "%.*s", SLICE_ARG(from));
            snprintf(count, 24, "%.*s", SLICE_ARG(line));
        }
    }
    buf_deinit(&text);
    return found;
}

static int run_mapper(const char *program, pid_t pid, const char *own, const char *path,
                      struct err *err)
{
    char start[24] = "";
    char count[24] = "";
    char target[24];
    snprintf(target, sizeof target, "%d", (int)pid);
    bool found = find_range(path, start, count);
    if (!found && geteuid() == 0)
        return err_set(err,
                       "this mail server runs as several users, which needs all that root may; "
                       "here it lacks some of it: %s",
                       SUPPORT_CONTAINER_ADVICE);
    if (!found)
        return err_set(err,
                       "this mail server runs as several users, and %s lends none to you; run it "
                       "as root, or have root run: usermod --add-subuids 100000-165535 "
                       "--add-subgids 100000-165535 YOU",
                       path);
    pid_t child = fork();
    if (child == 0) {
        execlp(program, program, target, "0", own, "1", "1", start, count, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return err_set_errno(err, "cannot start %s", program);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(err,
                       "this mail server runs as several users, which needs root, or %s: "
                       "apt-get install uidmap",
                       program);
    return err_set(err, "%s refused to lend the user ids that %s grants", program, path);
}

int ids_map(pid_t pid, bool many_users, struct err *err)
{
    if (!many_users)
        return map_one(pid, err);
    char uid[24];
    char gid[24];
    snprintf(uid, sizeof uid, "%u", (unsigned)geteuid());
    snprintf(gid, sizeof gid, "%u", (unsigned)getegid());
    if (run_mapper("newuidmap", pid, uid, "/etc/subuid", err) != 0)
        return -1;
    return run_mapper("newgidmap", pid, gid, "/etc/subgid", err);
}

int ids_drop_capabilities(struct err *err)
{
    static const int BEYOND[] = {
        CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT,  CAP_SYS_TIME,      CAP_MKNOD,
        CAP_SYSLOG,     CAP_MAC_ADMIN, CAP_SYS_PACCT, CAP_MAC_OVERRIDE,  CAP_LINUX_IMMUTABLE,
        CAP_WAKE_ALARM, CAP_BPF,       CAP_PERFMON,   CAP_AUDIT_CONTROL, CAP_SYS_TTY_CONFIG,
    };
    for (size_t i = 0; i < sizeof BEYOND / sizeof BEYOND[0]; i++)
        if (prctl(PR_CAPBSET_DROP, BEYOND[i], 0, 0, 0) != 0 && errno != EINVAL)
            return err_set_errno(err, "cannot drop capability %d", BEYOND[i]);
    return 0;
}
