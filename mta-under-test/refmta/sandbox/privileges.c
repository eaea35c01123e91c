#include "mta-under-test/refmta/sandbox/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

static const struct passwd *find_user(const char *user, struct err *err)
{
    errno = 0;
    const struct passwd *found = getpwnam(user);
    if (found == NULL)
        err_set(err, "user: there is no user \"%s\" on this machine", user);
    return found;
}

static int become(const char *user, struct err *err)
{
    const struct passwd *who = find_user(user, err);
    if (who == NULL)
        return -1;
    if (geteuid() == who->pw_uid)
        return 0;
    if (geteuid() != 0)
        return err_set(err, "user: only root can become \"%s\"; start it as root or as that user",
                       user);
    if (initgroups(user, who->pw_gid) != 0 ||
        setresgid(who->pw_gid, who->pw_gid, who->pw_gid) != 0 ||
        setresuid(who->pw_uid, who->pw_uid, who->pw_uid) != 0)
        return err_set_errno(err, "user: cannot become \"%s\"", user);
    return 0;
}

static int drop_capabilities(struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
        return err_set_errno(err, "cannot give up ambient capabilities");
    if (syscall(SYS_capset, &header, none) != 0)
        return err_set_errno(err, "cannot give up capabilities");
    return 0;
}

int privileges_drop(const char *user, struct err *err)
{
    if (user != NULL && become(user, err) != 0)
        return -1;
    if (geteuid() != 0 && drop_capabilities(err) != 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set_errno(err, "cannot give up new privileges");
    return 0;
}

int privileges_make_folder(const char *path, const char *user, struct err *err)
{
    if (file_exists(path))
        return 0;
    if (file_make_folders(path, err) != 0)
        return -1;
    if (user == NULL || geteuid() != 0)
        return 0;
    const struct passwd *who = find_user(user, err);
    if (who == NULL)
        return -1;
    if (chown(path, who->pw_uid, who->pw_gid) != 0)
        return err_set_errno(err, "cannot give %s to \"%s\"", path, user);
    return 0;
}
