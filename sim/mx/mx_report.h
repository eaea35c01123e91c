/*
 * The events of a session (docs/events.md, source mx). The only place where they are written.
 */
#pragma once

#include "sim/mx/mx_session_state.h"

void mx_report_connect(struct mx_session *session, uint64_t attempt);
void mx_report_command(struct mx_session *session, struct slice verb, struct slice line);
void mx_report_reply(struct mx_session *session, const struct mx_answer *answer);
void mx_report_tls(struct mx_session *session, const struct mx_tls_facts *facts, const char *error);
void mx_report_data(struct mx_session *session, size_t bytes);
void mx_report_accepted(struct mx_session *session, bool reply_sent);
/* A message that came whole, and was not taken by this answer. */
void mx_report_declined(struct mx_session *session, const struct mx_answer *answer);
void mx_report_violation(struct mx_session *session, const char *what, const char *rfc,
                         const char *level, const char *text);
/* The sender's mail host was asked. */
void mx_report_call_back(struct mx_session *session, int code, const char *text);
void mx_report_disconnect(struct mx_session *session, const char *by);

/* A connection that no session was made for: refused by a host that does not listen (`host`), or
 * to an address that no host has (`host` NULL). */
void mx_report_refused(struct event_log *log, const struct mx_host *host,
                       const struct address *client, const struct address *server, uint16_t port);
