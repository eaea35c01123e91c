/*
 * The effect "call-back": what a host says when the sender's own mail host does not know the
 * sender, or cannot be asked.
 */
#pragma once

#include "sim/mx/mx_reply.h"
#include "sim/value/spec.h"

struct mx_call_back {
    struct mx_reply refuse; /* the sender is not known there */
    struct mx_reply defer;  /* nobody could say */
};

/* true, or {"refuse": "550 ...", "defer": "450 ..."}. */
int mx_call_back_read(struct spec spec, struct mx_call_back *call, struct err *err) MUST_CHECK;
