/*
 * The command of `mailrange exec`: any program, run beside the server under test (in its network,
 * so that it can deliver straight to MX hosts as well as through the server). Its output goes where
 * that of the runner goes.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"

struct command;

/* `status`: exit code, or 128 + signal; 127 if it could not be started. */
typedef void command_ended(void *context, int status);

struct command_options {
    struct event_base *base;
    char *const *argv;
    const char *home; /* working folder */
    int network_fd;   /* network namespace to run in; -1 = where we are */
    command_ended *ended;
    void *context;
};

struct command *command_start(const struct command_options *options, struct err *err) MUST_CHECK;
/* Ends it with SIGKILL if it still runs; sets NULL; accepts NULL. */
void command_free(struct command **command);
