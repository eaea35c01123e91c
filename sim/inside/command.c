#include "sim/inside/command.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/mta/mta_spawn.h"

#include "mta-under-test/base/poison.h"

enum { COMMAND_NOT_STARTED = 127 };

struct command {
    struct command_options options;
    pid_t pid; /* 0 once it has ended */
    int pid_fd;
    struct event *exit_event;
};

static _Noreturn void command_exec(const struct command_options *options)
{
    if (options->network_fd >= 0 && setns(options->network_fd, CLONE_NEWNET) != 0)
        fprintf(stderr, "mailrange: the network cannot be entered: %s\n", strerrordesc_np(errno));
    else if (chdir(options->home) != 0)
        fprintf(stderr, "mailrange: %s: %s\n", options->home, strerrordesc_np(errno));
    else
        execvp(options->argv[0], options->argv);
    fprintf(stderr, "mailrange: %s: %s\n", options->argv[0], strerrordesc_np(errno));
    _exit(COMMAND_NOT_STARTED);
}

static void command_on_exit(evutil_socket_t fd, short what, void *context)
{
    struct command *command = context;
    int status = 0;
    (void)fd;
    (void)what;
    if (waitpid(command->pid, &status, WNOHANG) != command->pid)
        return;
    command->pid = 0;
    event_del(command->exit_event);
    command->options.ended(command->options.context,
                           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

struct command *command_start(const struct command_options *options, struct err *err)
{
    struct command *command = mem_alloc(sizeof *command);
    command->options = *options;
    command->pid = mta_spawn_fork();
    if (command->pid == 0)
        command_exec(options);
    command->pid_fd = command->pid > 0 ? (int)syscall(SYS_pidfd_open, command->pid, 0) : -1;
    if (command->pid_fd < 0) {
        err_set_errno(err, "%s: cannot be started", options->argv[0]);
        command_free(&command);
        return NULL;
    }
    command->exit_event =
        event_new(options->base, command->pid_fd, EV_READ | EV_PERSIST, command_on_exit, command);
    event_add(command->exit_event, NULL);
    return command;
}

void command_free(struct command **command_at)
{
    struct command *command = *command_at;
    if (command == NULL)
        return;
    *command_at = NULL;
    if (command->pid > 0) {
        kill(command->pid, SIGKILL);
        waitpid(command->pid, NULL, 0);
    }
    if (command->exit_event != NULL)
        event_free(command->exit_event);
    if (command->pid_fd >= 0)
        close(command->pid_fd);
    free(command);
}
