/*
 * Reads answers of HTTP/1.1 (RFC 9112): the status, and the body by its Content-Length, in chunks,
 * or up to the end of the connection. No I/O.
 */
#pragma once

#include "sim/submit/submit_reply.h"

/*
 * Takes one whole answer off the front of `input`, as submit_reply_parse() does: the status becomes
 * the code, the body the text, without line ends behind it. `is_ended`: nothing more will come.
 * What has no more meaning than "go on" (100 to 199) is passed over.
 */
int client_answer_parse(struct submit_reply *reply, struct slice input, bool is_ended,
                        size_t *used) MUST_CHECK;
