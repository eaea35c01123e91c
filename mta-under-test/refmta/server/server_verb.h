/*
 * What the files of the session share: the verb table, and one function for each verb (one file
 * each for those with some weight). For the server's own files.
 */
#pragma once

#include "mta-under-test/refmta/server/server_command.h"
#include "mta-under-test/refmta/server/server_session.h"

/* One row of the table. `states` are bits 1 << enum server_state in which it may run. */
struct server_verb {
    const char *name;
    unsigned states;
    bool (*check)(struct server_session *session, struct slice argument); /* NULL: always right */
    enum server_event (*run)(struct server_session *session, struct slice argument);
    bool is_idle; /* brings no mail forward: limited in number */
};

/* NULL if there is none of that name. */
const struct server_verb *server_verb_find(struct slice name);

/* The only writer of session->state. */
void server_session_set_state(struct server_session *session, enum server_state state);

/* Writes "CODE STATUS text"; without a status "CODE text". A code from 400 on is counted as an
 * error of the client, and logged. */
void server_reply(struct server_session *session, int code, const char *status, const char *format,
                  ...) PRINTF_LIKE(4, 5);
/* Writes one line of a reply of several lines: "CODE-text". */
void server_reply_more(struct server_session *session, int code, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Back to the state between transactions. */
void server_session_reset(struct server_session *session);
/* Writes the fields that go on top of the message. */
void server_trace_add(struct server_session *session, struct buf *out);

enum server_event server_run_helo(struct server_session *session, struct slice argument);
enum server_event server_run_ehlo(struct server_session *session, struct slice argument);
bool server_check_helo(struct server_session *session, struct slice argument);
enum server_event server_run_mail(struct server_session *session, struct slice argument);
enum server_event server_run_rcpt(struct server_session *session, struct slice argument);
enum server_event server_run_data(struct server_session *session, struct slice argument);
enum server_event server_run_starttls(struct server_session *session, struct slice argument);
bool server_check_starttls(struct server_session *session, struct slice argument);
bool server_check_no_argument(struct server_session *session, struct slice argument);

bool server_check_auth(struct server_session *session, struct slice argument);
enum server_event server_run_auth(struct server_session *session, struct slice argument);

/* Whether users log in on this listener, and whether they may at this moment. */
bool server_auth_is_configured(const struct server_session *session);
bool server_auth_is_allowed(const struct server_session *session);
/* Writes " PLAIN LOGIN ...": the mechanisms that the client may use now. */
void server_auth_offer(const struct server_session *session, struct buf *out);
/* A line in SERVER_STATE_AUTH, without its CRLF. */
enum server_event server_auth_line(struct server_session *session, struct slice line);
/* Forgets who has logged in. */
void server_auth_deinit(struct server_session *session);

enum server_event server_run_vrfy(struct server_session *session, struct slice argument);
enum server_event server_run_expn(struct server_session *session, struct slice argument);
bool server_check_etrn(struct server_session *session, struct slice argument);
enum server_event server_run_etrn(struct server_session *session, struct slice argument);
bool server_check_xclient(struct server_session *session, struct slice argument);
enum server_event server_run_xclient(struct server_session *session, struct slice argument);
/* Its line in the reply to EHLO. */
void server_xclient_offer(struct server_session *session);
/* Writes the greeting. */
void server_session_greet(struct server_session *session);

enum server_event server_run_bdat(struct server_session *session, struct slice argument);
/* Takes bytes of the chunk off the input; true when it is whole, and *event says what then. */
bool server_bdat_feed(struct server_session *session, struct buf *in, enum server_event *event);

/* Starts the content of a message: takes a queue id, writes the trace, sets the scanner up. */
void server_data_begin(struct server_session *session);
/* Whether the client may say what is for our own users only: when its mail goes, and before whose.
 */
bool server_client_is_own(const struct server_session *session);
/* On a listener for users: whether the domain is fully qualified, local, or an address (RFC
 * 6409 6.2).
 */
bool server_domain_is_whole(const struct server_session *session, const struct mailbox *mailbox);
/* The longest wait that HOLDFOR and HOLDUNTIL may ask for. */
#define SERVER_HOLD_MAX_US (30 * TIME_DAY)

/* At RCPT: whether something must be asked before the policy can say anything of recipients: then
 * session->check is what. */
bool server_policy_needs_check(struct server_session *session);
/* Whether the policy lets in the recipient, as it was named; answers if not. */
bool server_policy_takes(struct server_session *session, const char *recipient);
/* The RCPT that waited goes on. */
enum server_event server_rcpt_resume(struct server_session *session);

/* The content is right and may come in: completes, signs, and hands it over. */
enum server_event server_data_accept(struct server_session *session);
/* The content is right: what the policy says of it; of our own clients, or of strangers. */
enum server_event server_data_check_own(struct server_session *session);
enum server_event server_data_check(struct server_session *session);
/* Puts fields on top of the message, behind our own Received. */
void server_data_put_on_top(struct server_session *session, struct slice fields);
/* The content is whole: refuses it, or hands it over. */
enum server_event server_data_end(struct server_session *session);
