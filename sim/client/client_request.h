/*
 * A request of a client that speaks HTTP/1.1 (RFC 9112): a step {"post": "/v1/messages", "headers":
 * [...], "json": {...}}. It becomes the bytes that are said. A JSON object with "from", "to" and a
 * whole message as "raw" hands in mail; a field X-Mailrange-Id in that message names it.
 */
#pragma once

#include "sim/client/client_script.h"

#define CLIENT_REQUEST_KEYS "get", "post", "headers", "json", "body"

/* Is the step one? */
bool client_request_is(struct spec step);
/* Fills in what is said and which mail that hands in; texts are in `arena`. `host` is the server's
 * name. -1 with the place. */
int client_request_read(struct spec step, const char *host, struct arena *arena,
                        struct client_step *out, struct err *err) MUST_CHECK;
