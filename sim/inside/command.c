#include "sim/inside/command.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/mta/mta_child.h"
#include "sim/mta/mta_spawn.h"

#include "mta-under-test/base/poison.h"

enum { COMMAND_NOT_STARTED = 127 };

struct command {
    struct command_options options;
    struct mta_child child;
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

static void command_on_ended(void *context, int status)
{
    struct command *command = context;
    command->options.ended(command->options.context,
                           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

struct command *command_start(const struct command_options *options, struct err *err)
{
    struct command *command = mem_alloc(sizeof *command);
    command->options = *options;
    command->child.ended = command_on_ended;
    command->child.context = command;
    command->child.pid = mta_spawn_fork();
    if (command->child.pid == 0)
        command_exec(options);
    int pid_fd = command->child.pid > 0 ? (int)syscall(SYS_pidfd_open, command->child.pid, 0) : -1;
    if (pid_fd < 0) {
        err_set_errno(err, "%s: cannot be started", options->argv[0]);
        command_free(&command);
        return NULL;
    }
    mta_child_watch(&command->child, options->base, command->child.pid, pid_fd);
    return command;
}

void command_free(struct command **command_at)
{
    struct command *command = *command_at;
    if (command == NULL)
        return;
    *command_at = NULL;
    mta_child_end(&command->child);
    free(command);
}
