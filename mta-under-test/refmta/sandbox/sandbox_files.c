#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/refmta/sandbox/sandbox.h"

#include "mta-under-test/base/poison.h"

/* Of the third version of Landlock; the headers of Debian 12 know the second. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

/* What a file, and not a folder, can be given. */
#define ACCESS_OF_FILES (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

/* All ways to change something, and to start a program. Special files are never made. */
static uint64_t restricted_access(int version)
{
    uint64_t access =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
        LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
        LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
        LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
    if (version >= 2)
        access |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        access |= ACCESS_TRUNCATE;
    return access;
}

static int allow_below(int ruleset, const char *path, uint64_t access, struct err *err)
{
    struct stat status;
    struct landlock_path_beneath_attr rule = {
        .allowed_access =
            access & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK),
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    if (rule.parent_fd < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, "sandbox: cannot open %s", path);
    if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
        rule.allowed_access &= ACCESS_OF_FILES;
    long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int saved = errno;
    close(rule.parent_fd);
    errno = saved;
    return result == 0 ? 0 : err_set_errno(err, "sandbox: cannot allow writing to %s", path);
}

int sandbox_restrict_files(const char *const *writable, int *version, struct err *err)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *version = abi > 0 ? (int)abi : 0;
    if (abi <= 0)
        return 0;
    struct landlock_ruleset_attr attributes = {.handled_access_fs = restricted_access(*version)};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        return err_set_errno(err, "sandbox: cannot make a Landlock ruleset");
    int result = 0;
    for (size_t i = 0; writable[i] != NULL && result == 0; i++)
        result = allow_below(ruleset, writable[i], attributes.handled_access_fs, err);
    if (result == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                        syscall(SYS_landlock_restrict_self, ruleset, 0) != 0))
        result = err_set_errno(err, "sandbox: cannot restrict the files");
    close(ruleset);
    return result;
}
