#include "sim/world/support.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/world/world.h"

#include "mta-under-test/base/poison.h"

/* A loaded machine takes seconds for what a quiet one does in milliseconds. */
enum { PROBE_MS = 120 * 1000 };

/* A kernel setting as a number, -1 where it does not exist. */
static int64_t kernel_setting(const char *path)
{
    struct buf text;
    struct err ignored = {{0}};
    int64_t value = -1;
    buf_init(&text, 64);
    if (file_read(path, &text, &ignored) != 0 ||
        text_to_i64(slice_trim(buf_slice(&text)), &value) != 0)
        value = -1;
    buf_deinit(&text);
    return value;
}

/* Each kind of namespace has a limit, which somebody may have set to none. */
static const char *const LIMITS[] = {"net", "pid", "mnt", "uts", "ipc", "user"};

/* The name of the limit that is 0, NULL if none is. With privileges no user namespace is made. */
static const char *limit_that_is_zero(bool privileged)
{
    size_t count = sizeof LIMITS / sizeof LIMITS[0] - (privileged ? 1 : 0);
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", LIMITS[i]);
        if (kernel_setting(path) == 0)
            return LIMITS[i];
    }
    return NULL;
}

static const char *advice(bool privileged)
{
    if (privileged)
        return "a container or a policy of this machine forbids it; " SUPPORT_CONTAINER_ADVICE;
    if (kernel_setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        return "user namespaces are switched off for ordinary users; run as root, or have root "
               "run: sysctl -w kernel.unprivileged_userns_clone=1";
    if (kernel_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
        return "AppArmor restricts user namespaces; run as root, or have root run: "
               "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    if (geteuid() == 0)
        return "this root lacks CAP_SYS_ADMIN, CAP_NET_ADMIN or CAP_NET_RAW, and may not make user "
               "namespaces either; " SUPPORT_CONTAINER_ADVICE;
    return "this machine does not let an ordinary user do it; run as root";
}

int support_explain_namespaces(int error, bool privileged, struct err *err)
{
    errno = error;
    const char *limit = limit_that_is_zero(privileged);
    if (limit != NULL)
        return err_set(err,
                       "cannot make a private world: user.max_%s_namespaces is 0 here; %shave root "
                       "run: sysctl -w user.max_%s_namespaces=10000",
                       limit, strcmp(limit, "user") == 0 ? "run as root, or " : "", limit);
    if (error == EPERM || error == EACCES || error == ENOSPC)
        return err_set(err, "cannot make a private world (namespaces: %s): %s", strerror(error),
                       advice(privileged));
    if (error == EINVAL || error == ENOSYS)
        return err_set(err, "cannot make a private world: this kernel has no namespaces (%s)",
                       strerror(error));
    return err_set_errno(err, "cannot make a private world");
}

int world_supported(bool many_users, struct err *err)
{
    char program[] = "/bin/true";
    char *const argv[] = {program, NULL};
    struct address mta;
    if (address_from_text(SLICE("192.0.2.10"), &mta) != 0)
        return err_set(err, "the probe's address is none");
    const struct world_options options = {
        .hostname = "probe.test",
        .mta = &mta,
        .mta_count = 1,
        .many_users = many_users,
        .argv = argv,
    };
    struct world *world = NULL;
    struct world_result result;
    if (world_start(&options, &world, err) != 0)
        return -1;
    enum world_wait waited = world_wait(world, -1, PROBE_MS, &result);
    world_free(&world);
    if (waited != WORLD_WAIT_ENDED)
        return err_set(err, "a private world could be made, but did not end within %d s",
                       PROBE_MS / 1000);
    if (result.reason == WORLD_FAILED)
        return err_set(err, "%s", result.err.text);
    return 0;
}
