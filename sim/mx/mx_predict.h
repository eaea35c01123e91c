/*
 * What a host would do to a given client, envelope and time, and which rule says so: for
 * `explain`. The rules are asked as in a run, but in a state of their own, as if nobody had come
 * before; the host itself is not touched.
 */
#pragma once

#include "sim/mx/mx_host.h"

struct mx_visit {
    struct address client;
    const char *client_name; /* PTR; NULL = none */
    const char *helo;
    const char *sender; /* "" is the null reverse-path */
    const char *recipient;
    bool tls;                     /* STARTTLS where it is offered */
    struct mx_verifier *verifier; /* who looks at SPF, DKIM and the like; NULL = nobody */
    const char *message; /* header and body with CRLF, dots as they are; NULL = a short one */
    int64_t start_us;    /* of the run, since 1970 */
    int64_t at_us;       /* the first attempt, since the start */
    unsigned attempts;   /* how often the client tries until it gets through; at least 1 */
    int64_t spacing_us;  /* between attempts */
};

enum { MX_VISIT_ATTEMPTS_MAX = 100 };

/* Appends one line for each answer of each attempt. True if the message was taken in the end. */
bool mx_host_predict(const struct mx_host *host, const struct mx_visit *visit, struct buf *out);
