/*
 * ESMTP parameters as a client gave them with MAIL or RCPT, "SIZE=120 SMTPUTF8", and what a rule or
 * an expectation asks of them: {"SMTPUTF8": true, "RET": "HDRS", "REQUIRETLS": false}.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/value/pattern.h"

struct parameter_match {
    const char *name;
    bool wanted;           /* false: it must not be there */
    struct pattern *value; /* NULL: any value, or none */
};

struct parameters {
    struct parameter_match *list;
    size_t count;
};

/* -1 with the place. Lives as long as `arena`, except that parameters_release() must be called. */
int parameters_read(struct spec spec, struct arena *arena, struct parameters *parameters,
                    struct err *err) MUST_CHECK;
void parameters_release(struct parameters *parameters);

/* Do the parameters of MAIL and of RCPT, taken together, hold what is asked? */
bool parameters_match(const struct parameters *parameters, const char *mail, const char *rcpt);
/* As they are asked for: "SMTPUTF8, RET=HDRS, no REQUIRETLS". */
void parameters_write(const struct parameters *parameters, struct buf *out);
