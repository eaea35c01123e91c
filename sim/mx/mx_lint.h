/*
 * The conformance linter: what a client does against the standards. A finding is an event
 * (violation); each kind is logged once a session, with what was seen.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

#define MX_VIOLATIONS(X)                                                        \
    X(EARLY_TALK, "early-talk", "RFC 5321 3.1", "must")                         \
    X(HELO_NAME, "helo-name", "RFC 5321 4.1.1.1", "must")                       \
    X(HELO_SHORT, "helo-not-qualified", "RFC 5321 2.3.5", "should")             \
    X(HELLO_FIRST, "no-ehlo", "RFC 5321 4.1.4", "should")                       \
    X(LINE_TOO_LONG, "command-too-long", "RFC 5321 4.5.3.1.4", "must")          \
    X(COMMAND_BARE_LF, "command-bare-lf", "RFC 5321 2.3.8", "must")             \
    X(COMMAND_BARE_CR, "command-bare-cr", "RFC 5321 2.3.8", "must")             \
    X(UNKNOWN_COMMAND, "unknown-command", "RFC 5321 4.1.1", "must")             \
    X(SYNTAX, "syntax", "RFC 5321 4.1.2", "must")                               \
    X(SPACE_AFTER_COLON, "space-after-colon", "RFC 5321 3.3", "must")           \
    X(PATH_TOO_LONG, "path-too-long", "RFC 5321 4.5.3.1", "must")               \
    X(SOURCE_ROUTE, "source-route", "RFC 5321 3.6.1", "should")                 \
    X(ORDER, "order", "RFC 5321 4.1.4", "must")                                 \
    X(NESTED_MAIL, "nested-mail", "RFC 5321 4.1.4", "must")                     \
    X(REPLY_IGNORED, "reply-ignored", "RFC 5321 4.2.1", "must")                 \
    X(PIPELINING_NOT_OFFERED, "pipelining-not-offered", "RFC 2920 3.1", "must") \
    X(PIPELINING_WRONG, "pipelining-wrong", "RFC 2920 3.1", "must")             \
    X(STARTTLS_INJECTION, "starttls-pipelined", "RFC 3207 4", "must")           \
    X(PARAMETER_NOT_OFFERED, "parameter-not-offered", "RFC 5321 2.2.1", "must") \
    X(SIZE_EXCEEDED, "size-exceeded", "RFC 1870 6.1", "should")                 \
    X(SIZE_WRONG, "size-wrong", "RFC 1870 6", "should")                         \
    X(EIGHT_BIT, "eight-bit", "RFC 6152 3", "must")                             \
    X(UTF8_ADDRESS, "utf8-address", "RFC 6531 3.4", "must")                     \
    X(UTF8_HEADER, "utf8-header", "RFC 6531 3.4", "must")                       \
    X(BINARY_WITH_DATA, "binary-with-data", "RFC 3030 3", "must")               \
    X(DATA_BARE_LF, "bare-lf", "RFC 5321 2.3.8", "must")                        \
    X(DATA_BARE_CR, "bare-cr", "RFC 5321 2.3.8", "must")                        \
    X(DATA_NUL, "nul", "RFC 5322 2.2", "must")                                  \
    X(LONG_LINE, "long-line", "RFC 5321 4.5.3.1.6", "must")                     \
    X(NOT_STUFFED, "dot-not-stuffed", "RFC 5321 4.5.2", "must")                 \
    X(HEADER_MISSING, "header-missing", "RFC 5322 3.6", "should")               \
    X(HEADER_TWICE, "header-twice", "RFC 5322 3.6", "must")                     \
    X(AFTER_421, "command-after-421", "RFC 5321 3.8", "should")                 \
    X(AFTER_QUIT, "command-after-quit", "RFC 5321 4.1.1.10", "must")            \
    X(NO_QUIT, "no-quit", "RFC 5321 4.1.1.10", "should")                        \
    X(AUTH_IN_CLEAR, "auth-in-clear", "RFC 4954 4", "should")

enum mx_violation {
#define X(name, word, rfc, level) MX_VIOLATION_##name,
    MX_VIOLATIONS(X)
#undef X
        MX_VIOLATION_COUNT,
};

struct mx_session;
struct mx_verb;
struct mx_line;

/* What the linter remembers of a session. */
struct mx_lint {
    uint64_t seen;      /* kinds that were logged */
    bool was_pipelined; /* the command at hand had come before the reply to the one before it */
    bool is_pipelined;  /* something has come behind the command at hand */
    bool out_of_step;   /* a reply was said twice, or RSET refused: the client cannot know */
    bool told_421;      /* the last reply was 421 */
};

/* Logs a finding, once a session for each kind; the text says what was seen. */
void mx_lint_report(struct mx_session *session, enum mx_violation violation, const char *format,
                    ...) PRINTF_LIKE(3, 4);

/* A command line has come; `more` bytes had come behind it. */
void mx_lint_line(struct mx_session *session, const struct mx_line *line, size_t more);
/* Its verb is known and is about to run. */
void mx_lint_verb(struct mx_session *session, const struct mx_verb *verb);
/* The whole content has come. */
void mx_lint_content(struct mx_session *session);
/* The client is gone without the server having closed. */
void mx_lint_client_left(struct mx_session *session);
