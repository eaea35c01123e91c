/*
 * Reading JSON values strictly, with a message that names the JSON path, what was expected and what
 * was found. For the parser of the configuration only.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/refmta/config/config.h"

struct config_reader {
    struct arena *arena;
    struct err *err;
    const char *name; /* of the file */
};

/* A whole text; NULL with its line and column where it is not JSON. Release with cJSON_Delete(). */
cJSON *config_read_json(struct config_reader *reader, struct slice json) MUST_CHECK;

/* One key of an object and the function that reads its value. */
struct config_key {
    const char *name;
    int (*read)(struct config_reader *reader, const cJSON *value, const char *path, void *target);
};

/* Reads an object by its list of keys (ended by a NULL name): each key at most once, no others. */
int config_read_object(struct config_reader *reader, const cJSON *value, const char *path,
                       const struct config_key *keys, void *target) MUST_CHECK;

/* -1 with "NAME: PATH: expected EXPECTED, found ...". */
int config_expected(struct config_reader *reader, const cJSON *value, const char *path,
                    const char *expected);

int config_read_text(struct config_reader *reader, const cJSON *value, const char *path,
                     const char **out) MUST_CHECK;
int config_read_span(struct config_reader *reader, const cJSON *value, const char *path,
                     int64_t *out) MUST_CHECK;
int config_read_flag(struct config_reader *reader, const cJSON *value, const char *path,
                     bool *out) MUST_CHECK;
/* "25MB", "512kB" (powers of 1024), or a number of bytes. */
int config_read_size(struct config_reader *reader, const cJSON *value, const char *path,
                     uint64_t *out) MUST_CHECK;
int config_read_whole(struct config_reader *reader, const cJSON *value, const char *path,
                      unsigned min, unsigned max, unsigned *out) MUST_CHECK;
/* One of `words` (NULL-terminated); the index. */
int config_read_word(struct config_reader *reader, const cJSON *value, const char *path,
                     const char *const *words, unsigned *out) MUST_CHECK;
/* A host name (RFC 1123 2.1), as lower case. */
int config_read_hostname(struct config_reader *reader, const cJSON *value, const char *path,
                         const char **out) MUST_CHECK;
/* Where the elements of a list go. */
struct config_array {
    size_t size;  /* of one element */
    void **items; /* from the arena */
    size_t *count;
    int (*read)(struct config_reader *reader, const cJSON *value, const char *path, void *target);
};

/* Reads each element of a list. */
int config_read_array(struct config_reader *reader, const cJSON *value, const char *path,
                      const struct config_array *into) MUST_CHECK;
