/*
 * A message handed in as local mail is: a command of the server under test gets it on stdin, with
 * the lines ended as on the machine (LF), and the recipients as arguments. Exit status 0 means that
 * the server has taken it for all of them.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

struct submit_command;

/* `status`: its exit code, or -signal. The command must not be freed inside the call. */
typedef void submit_command_done(void *context, int status);

struct submit_command_options {
    struct event_base *base;
    char *const *argv;  /* NULL-terminated; must live until `done` */
    int network_fd;     /* network namespace to run in; -1 = where we are */
    const char *output; /* file that takes what it writes, appended; NULL = our own stderr */
    submit_command_done *done;
    void *context;
};

/* Starts it with `content` (CRLF line ends) on stdin. NULL with `err` if it cannot be started. */
struct submit_command *submit_command_start(const struct submit_command_options *options,
                                            struct slice content, struct err *err) MUST_CHECK;
/* Ends it with SIGKILL if it still runs; sets NULL; accepts NULL. */
void submit_command_free(struct submit_command **command);
