/*
 * The control socket: a UNIX socket on which an operator's commands come, one for each connection.
 * The answer's first byte says whether it went well ('+' or '-'); the rest is the text.
 */
#pragma once

#include "mta-under-test/refmta/control/control_command.h"

struct control;

struct control_options {
    struct control_scene scene; /* its config's `control` is the path */
    struct event_base *base;
    struct log *log;
};

/* Makes the socket, for its owner only; one that was left behind is replaced. NULL with a text. */
struct control *control_open(const struct control_options *options, struct err *err) MUST_CHECK;
void control_set_config(struct control *control, const struct config *config);
void control_close(struct control **control);

/* The operator's side: sends the command and adds the answer to `out`. 0, 1 if the server said no
 * (its text is in `out`), -1 with a text if it cannot be reached. */
int control_ask(const char *path, const char *command, struct buf *out, struct err *err) MUST_CHECK;
