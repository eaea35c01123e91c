#include "sim/world/first_program.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

/* In the child. Tells errno through the pipe, which a successful exec closes. */
static void exec_program(const struct world_options *options, int error_fd)
{
    execve(options->argv[0], options->argv,
           options->environment != NULL ? options->environment : environ);
    int error = errno;
    if (write(error_fd, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

/* The child's pid, or -1 with the text in `err`. */
static pid_t start_program(const struct world_options *options, struct err *err)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return err_set_errno(err, "cannot make a pipe");
    pid_t child = fork();
    if (child == 0)
        exec_program(options, pipe_fds[1]);
    close(pipe_fds[1]);
    int error = 0;
    ssize_t len = child < 0 ? 0 : read(pipe_fds[0], &error, sizeof error);
    close(pipe_fds[0]);
    if (child < 0)
        return err_set_errno(err, "cannot fork");
    if (len == (ssize_t)sizeof error) {
        waitpid(child, NULL, 0);
        errno = error;
        return err_set_errno(err, "cannot run %s in the world", options->argv[0]);
    }
    return child;
}

void first_program_run(const struct world_options *options, struct world_result *result)
{
    int64_t started_us = time_monotonic_us();
    result->reason = WORLD_FAILED;
    pid_t child = start_program(options, &result->err);
    if (child < 0)
        return;
    for (;;) {
        int status = 0;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended == child) {
            result->reason = WORLD_EXITED;
            result->status = status;
            break;
        }
        if (ended < 0 && errno != EINTR) {
            err_set_errno(&result->err, "cannot wait for the first program");
            break;
        }
    }
    result->elapsed_us = time_monotonic_us() - started_us;
}
