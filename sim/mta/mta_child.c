#include "sim/mta/mta_child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

static void mta_child_on_exit(evutil_socket_t fd, short what, void *context)
{
    struct mta_child *child = context;
    int status = 0;
    (void)fd;
    (void)what;
    if (waitpid(child->pid, &status, WNOHANG) != child->pid)
        return;
    child->pid = 0;
    event_del(child->exit_event);
    child->ended(child->context, status);
}

void mta_child_watch(struct mta_child *child, struct event_base *base, pid_t pid, int pid_fd)
{
    child->pid = pid;
    child->pid_fd = pid_fd;
    child->exit_event = event_new(base, pid_fd, EV_READ | EV_PERSIST, mta_child_on_exit, child);
    event_add(child->exit_event, NULL);
}

void mta_child_end(struct mta_child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
    if (child->exit_event != NULL) {
        event_free(child->exit_event);
        close(child->pid_fd);
    }
    child->pid = 0;
    child->exit_event = NULL;
}
