/*
 * Follows what a client says to the server under test and what it hears, to know which mail it has
 * handed in (RFC 5321 section 3.3, with BDAT of RFC 3030): only mail with the field X-Mailrange-Id
 * in its header, by which the simulated hosts know it again. No I/O.
 *
 * Lines end in LF here; content ends as RFC 5321 4.1.1.4 has it, at CRLF "." CRLF alone. A client
 * that says more than CLIENT_MAIL_BYTES_MAX at a time, or waits for more replies than
 * CLIENT_MAIL_REPLIES_MAX, is not followed any further.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { CLIENT_MAIL_BYTES_MAX = 64 * 1024 * 1024, CLIENT_MAIL_REPLIES_MAX = 100000 };

struct client_mail;

/* A message with its envelope; valid during the call that tells it. */
struct client_letter {
    const char *id;
    const char *from;
    const char *const *to;
    size_t to_count;
    int64_t bytes; /* of its content */
};

struct client_mail_options {
    /* All of it is said; to whom, as the client wants it. */
    void (*submitted)(void *context, const struct client_letter *letter);
    /* The server has decided, with this code; to whom, as far as it has taken the recipients. */
    void (*decided)(void *context, const struct client_letter *letter, int code);
    void *context;
};

/* The id in a line of a message's header, in `arena`; NULL if it is another field, or empty. */
const char *client_mail_id(struct slice line, struct arena *arena);

struct client_mail *client_mail_new(const struct client_mail_options *options);
void client_mail_free(struct client_mail **mail);

/* The client says this. */
void client_mail_say(struct client_mail *mail, struct slice bytes);
/* It hears a reply; the first one is the server's greeting. */
void client_mail_hear(struct client_mail *mail, int code);
/* Is there something that the server has not replied to? */
bool client_mail_waits(const struct client_mail *mail);
/* The reply that lets the client go on: 354 to DATA, else 250. */
int client_mail_good_code(const struct client_mail *mail);
