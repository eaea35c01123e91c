/* Check runs each test in a process of its own, which the restrictions end with. */
#include "mta-under-test/refmta/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int make_file(const char *folder)
{
    char path[128];
    snprintf(path, sizeof path, "%s/file", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    close(fd);
    return unlink(path);
}

START_TEST(only_what_is_listed_can_be_changed)
{
    char inside[] = "/tmp/refmta-sandbox-XXXXXX";
    char outside[] = "/tmp/refmta-sandbox-XXXXXX";
    struct err err = {.text = ""};
    int version = -1;
    ck_assert(mkdtemp(inside) != NULL && mkdtemp(outside) != NULL);
    const char *const writable[] = {inside, "/tmp/there-is-no-such-folder", NULL};
    ck_assert_msg(sandbox_restrict_files(writable, &version, &err) == 0, "%s", err.text);
    ck_assert_int_eq(make_file(inside), 0);
    if (version == 0)
        return; /* the kernel has no Landlock */
    ck_assert_int_eq(make_file(outside), -1);
    ck_assert_int_eq(errno, EACCES);
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(execl("/bin/true", "true", NULL), -1);
    ck_assert_int_eq(errno, EACCES);
}
END_TEST

static void *in_thread(void *arg)
{
    *(int *)arg = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return NULL;
}

START_TEST(only_calls_of_a_mail_server_are_made)
{
    struct err err = {.text = ""};
    bool is_on = false;
    pthread_t thread;
    int fd = -1;
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_msg(sandbox_restrict_calls(&is_on, &err) == 0, "%s", err.text);
    if (!is_on)
        return; /* the kernel has no seccomp */
    ck_assert_int_eq(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), -1);
    ck_assert_int_eq(errno, EPERM);
    ck_assert_int_eq(execl("/bin/true", "true", NULL), -1);
    ck_assert_int_eq(errno, EPERM);
    ck_assert_int_eq(fork(), -1);
    ck_assert_int_eq((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1);
    ck_assert_int_eq(setuid(12345), -1);
    ck_assert_int_eq(pthread_create(&thread, NULL, in_thread, &fd), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_ge(fd, 0);
    close(fd);
    _exit(0); /* a sanitizer's search for leaks would trace us, which is refused now */
}
END_TEST

UNIT_MAIN(only_what_is_listed_can_be_changed, only_calls_of_a_mail_server_are_made)
