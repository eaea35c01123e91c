/*
 * The bytes that a text must have in it to match a POSIX extended regular expression: whoever
 * searches many texts looks for them first, which costs far less than the expression.
 */
#pragma once

#include "mta-under-test/base/arena.h"

/* The longest row of ordinary characters outside of groups and brackets; "" where there is none, as
 * where alternatives stand side by side. Of a valid expression that heeds case. */
const char *mta_literal_of(const char *regex, struct arena *arena);
