/*
 * The verbs of SMTP and LMTP, one row each: in which states it may stand, whether other commands
 * may follow it in one packet (RFC 2920 3.1), and what it does.
 */
#pragma once

#include "sim/mx/mx_session_state.h"

struct mx_verb {
    const char *name;
    enum mx_stage stage; /* MX_STAGE_COUNT: rules are not asked */
    unsigned states;     /* MX_STATE_BIT()s */
    bool must_be_last;   /* of a group of pipelined commands */
    void (*run)(struct mx_session *session, struct slice args);
    const char *unexpected; /* what is said in another state */
};

/* The verb, or NULL. */
const struct mx_verb *mx_verb_find(struct slice name);

void mx_verb_helo(struct mx_session *session, struct slice args);
void mx_verb_lhlo(struct mx_session *session, struct slice args);
void mx_verb_ehlo(struct mx_session *session, struct slice args);
void mx_verb_mail(struct mx_session *session, struct slice args);
void mx_verb_rcpt(struct mx_session *session, struct slice args);
void mx_verb_data(struct mx_session *session, struct slice args);
void mx_verb_bdat(struct mx_session *session, struct slice args);
void mx_verb_starttls(struct mx_session *session, struct slice args);
void mx_verb_auth(struct mx_session *session, struct slice args);
void mx_verb_rset(struct mx_session *session, struct slice args);
void mx_verb_quit(struct mx_session *session, struct slice args);
void mx_verb_noop(struct mx_session *session, struct slice args);
void mx_verb_vrfy(struct mx_session *session, struct slice args);
void mx_verb_help(struct mx_session *session, struct slice args);
