/*
 * Globs: "*" stands for any run of characters, "?" for one; letters of US-ASCII compare without
 * case. The time is at most the product of both lengths, whatever the pattern: what a hostile
 * server says cannot make it slow, as it could with backtracking regular expressions.
 */
#pragma once

#include "mta-under-test/base/slice.h"

bool glob_matches(const char *pattern, struct slice text);
/* Whether one of them matches; nothing matches NULL. */
bool glob_matches_any(const char *const *patterns, size_t count, const char *text);
