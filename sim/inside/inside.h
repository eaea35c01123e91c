/*
 * The one process inside a world that is the simulated internet: it serves DNS and the MX hosts,
 * captures packets, starts and watches the server under test, hands in the scenario's mail, and
 * makes the timeline happen, all on one event loop, writing one ordered event log. It knows nothing
 * of virtual time: a timer of an hour is a timer of an hour.
 *
 * A run goes through the stages below; inside_set_stage() is the only writer. It ends when every
 * recipient has its end and nothing more is due (settled), at the scenario's limit, when the server
 * fails, or when it is told to (SIGTERM).
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "sim/inside/inside_options.h"

#define INSIDE_STAGES(X)                                                         \
    X(STARTING) /* the server under test is not ready yet */                     \
    X(RUNNING)                                                                   \
    X(SETTLING) /* all is decided; a while longer, for what should not happen */ \
    X(STOPPING) /* the server has been told to end */                            \
    X(ENDED)

/* Exit codes of the process, for the runner. */
enum inside_exit {
    INSIDE_EXIT_RAN = 0,      /* the event log says the rest */
    INSIDE_EXIT_SERVER = 1,   /* the server under test failed, or the command of exec did */
    INSIDE_EXIT_SETUP = 3,    /* the internet could not be set up */
    INSIDE_EXIT_INTERNAL = 4, /* the evidence could not be written */
};

/* Runs to the end; returns an exit code with `err` set where it is not INSIDE_EXIT_RAN. */
int inside_run(const struct inside_options *options, struct err *err);
