/*
 * Patterns of the scenario language: a text is matched exactly, with globs ("*" any run, "?" one
 * character), or by a POSIX extended regular expression between slashes ("/^a+$/"). Letters compare
 * without case. A list of patterns matches if one of them does; "!x" in a list excludes.
 */
#pragma once

#include "sim/value/spec.h"

struct pattern;

/* A text or an array of texts; -1 with the place of the one that cannot be compiled,
 * or that the list itself excludes again. Lives as long
 * as `arena`, except that pattern_release() must be called for its regular expressions. */
int pattern_read(struct spec spec, struct arena *arena, struct pattern **pattern,
                 struct err *err) MUST_CHECK;
void pattern_release(struct pattern *pattern);

/* It has no wild cards and is no regular expression. */
bool pattern_is_exact(const char *text);
/* Of a pattern that was read: -1 at an exact text that is none of `words`, the only ones that ever
 * come; the error calls them by `noun`. */
int pattern_check_words(struct spec spec, const char *noun, const char *const *words,
                        struct err *err) MUST_CHECK;

/* NULL matches everything. */
bool pattern_matches(const struct pattern *pattern, struct slice text);
/* The same for what has several names: one of them must match, and none be excluded. */
bool pattern_matches_any(const struct pattern *pattern, const struct slice *texts, size_t count);
/* Does `wide` match whatever `narrow` does? Told is only what is certain. */
bool pattern_is_within(const struct pattern *narrow, const struct pattern *wide);
/* As it was written, for messages. */
const char *pattern_text(const struct pattern *pattern);
