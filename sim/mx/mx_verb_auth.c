/*
 * AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN, for hosts that take submissions.
 */
#include "mta-under-test/base/text.h"
#include "sim/mx/mx_command.h"
#include "sim/mx/mx_report.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

enum { MX_AUTH_BYTES_MAX = 12288 };

static void mx_auth_stop(struct mx_session *session)
{
    free(session->auth_user);
    session->auth_user = NULL;
    if (session->state == MX_STATE_AUTH)
        mx_session_set_state(session, MX_STATE_READY);
}

static void mx_auth_judge(struct mx_session *session, const char *user, const char *password)
{
    const struct mx_host *host = session->options.host;
    bool good = host->credential_count == 0;
    for (size_t i = 0; i < host->credential_count && !good; i++)
        good = strcmp(host->credentials[i].user, user) == 0 &&
               strcmp(host->credentials[i].password, password) == 0;
    struct mx_reply usual =
        good ? mx_session_reply(session, 235, "2.7.0", "Authentication succeeded")
             : mx_session_reply(session, 535, "5.7.8", "Authentication credentials invalid");
    char *name = mem_text_copy(user);
    mx_auth_stop(session);
    if (mx_session_answer(session, MX_STAGE_AUTH, &usual)) {
        free(session->user);
        session->user = name;
        session->facts.user = session->user;
    } else {
        free(name);
    }
}

static void mx_auth_fail(struct mx_session *session, const char *text)
{
    mx_auth_stop(session);
    mx_session_refuse_bad(session, MX_STAGE_AUTH, 501, "5.5.2", text);
}

/* authorization-id NUL user NUL password */
static void mx_auth_plain(struct mx_session *session, struct slice bytes)
{
    size_t first = slice_find(bytes, '\0');
    struct slice rest = first == SIZE_MAX ? slice_from(NULL, 0) : slice_skip(bytes, first + 1);
    size_t second = slice_find(rest, '\0');
    if (second == SIZE_MAX || second == 0) {
        mx_auth_fail(session, "Bad PLAIN response");
        return;
    }
    char *user = mem_text_copy_n(rest.data, second);
    struct slice last = slice_skip(rest, second + 1);
    char *password = mem_text_copy_n(last.data, last.len);
    mx_auth_judge(session, user, password);
    free(user);
    free(password);
}

static void mx_auth_challenge(struct mx_session *session, enum mx_auth_step step, const char *text)
{
    mx_session_set_state(session, MX_STATE_AUTH);
    session->auth_step = step;
    mx_session_refuse(session, MX_STAGE_AUTH, 334, "", text);
}

static void mx_auth_take(struct mx_session *session, struct slice bytes)
{
    switch (session->auth_step) {
    case MX_AUTH_PLAIN:
        mx_auth_plain(session, bytes);
        return;
    case MX_AUTH_LOGIN_USER:
        free(session->auth_user);
        session->auth_user = mem_text_copy_n(bytes.data, bytes.len);
        mx_auth_challenge(session, MX_AUTH_LOGIN_PASSWORD, "UGFzc3dvcmQ6"); /* "Password:" */
        return;
    case MX_AUTH_LOGIN_PASSWORD: {
        char *password = mem_text_copy_n(bytes.data, bytes.len);
        mx_auth_judge(session, session->auth_user, password);
        free(password);
        return;
    }
    }
}

static void mx_auth_take_line(struct mx_session *session, struct slice line)
{
    struct buf bytes;
    buf_init(&bytes, MX_AUTH_BYTES_MAX);
    if (text_from_base64(&bytes, line) == 0)
        mx_auth_take(session, buf_slice(&bytes));
    else
        mx_auth_fail(session, "Cannot decode the response");
    buf_deinit(&bytes);
}

void mx_verb_auth_feed(struct mx_session *session, struct slice line)
{
    mx_report_command(session, SLICE(""), SLICE("(response)"));
    if (slice_is(line, "*"))
        mx_auth_fail(session, "Authentication cancelled");
    else
        mx_auth_take_line(session, line);
}

void mx_verb_auth(struct mx_session *session, struct slice args)
{
    if (!session->esmtp || !mx_host_offers(session->options.host, MX_EXTENSION_AUTH)) {
        mx_lint_report(session, MX_VIOLATION_PARAMETER_NOT_OFFERED, "AUTH was not offered");
        mx_session_refuse_bad(session, MX_STAGE_AUTH, 502, "5.5.1", "Command not implemented");
        return;
    }
    if (session->user[0] != '\0') {
        mx_session_refuse_bad(session, MX_STAGE_AUTH, 503, "5.5.1", "Already authenticated");
        return;
    }
    if (session->facts.tls_version[0] == '\0')
        mx_lint_report(session, MX_VIOLATION_AUTH_IN_CLEAR, "a password sent in clear");
    struct mx_command mechanism = mx_command_split(args);
    bool plain = slice_is_nocase(mechanism.verb, "PLAIN");
    if (!plain && !slice_is_nocase(mechanism.verb, "LOGIN")) {
        mx_session_refuse_bad(session, MX_STAGE_AUTH, 504, "5.5.4", "Mechanism not supported");
        return;
    }
    session->auth_step = plain ? MX_AUTH_PLAIN : MX_AUTH_LOGIN_USER;
    if (slice_is(mechanism.args, "="))
        mx_auth_take(session, slice_from("", 0));
    else if (mechanism.args.len > 0)
        mx_auth_take_line(session, mechanism.args);
    else if (plain)
        mx_auth_challenge(session, MX_AUTH_PLAIN, "");
    else
        mx_auth_challenge(session, MX_AUTH_LOGIN_USER, "VXNlcm5hbWU6"); /* "Username:" */
}
