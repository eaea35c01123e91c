/*
 * A comparison folded for people: the cells of one file's matrix are one group, the files of one
 * folder one topic, and verdicts are counted.
 */
#pragma once

#include "reports/compare.h"

/* Rows that follow each other; `topic` and `name` stand in the arena that compare_fold() got. */
struct compare_group {
    size_t first;
    size_t count;
    const char *topic; /* the folder: "dns" */
    const char *name;  /* what the names of its rows have in common, "\xE2\x80\xA6" for the rest */
};

/* The rows of one file each, in the order of the rows; *count of them, freed by the caller. */
struct compare_group *compare_fold(const struct compare *compare, struct arena *arena,
                                   size_t *count) MUST_CHECK;

/* The group behind the last one of the topic that starts with group `first`. */
size_t compare_topic_end(const struct compare_group *groups, size_t group_count,
                         size_t first) MUST_CHECK;

struct compare_tally {
    size_t of[COMPARE_VERDICT_COUNT];
};

struct compare_tally compare_tally(const struct compare *compare, size_t first, size_t count,
                                   size_t server) MUST_CHECK;
