/*
 * What the readers of one scenario's parts share. Only for this folder.
 */
#pragma once

#include "sim/scenario/scenario.h"

enum {
    SCENARIO_MESSAGES_MAX = 1000000, /* sequences counted out */
    SCENARIO_EXTENDS_MAX = 8,
    SCENARIO_MATRIX_MAX = 200, /* cells, unless the options say otherwise */
    SCENARIO_MATRIX_NAMES_MAX = 16,
};

struct scenario_reader {
    struct scenario *scenario;
    struct arena *arena; /* the scenario's */
    const char *root;    /* of the project */
    struct spec spec;    /* the whole document */
    struct err *err;
    struct scenario_finding *findings;
    size_t finding_count;
};

/* Notes something that is no error. */
void scenario_add_finding(struct scenario_reader *reader, struct spec spec, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The path of a file that the scenario names: from its own folder, else from the project's root;
 * NULL with an error that says where it was looked for. */
const char *scenario_find_file(struct scenario_reader *reader, struct spec spec, const char *name);

/* "messages", "timeline". */
int scenario_read_messages(struct scenario_reader *reader, struct spec spec) MUST_CHECK;
int scenario_read_timeline(struct scenario_reader *reader, struct spec spec) MUST_CHECK;

/* An address like "bob@a.test"; *domain (if not NULL) points behind the "@", or is "" for an
 * address literal. */
int scenario_check_address(struct spec spec, const char *address, const char **domain,
                           struct err *err) MUST_CHECK;

/* Zones, addresses and the sender's inbox, where the scenario gives none. */
int scenario_complete(struct scenario_reader *reader) MUST_CHECK;

/* An entry of the timeline in words, one line. */
void scenario_explain_event(const struct scenario_event *event, struct buf *out);

/* What spans parts. */
int scenario_check_parts(struct scenario_reader *reader) MUST_CHECK;
