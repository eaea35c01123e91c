/*
 * What a call of `mailrange run` (or compare, exec) asks for. Filled by sim/cli from flags and
 * environment; every field has its default in run_options_init().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum run_capture { RUN_CAPTURE_ON, RUN_CAPTURE_OFF, RUN_CAPTURE_FAILED };
enum run_color { RUN_COLOR_AUTO, RUN_COLOR_ALWAYS, RUN_COLOR_NEVER };
enum run_verbosity { RUN_QUIET, RUN_NORMAL, RUN_VERBOSE };

/* Exit codes of the program: "could not run" is never "failed". */
enum run_exit {
    RUN_EXIT_PASSED = 0,
    RUN_EXIT_FAILED = 1,   /* a scenario failed */
    RUN_EXIT_USAGE = 2,    /* bad usage, or a scenario that is not valid */
    RUN_EXIT_MACHINE = 3,  /* this machine cannot give the world */
    RUN_EXIT_INTERNAL = 4, /* an error of the program itself */
    RUN_EXIT_SKIPPED = 5,  /* of a case only: the server cannot be told what it asks for */
};

enum { RUN_MTAS_MAX = 16, RUN_TAGS_MAX = 32 };

struct run_options {
    const char *root;    /* the project's folder: adapters/, fixtures/, scenarios/ */
    const char *program; /* this program, to be started again inside the world */
    const char *output;  /* folder of the evidence and the reports */
    const char *mtas[RUN_MTAS_MAX];
    size_t mta_count;
    bool seed_given;
    uint64_t seed;
    bool virtual_clock;
    enum run_capture capture;

    const char *tags[RUN_TAGS_MAX];
    size_t tag_count;
    const char *exclude_tags[RUN_TAGS_MAX];
    size_t exclude_tag_count;
    const char *grep; /* part of a scenario's name or file, NULL = all */
    bool last_failed;
    unsigned shard; /* 1 .. shard_count */
    unsigned shard_count;

    bool watch; /* run again whenever a file of the scenarios changes */
    unsigned jobs;
    unsigned max_failures; /* stop after that many; 0 = never */
    unsigned repeat_each;
    unsigned retries; /* of a failed scenario; one that then passes is called flaky */

    const char *report_html; /* further copies, NULL = only in the output folder */
    const char *report_json;
    const char *report_junit;
    const char *report_tap;
    bool github;
    bool markdown;   /* of `list`: as the page of the catalogue */
    bool words;      /* of `list`: the page of the language's words */
    bool scoreboard; /* of `compare`: writes docs/scoreboard.md too */

    enum run_color color;
    enum run_verbosity verbosity;

    char *const *command; /* of `exec`: runs inside instead of the scenario's messages; or NULL */
    bool interactive;     /* `up`, `shell`: the world stays until it is ended by hand */
};

void run_options_init(struct run_options *options);
