/*
 * Writes JSON (RFC 8259) straight into a buf, in the order in which it is called and with no tree
 * in between, so that the same calls give the same bytes. Keys are written as given; texts are
 * escaped. Bytes that are not valid UTF-8 come out as U+FFFD, so the output is always valid JSON.
 *
 *     struct json_out out;
 *     json_out_init(&out, &buf);
 *     json_out_object(&out, NULL);
 *     json_out_text(&out, "host", "mx.example.test");
 *     json_out_int(&out, "code", 250);
 *     json_out_end(&out);
 *
 * `key` is NULL inside an array and for the outermost value. Nesting goes to JSON_OUT_DEPTH_MAX.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum { JSON_OUT_DEPTH_MAX = 32 };

struct json_out {
    struct buf *buf;
    unsigned depth;
    unsigned indent; /* spaces for each level; 0 = all on one line */
    bool first;      /* nothing was written yet in the innermost object or array */
    char closers[JSON_OUT_DEPTH_MAX];
};

void json_out_init(struct json_out *out, struct buf *buf);
/* For files that people read. */
void json_out_init_pretty(struct json_out *out, struct buf *buf);

void json_out_object(struct json_out *out, const char *key);
void json_out_array(struct json_out *out, const char *key);
/* Closes the innermost object or array. */
void json_out_end(struct json_out *out);

/* A NULL text is written as null. */
void json_out_text(struct json_out *out, const char *key, const char *text);
void json_out_slice(struct json_out *out, const char *key, struct slice text);
void json_out_format(struct json_out *out, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);
void json_out_int(struct json_out *out, const char *key, int64_t number);
void json_out_bool(struct json_out *out, const char *key, bool value);
void json_out_null(struct json_out *out, const char *key);
/* A number with `decimals` digits behind the point, never in exponent form. */
void json_out_real(struct json_out *out, const char *key, double number, int decimals);
/* JSON that is already written. */
void json_out_raw(struct json_out *out, const char *key, const char *json);

/* Only the text, quoted and escaped. */
void json_escape(struct buf *buf, struct slice text);
