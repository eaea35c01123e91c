/*
 * Reading a scenario's JSON, strictly. A `struct spec` is one value of the document together with
 * the place where it stands; each part of the simulator reads its own part of the language through
 * it. A wrong value ends in an error that names file, line, JSON path, what was expected, what was
 * found, and the nearest right word:
 *
 *   scenarios/x.json:14: $.hosts["mx.a.test"].rules[0].then.dealy: unknown key;
 *   did you mean "delay"?
 *
 * A spec borrows from its document and is passed by value. Errors are returned as -1 with `err`.
 *
 * Reading an object:
 *
 *     static const char *const KEYS[] = {"name", "delay", NULL};
 *     if (spec_check_keys(spec, KEYS, err) != 0)
 *         return -1;
 *     struct spec delay;
 *     if (spec_get(spec, "delay", &delay) && spec_read_span(delay, &rule->delay_us, err) != 0)
 *         return -1;
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"
#include "mta-under-test/base/time_text.h"

/* A parsed document: text, tree, file name. Everything read from it lives as long as it does. */
struct spec_document;

struct spec {
    struct spec_document *document;
    const cJSON *json; /* never NULL in a spec that was handed out */
    const char *path;  /* "$.hosts[\"mx.a.test\"]", owned by the document */
};

enum {
    SPEC_DOCUMENT_BYTES_MAX = 16 * 1024 * 1024,
    SPEC_DEPTH_MAX = 64,
};

/* Parses a file or a text; NULL with file, line and column in `err`. Refuses a document that is
 * larger than SPEC_DOCUMENT_BYTES_MAX, nested deeper than SPEC_DEPTH_MAX, has a key twice in one
 * object, or anything behind the value. `name` is what errors call it. */
struct spec_document *spec_document_open(const char *path, struct err *err) MUST_CHECK;
struct spec_document *spec_document_parse(const char *name, struct slice text,
                                          struct err *err) MUST_CHECK;
void spec_document_free(struct spec_document **document);

const char *spec_document_name(const struct spec_document *document);
struct spec spec_root(struct spec_document *document);

/* Puts `base` under `document`, as "extend" does: a key that only the base has is taken over, two
 * objects are merged key by key, everything else of the document replaces the base's. A member
 * "+key" whose value is an array is appended to the base's array "key". Errors in a part that came
 * from the base still name the base's file and line. Consumes `base` (set to NULL), also when it
 * fails: -1 if a "+key" is no array or has no array to be appended to. */
int spec_document_extend(struct spec_document *document, struct spec_document **base,
                         struct err *err) MUST_CHECK;

/* A name and the text that stands for "${name}" in values. */
struct spec_variable {
    const char *name;
    const char *text;
};

/* Puts the variables (`count` of them) into all texts of the document, but not into keys; a text
 * that is one "${name}" and nothing else becomes a number, true or false where the variable's text
 * is one. -1 at a name that is none of them. "$${" stands for "${". */
int spec_document_substitute(struct spec_document *document, const struct spec_variable *variables,
                             size_t count, struct err *err) MUST_CHECK;

/* ---- walking */

/* The member `key` of an object; false if it is not there. */
bool spec_get(struct spec object, const char *key, struct spec *member) MUST_CHECK;
/* The same, but its absence is an error that says what it is for. */
int spec_need(struct spec object, const char *key, struct spec *member, struct err *err) MUST_CHECK;

/* Members of an object or elements of an array, in order: i from 0 to spec_count() - 1. */
size_t spec_count(struct spec container);
struct spec spec_at(struct spec container, size_t i);
/* The key of the i-th member of an object. */
const char *spec_key_at(struct spec object, size_t i);

/* An error if it is no object, or has a key that is not in `keys` (NULL-terminated). */
int spec_check_keys(struct spec object, const char *const *keys, struct err *err) MUST_CHECK;
int spec_check_array(struct spec array, struct err *err) MUST_CHECK;
/* The same value, wherever the two stand; members of objects in any order. */
bool spec_equal(struct spec a, struct spec b);
bool spec_is_text(struct spec spec);
bool spec_is_number(struct spec spec);
bool spec_is_array(struct spec spec);
bool spec_is_object(struct spec spec);
bool spec_is_bool(struct spec spec);

/* ---- values, as people write them */

/* A text, borrowed from the document, not empty. */
int spec_read_text(struct spec spec, const char **text, struct err *err) MUST_CHECK;
/* A text, or an array of texts (at least one); the array is in `arena`. */
int spec_read_texts(struct spec spec, struct arena *arena, const char *const **texts, size_t *count,
                    struct err *err) MUST_CHECK;
int spec_read_bool(struct spec spec, bool *value, struct err *err) MUST_CHECK;
/* A whole number in min .. max. */
int spec_read_int(struct spec spec, int64_t min, int64_t max, int64_t *value,
                  struct err *err) MUST_CHECK;
/* One of the words; *index is its place in the NULL-terminated list. */
int spec_read_word(struct spec spec, const char *const *words, size_t *index,
                   struct err *err) MUST_CHECK;
/* The error for what should be WHAT, a duration or several: names the unit that a bare number
 * lacks. */
int spec_expected_span(struct spec spec, struct err *err, const char *what);
/* "250ms", "5m", "1h30m". */
int spec_read_span(struct spec spec, int64_t *span_us, struct err *err) MUST_CHECK;
/* "2026-03-02T09:00:00Z". */
int spec_read_instant(struct spec spec, int64_t *at_us, struct err *err) MUST_CHECK;
/* "25MB", "512kB", "1GiB", or a number of bytes. */
int spec_read_size(struct spec spec, int64_t *bytes, struct err *err) MUST_CHECK;
/* "30%" or "99.5%", in millionths. */
int spec_read_share(struct spec spec, uint32_t *millionths, struct err *err) MUST_CHECK;
/* A domain name, lower case, no final dot; IDNA A-labels. In `arena`. */
int spec_read_domain(struct spec spec, struct arena *arena, const char **name,
                     struct err *err) MUST_CHECK;

/* The same from plain text, for keys and for parts of a value: -1 or NULL if it is none. */
int spec_size_from_text(struct slice text, int64_t *bytes) MUST_CHECK;
int spec_share_from_text(struct slice text, int64_t *millionths) MUST_CHECK;
const char *spec_domain_from_text(const char *text, struct arena *arena) MUST_CHECK;

/* ---- errors */

/* Sets "FILE:LINE: PATH: <your text>" and returns -1. */
int spec_error(struct spec spec, struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with "expected WHAT, found ..." where what was found is said by itself. */
int spec_expected(struct spec spec, struct err *err, const char *what);
/* The same with "VALUE: no such NOUN; did you mean ...?", the nearest of `words` or all of them. */
int spec_unknown(struct spec spec, struct err *err, const char *noun, const char *const *words);
/* The same with "no such file: PATH; did you mean ...?"; `other`, if it is not NULL, is where it
 * was looked for too. */
int spec_no_file(struct spec spec, struct err *err, const char *path, const char *other);
/* "FILE:LINE: PATH" for messages that are made elsewhere; in `arena`. */
const char *spec_place(struct spec spec, struct arena *arena);
