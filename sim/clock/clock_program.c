#include "sim/clock/clock_program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/clock_descriptor.h"
#include "sim/clock/clock_filter.h"

#include "mta-under-test/base/poison.h"

enum { EXIT_CANNOT_RUN = 127 };

struct pipes {
    int go[2];
    int report[2];
};

static _Noreturn void child_give_up(const struct pipes *pipes)
{
    int number = errno;
    if (write(pipes->report[1], &number, sizeof number) != (ssize_t)sizeof number)
        _exit(EXIT_CANNOT_RUN);
    _exit(EXIT_CANNOT_RUN);
}

/* Says the listener's number, waits for the byte that means "the injector is there". */
static _Noreturn void child_run(const struct pipes *pipes, char *const argv[], bool filtered,
                                int rank)
{
    struct sched_param param = {.sched_priority = rank};
    if (rank > 0 && sched_setscheduler(0, SCHED_FIFO, &param) != 0)
        child_give_up(pipes);
    int listener = -1;
    if (filtered) {
        listener = clock_filter_install();
        if (listener < 0)
            child_give_up(pipes);
    }
    int said = -listener - 1;
    char byte;
    if (write(pipes->report[1], &said, sizeof said) != (ssize_t)sizeof said ||
        read(pipes->go[0], &byte, 1) != 1)
        _exit(EXIT_CANNOT_RUN);
    execvp(argv[0], argv);
    child_give_up(pipes);
}

/* The child's word: 0 or less = -(listener + 1), above = errno. */
static int word_read(int fd, int *word)
{
    ssize_t got;
    do
        got = read(fd, word, sizeof *word);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *word ? 1 : 0;
}

static int listener_take(struct clock_program *program, int number, struct err *err)
{
    program->listener = clock_descriptor_take(program->pid, number);
    if (program->listener < 0)
        return err_set_errno(err, "cannot take the seccomp listener of the world");
    return 0;
}

int clock_program_fork(struct clock_program *program, char *const argv[], bool filtered, int rank,
                       struct err *err)
{
    struct pipes pipes;
    if (pipe2(pipes.go, O_CLOEXEC) != 0 || pipe2(pipes.report, O_CLOEXEC) != 0)
        return err_set_errno(err, "cannot make a pipe");
    *program = (struct clock_program){-1, -1, pipes.go[1], pipes.report[0]};
    program->pid = fork();
    if (program->pid < 0)
        return err_set_errno(err, "cannot start a process");
    if (program->pid == 0)
        child_run(&pipes, argv, filtered, rank);
    close(pipes.go[0]);
    close(pipes.report[1]);
    int word;
    if (word_read(program->report, &word) != 1)
        return err_set(err, "the world's first process ended before its program started");
    if (word > 0) {
        errno = word;
        return err_set_errno(err, "cannot put the world's first process under the clock");
    }
    return filtered ? listener_take(program, -word - 1, err) : 0;
}

int clock_program_go(struct clock_program *program, const char *name, struct err *err)
{
    int word = 0;
    ssize_t sent = write(program->go, "", 1);
    close(program->go);
    int got = word_read(program->report, &word);
    close(program->report);
    if (sent != 1 || got == 1) {
        errno = word;
        return err_set_errno(err, "cannot run %s", name);
    }
    return 0;
}
