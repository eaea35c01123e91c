/*
 * The arguments of authcheck: `--name value`, `--name=value`, flags, and files.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

enum { ARGS_MAX = 64, ARGS_NAME_BYTES = 32 };

/* The caller's storage, zero but for the command; all texts are borrowed from argv. */
struct args {
    const char *command; /* for hints in errors */
    size_t count;
    struct {
        const char *name; /* without "--" */
        const char *value;
    } options[ARGS_MAX];
    size_t file_count;
    const char *files[ARGS_MAX];
};

/* `known` lists the option names that are allowed, NULL at the end; a name with "!" behind it is a
 * flag that takes no value. -1 with what is wrong. */
int args_parse(struct args *args, int argc, char **argv, const char *const *known,
               struct err *err) MUST_CHECK;

/* The value (the last one given), or NULL; "" for a flag. */
const char *args_get(const struct args *args, const char *name);
struct slice args_slice(const struct args *args, const char *name);
bool args_has(const struct args *args, const char *name);
/* The value, or -1 with "--NAME is missing". */
int args_need(const struct args *args, const char *name, const char **value,
              struct err *err) MUST_CHECK;
/* A number without sign; `fallback` if the option is not there. */
int args_number(const struct args *args, const char *name, uint64_t fallback, uint64_t *number,
                struct err *err) MUST_CHECK;
