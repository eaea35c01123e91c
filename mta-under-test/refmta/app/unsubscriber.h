/*
 * The end point of unsubscription by one click (RFC 8058): a POST with the right body to a URL of
 * ours puts its recipient on the suppression list. A GET changes nothing, since scanners follow
 * links; it shows a page with a button. In TLS where there is a certificate.
 */
#pragma once

#include "mta-under-test/refmta/app/settings.h"
#include "mta-under-test/refmta/report/suppression.h"

struct unsubscriber;

struct unsubscriber_options {
    const struct settings *settings;
    struct event_base *base;
    struct log *log;
    struct queue *queue; /* tells whoever listens */
    struct suppression *suppression;
};

/* Binds the port; NULL with a text. */
struct unsubscriber *unsubscriber_open(const struct unsubscriber_options *options,
                                       struct err *err) MUST_CHECK;
void unsubscriber_close(struct unsubscriber **unsubscriber);
uint16_t unsubscriber_port(const struct unsubscriber *unsubscriber);
