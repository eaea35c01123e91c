/*
 * What the lines of a server's log mean, as "log-patterns" of an adapter says. A pattern is for
 * lines of text (a POSIX extended regular expression, whose groups are the facts) or for lines that
 * are JSON objects (members that they have, whose values are the facts). Patterns live in the
 * adapter's arena and borrow from its document.
 */
#pragma once

#include <regex.h>

#include "sim/value/spec.h"

enum { MTA_PATTERN_GROUPS_MAX = 9 };

enum mta_fact { MTA_FACT_QUEUE_ID, MTA_FACT_RECIPIENT, MTA_FACT_TEXT, MTA_FACT_COUNT };

/* As adapters and events call them. */
extern const char *const MTA_FACT_WORDS[MTA_FACT_COUNT];

/* Where in a line a fact stands. */
struct mta_fact_place {
    int group;                  /* 0 = the whole match, -1 = nowhere */
    const char *const *members; /* the first of them that is there, and a text */
    size_t member_count;
};

struct mta_pattern {
    const char *status;  /* sent, deferred, bounced, expired, ... */
    const char *literal; /* what every line that fits has in it: it is looked for first */
    regex_t *regex;      /* NULL: the line is a JSON object */
    const cJSON *json;   /* members that it has, with these values */
    struct mta_fact_place facts[MTA_FACT_COUNT];
};

/* Reads an adapter's pattern; -1 with file and place, and nothing to be released. */
int mta_pattern_read(struct spec spec, struct arena *arena, struct mta_pattern *pattern,
                     struct err *err) MUST_CHECK;
void mta_pattern_release(struct mta_pattern *pattern);

/* The expression, for regfree(); NULL with file and place in `err`. */
regex_t *mta_pattern_compile(struct spec spec, const char *text, struct arena *arena,
                             struct err *err) MUST_CHECK;

/* A line that patterns are tried on; it is parsed at most once. */
struct mta_line {
    const char *text; /* without its end */
    cJSON *json;      /* NULL: not parsed yet, or no JSON */
    bool was_parsed;
    struct slice facts[MTA_FACT_COUNT]; /* of the pattern that fits; data NULL: it says nothing */
};

/* Borrows the text. */
void mta_line_init(struct mta_line *line, const char *text);
void mta_line_deinit(struct mta_line *line);

/* True with the line's facts, which live as long as it does. */
bool mta_pattern_fits(const struct mta_pattern *pattern, struct mta_line *line) MUST_CHECK;
