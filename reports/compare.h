/*
 * The same scenarios over several servers, side by side: a matrix of verdicts, and for each
 * scenario what each server did and when, line by line, with the differences marked. Made from the
 * results.json (docs/results.md) of each case.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

enum { COMPARE_SERVERS_MAX = 16 };

enum compare_verdict {
    COMPARE_ABSENT, /* was not run */
    COMPARE_PASSED,
    COMPARE_WARNED,
    COMPARE_FAILED,
    COMPARE_NOT_APPLICABLE, /* the server cannot be told what the scenario asks for */
    COMPARE_ERROR,          /* could not be run */
    COMPARE_VERDICT_COUNT,
};

/* What one server made of one scenario. */
struct compare_cell {
    enum compare_verdict verdict;
    const char *problem; /* why it has no results; "" */
    const char *folder;  /* of its evidence, as it is linked; "" */
    const char *note;    /* the findings that explain it; "" */
    cJSON *results;      /* owned; NULL if there are none */
};

/* One thing that each server did: "delivered by mx1" beside "bounced 5.1.1". */
struct compare_line {
    const char *recipient; /* "MESSAGE to RECIPIENT"; "" = of the whole run */
    const char *aspect;    /* end, time, attempts, spacing, hosts, TLS, copies, ... */
    const char *texts[COMPARE_SERVERS_MAX]; /* NULL = has no such thing */
    bool odd[COMPARE_SERVERS_MAX];          /* not what most of the others did */
    bool differs;
};

struct compare_row {
    const char *file;
    const char *name;
    const char *cell; /* of the scenario's matrix; "" */
    struct compare_cell cells[COMPARE_SERVERS_MAX];
    struct compare_line *lines;
    size_t line_count;
};

struct compare_server {
    const char *name;
    const char *version; /* "" if not known */
};

/* What a person found out about a server, and the scenarios that show it. */
struct compare_note {
    size_t server;
    const char *text;
    const char *rfc; /* the sections that it breaks; "" */
    bool of_range;   /* a limit of the range, not of the server */
    size_t *rows;    /* that show it here, none that passed */
    size_t row_count;
};

/* The caller's storage; all zero is an empty comparison. */
struct compare {
    struct compare_server servers[COMPARE_SERVERS_MAX];
    size_t server_count;
    struct compare_row *rows;
    size_t row_count;
    struct compare_note *notes;
    size_t note_count;
    struct arena arena;
};

void compare_deinit(struct compare *compare);
/* Adds a column; its index. At most COMPARE_SERVERS_MAX. */
size_t compare_add_server(struct compare *compare, const char *name, const char *version);
/* The row of a scenario, made at its first mention; its index. */
size_t compare_add_row(struct compare *compare, const char *file, const char *name,
                       const char *cell);
/* Of several runs of a case the worst one counts. `results` is JSON text. -1 if it is none. */
int compare_add_results(struct compare *compare, size_t row, size_t server, const char *folder,
                        struct slice results, struct err *err) MUST_CHECK;
void compare_add_problem(struct compare *compare, size_t row, size_t server,
                         enum compare_verdict verdict, const char *problem);
/*
 * Findings, once all results are added. `notes` is JSON text (docs/scoreboard-notes.json): an array
 * of
 *
 *     { "server": "exim", "text": "...", "rfc": "RFC 6152 3", "of-range": false,
 *       "scenarios": ["basics/message-forms", "dns/outage:answer=refused"] }
 *
 * A scenario is its file below scenarios/, with the cell where only one shows it. Notes about
 * servers and scenarios that were not run are passed over. -1 with what is wrong.
 */
int compare_add_notes(struct compare *compare, struct slice notes, struct err *err) MUST_CHECK;
/* Makes the lines of all rows, once everything is added. */
void compare_make_lines(struct compare *compare);

const char *compare_word(enum compare_verdict verdict);

void compare_print_text(const struct compare *compare, bool color, struct buf *out);
void compare_print_json(const struct compare *compare, struct buf *out);
void compare_print_html(const struct compare *compare, struct buf *out);
/* The scoreboard. */
void compare_print_markdown(const struct compare *compare, struct buf *out);
