/*
 * A MIME entity (RFC 2045, 2046): a message or a part of one, as far as its structure goes. Nothing
 * is copied but a boundary in quotes: slices point into the bytes that were read.
 */
#pragma once

#include "mta-under-test/mailauth/core/message.h"

struct mime_entity {
    struct message message; /* the fields, and the body behind them */
    struct slice type;      /* "text", "plain" where there is no Content-Type that can be read */
    struct slice subtype;
    struct slice boundary; /* of a multipart; empty: it names none */
    struct slice encoding; /* Content-Transfer-Encoding; empty: none is told */
    bool has_type;         /* there is a Content-Type */
};

/* `in_digest`: what tells no type is a message (RFC 2046 5.1.5). False when there are too many
 * fields. */
bool mime_entity_read(struct arena *arena, struct slice bytes, bool in_digest,
                      struct mime_entity *entity) MUST_CHECK;

/* "multipart", or "multipart/signed"; letters compare without case. */
bool mime_entity_is(const struct mime_entity *entity, const char *type, const char *subtype);

/* A line between two parts: `bytes` has the CRLF in front of it, which is no part of the part, and
 * the one at its end. */
struct mime_delimiter {
    size_t start; /* in the text that was searched */
    struct slice bytes;
    bool is_last; /* "--boundary--" */
};

/* The first one in `body`, which begins at the start of a line. */
bool mime_delimiter_find(struct slice body, struct slice boundary,
                         struct mime_delimiter *delimiter) MUST_CHECK;
