/*
 * Who may hand in mail over HTTP: a file with lines "NAME SHA256", the hash of a random token in
 * lower-case hex (printf %s TOKEN | sha256sum). Empty lines and those that begin with # are passed
 * over. A token is as long as a key, so a plain hash is enough.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"

struct submission_token {
    const char *name;
    const char *hash;
};

struct submission_tokens {
    struct arena arena;
    struct submission_token *list;
    size_t count;
};

/* -1 with the file and the line. To be released in both cases. */
int submission_tokens_load(struct submission_tokens *tokens, const char *path,
                           struct err *err) MUST_CHECK;
void submission_tokens_deinit(struct submission_tokens *tokens);
/* The name whose token it is, NULL if it is none. Takes the same time for each wrong one. */
const char *submission_tokens_find(const struct submission_tokens *tokens, const char *token);
