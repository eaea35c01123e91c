/*
 * The chain of facts behind a result: which records were read, which includes were walked, what
 * was counted, compared and decided. A tree of short sentences, each with a kind in one word for
 * machines. Every check takes a `struct facts *` that may be NULL: then nothing is recorded and
 * nothing is formatted.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/json_out.h"

enum { FACTS_MAX = 2000, FACTS_DEPTH_MAX = 24, FACTS_TEXT_BYTES_MAX = 600 };

struct fact {
    const char *kind; /* "query", "record", "term", "result", ... : a literal */
    const char *text; /* safe to print: other bytes than UTF-8 text are shown as \xNN */
    struct fact *first_child;
    struct fact *next;
    struct fact *last_child;
};

/* The caller's storage; set up by facts_init(). Facts beyond FACTS_MAX are dropped and counted. */
struct facts {
    struct arena *arena;
    struct fact root;
    struct fact *open[FACTS_DEPTH_MAX];
    size_t depth;
    size_t count;
    size_t dropped;
};

void facts_init(struct facts *facts, struct arena *arena);

/* Adds a fact to the one that is open. */
void facts_add(struct facts *facts, const char *kind, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same, and what follows stands below it until facts_close(). */
void facts_open(struct facts *facts, const char *kind, const char *format, ...) PRINTF_LIKE(3, 4);
void facts_close(struct facts *facts);

/* As an array of {"kind", "text", "facts": [...]}. */
void facts_to_json(const struct facts *facts, struct json_out *out, const char *key);
/* As a tree of lines for people, at most 100 columns wide where there are spaces to break at. */
void facts_to_tree(const struct facts *facts, struct buf *out);
