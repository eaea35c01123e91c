/*
 * One command line of SMTP, taken apart (RFC 5321 4.1.1): verb and argument; for MAIL and RCPT the
 * path and the parameters. Slices point into the line. No I/O, no state.
 */
#pragma once

#include "mta-under-test/refmta/message/mailbox.h"

enum { SERVER_PARAMETERS_MAX = 16 };

struct server_parameter {
    struct slice name;
    struct slice value; /* data NULL: without "=" */
};

struct server_path_arguments {
    struct mailbox mailbox;
    bool has_utf8; /* anything but US-ASCII in the path */
    struct server_parameter parameters[SERVER_PARAMETERS_MAX];
    size_t parameter_count;
};

/* The line without its CRLF. The verb may be empty. */
void server_command_split(struct slice line, struct slice *verb, struct slice *argument);

/*
 * "FROM:<path> name=value ..." (`keyword` is "FROM" or "TO"). A space behind the colon, which the
 * RFC does not allow but many send, is taken. -1 at a syntax error.
 */
int server_command_path(struct slice argument, const char *keyword, bool allow_postmaster,
                        struct server_path_arguments *out) __attribute__((warn_unused_result));

/* A HELO or EHLO argument: a domain or an address literal, with nothing behind it but spaces. */
bool server_command_is_helo(struct slice argument);

/* xtext (RFC 3461 4). */
bool server_command_is_xtext(struct slice text);
