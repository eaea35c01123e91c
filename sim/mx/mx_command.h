/*
 * SMTP command lines (RFC 5321 4.1.1), without any state: lines off the front of the input, verb
 * and arguments, ESMTP parameters.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct mx_line {
    struct slice text; /* without its end */
    size_t consumed;   /* with its end */
    bool bare_lf;      /* ended by LF alone */
    bool bare_cr;      /* holds a CR inside */
};

/* 1 with a line, 0 if its end has not come yet, -1 if it is longer than `max` (at the present no
 * end is in sight, or it is behind `max`). The end is CRLF; LF alone is taken and noted. */
int mx_line_next(struct slice input, size_t max, struct mx_line *line) MUST_CHECK;

struct mx_command {
    struct slice verb;
    struct slice args; /* behind the first space, without spaces at the end */
};

struct mx_command mx_command_split(struct slice line);

struct mx_parameter {
    struct slice key;
    struct slice value; /* empty if there is no "=" */
};

/* 1 with the next of " KEY=VALUE KEY ...", 0 at the end, -1 if what stands there is none
 * (esmtp-param of RFC 5321 4.1.2). Takes it off *rest. */
int mx_parameter_next(struct slice *rest, struct mx_parameter *parameter) MUST_CHECK;

/* xtext of RFC 3461 section 4: printable, "+" and "=" only as "+HH"; at most `max` bytes. */
bool mx_parameter_is_xtext(struct slice value, size_t max);

/* Is it a domain or an address literal as RFC 5321 4.1.2, 4.1.3 allow for EHLO? */
bool mx_hello_name_is_valid(struct slice name);
bool mx_domain_is_valid(struct slice name);
