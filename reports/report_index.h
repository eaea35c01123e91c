/*
 * From a text to the number of an element in some array; 0 = none, so the first element is 1.
 */
#pragma once

#include "mta-under-test/base/map.h"

/* The caller's storage; all zero is empty. */
struct report_index {
    struct map map;
};

/* The number, or 0. */
size_t report_index_get(const struct report_index *index, const char *text);
/* Sets it (from 1); returns what it was before, or 0. */
size_t report_index_set(struct report_index *index, const char *text, size_t number);
void report_index_deinit(struct report_index *index);
