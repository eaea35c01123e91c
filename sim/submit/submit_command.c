#include "sim/submit/submit_command.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/mem.h"
#include "sim/mta/mta_child.h"
#include "sim/mta/mta_spawn.h"

#include "mta-under-test/base/poison.h"

struct submit_command {
    struct submit_command_options options;
    struct mta_child child;
};

/* The content with LF, in memory that reads like a file; -1 with errno. */
static int command_input(struct slice content)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    while (fd >= 0 && content.len > 0) {
        size_t end = slice_find(content, '\n');
        size_t len = end == SIZE_MAX ? content.len : end + 1;
        struct slice line = slice_first(content, len);
        bool crlf = line.len >= 2 && line.data[line.len - 2] == '\r' && end != SIZE_MAX;
        if (file_write_fd(fd, slice_first(line, crlf ? len - 2 : len)) != 0 ||
            (crlf && file_write_fd(fd, SLICE("\n")) != 0)) {
            close(fd);
            return -1;
        }
        content = slice_skip(content, len);
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static void command_on_ended(void *context, int status)
{
    struct submit_command *command = context;
    command->options.done(command->options.context,
                          WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static pid_t command_spawn(const struct submit_command *command, int input, int *pid_fd,
                           struct err *err)
{
    const struct submit_command_options *options = &command->options;
    int output = options->output != NULL
                     ? open(options->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
                     : -1;
    const struct mta_spawn spawn = {
        .argv = options->argv,
        .network_fd = options->network_fd,
        .has_input = true,
        .input_fd = input,
        .output_fd = output,
    };
    pid_t pid = mta_spawn_start(&spawn, pid_fd, err);
    if (output >= 0)
        close(output);
    return pid;
}

struct submit_command *submit_command_start(const struct submit_command_options *options,
                                            struct slice content, struct err *err)
{
    struct submit_command *command = mem_alloc(sizeof *command);
    command->options = *options;
    command->child.ended = command_on_ended;
    command->child.context = command;
    int input = command_input(content);
    if (input < 0) {
        err_set_errno(err, "%s: its message cannot be kept in memory", options->argv[0]);
        submit_command_free(&command);
        return NULL;
    }
    int pid_fd = -1;
    pid_t pid = command_spawn(command, input, &pid_fd, err);
    close(input);
    if (pid < 0) {
        submit_command_free(&command);
        return NULL;
    }
    mta_child_watch(&command->child, options->base, pid, pid_fd);
    return command;
}

void submit_command_free(struct submit_command **command_at)
{
    struct submit_command *command = *command_at;
    if (command == NULL)
        return;
    *command_at = NULL;
    mta_child_end(&command->child);
    free(command);
}
