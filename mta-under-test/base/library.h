/*
 * A shared library that is loaded when it is first needed: one that most runs of a program never
 * use, with all that stands below it, would cost each start some milliseconds.
 *
 * The program's sources use the library's header as ever, and call it through pointers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mta-under-test/base/err.h"

/* A function or variable of the library, and the pointer that is to lead to it. */
struct library_symbol {
    const char *name;
    void *pointer; /* address of a pointer to a function or variable */
};

struct library {
    const char *file; /* "libz.so.1" */
    const struct library_symbol *symbols;
    size_t count;
    bool is_loaded;
};

/*
 * Loads the library, for good, and sets all pointers; nothing happens if that has been done. Any
 * thread may call it. -1 if the library or a symbol cannot be found, with the loader's own words in
 * `err`; then no pointer is set, and the next call tries again.
 */
int library_load(struct library *library, struct err *err) MUST_CHECK;
