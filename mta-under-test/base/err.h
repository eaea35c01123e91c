/*
 * An error of the environment or of the input, as a text for people. A function that can fail takes
 * a `struct err *` last, fills it with err_set() and returns -1; whoever sits at the top prints it
 * once. On the way up a caller may put the place in front with err_prefix(). A text says what was
 * expected, what was found and, where it is known, what to do.
 */
#pragma once

#include "mta-under-test/base/mem.h"

enum { ERR_TEXT_BYTES = 2048 };

/* The caller's storage; zero is "no error". */
struct err {
    char text[ERR_TEXT_BYTES];
};

/* Sets the text (cut at ERR_TEXT_BYTES) and returns -1. A NULL err is allowed. */
int err_set(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* As err_set(), with ": " and the text of errno behind it. */
int err_set_errno(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "PREFIX: " in front of the text that is there; returns -1. */
int err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
