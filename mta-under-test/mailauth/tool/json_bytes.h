/*
 * Bytes in JSON texts: each character U+0000 to U+00FF is one byte. NUL needs care, since cJSON
 * keeps texts that end in NUL: json_bytes_parse() reads the escape \u0000 as U+E000 (a private
 * character), and json_bytes_of() makes it NUL again.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"

/* Reads a JSON text; NULL if it is none, then *at is about where. Release with cJSON_Delete(). */
cJSON *json_bytes_parse(struct slice json, size_t *at) MUST_CHECK;

/* Decodes one byte a character. A character above U+00FF is kept as its UTF-8 bytes. */
struct slice json_bytes_of(struct arena *arena, const char *text);

/* The text in UTF-8 as it is, only with NUL brought back. */
struct slice json_bytes_utf8(struct arena *arena, const char *text);
