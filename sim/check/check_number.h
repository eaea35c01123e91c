/*
 * Numbers of things in the words of a verdict, in the singular where there is one.
 */
#pragma once

#include "sim/value/range.h"

/* A number, or a range of numbers, of what `nouns` (in the plural) says: "2 tries", "at most 1
 * try", "exactly 1 message accepted". Of one thing the first word loses its plural. The text lives
 * in the arena. */
const char *check_number_of(int64_t number, const char *nouns, struct arena *arena);
const char *check_range_of(struct range range, const char *nouns, struct arena *arena);
