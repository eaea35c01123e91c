/*
 * EHLO and HELO (RFC 5321 4.1.1.1); LHLO in their place (RFC 2033 4.1).
 */
#include "sim/mx/mx_command.h"
#include "sim/mx/mx_verb.h"
#include "sim/value/address.h"

#include "mta-under-test/base/poison.h"

static void mx_hello_add_line(struct buf *text, const char *line)
{
    buf_add_char(text, '\n');
    buf_add_text(text, line);
}

/* Not offered inside TLS (RFC 3207 4.2), and where a middlebox has written over it. */
static void mx_hello_add_starttls(const struct mx_session *session, struct buf *text)
{
    if (session->facts.tls_version[0] == '\0')
        mx_hello_add_line(text, session->options.host->strips_starttls ? "XXXXXXXA" : "STARTTLS");
}

static void mx_hello_add_extension(const struct mx_session *session, enum mx_extension extension,
                                   struct buf *text)
{
    const struct mx_host *host = session->options.host;
    if (extension == MX_EXTENSION_STARTTLS) {
        mx_hello_add_starttls(session, text);
    } else if (extension == MX_EXTENSION_REQUIRETLS) {
        if (session->facts.tls_version[0] != '\0')
            mx_hello_add_line(text, MX_EXTENSION_WORDS[extension]);
    } else if (extension == MX_EXTENSION_SIZE && mx_session_size_max(session) > 0) {
        buf_format(text, "\nSIZE %lld", (long long)mx_session_size_max(session));
    } else if (extension == MX_EXTENSION_AUTH) {
        buf_format(text, "\nAUTH %s", host->auth[0] != '\0' ? host->auth : "PLAIN LOGIN");
    } else {
        mx_hello_add_line(text, MX_EXTENSION_WORDS[extension]);
    }
}

/* Is the name a fully-qualified domain name, or an address in brackets (RFC 5321 2.3.5, 4.1.3)?
 * That the DNS knows it is not asked for here. */
static void mx_hello_lint(struct mx_session *session, struct slice name)
{
    struct address address;
    struct slice shown = slice_first(name, 128);
    if (address_from_text(name, &address) == 0)
        mx_lint_report(session, MX_VIOLATION_HELO_NAME, "\"%.*s\" is an address without brackets",
                       SLICE_ARG(shown));
    else if (!mx_hello_name_is_valid(name))
        mx_lint_report(session, MX_VIOLATION_HELO_NAME,
                       "\"%.*s\" is neither a domain nor an address literal", SLICE_ARG(shown));
    else if (slice_find(name, '.') == SIZE_MAX && name.data[0] != '[')
        mx_lint_report(session, MX_VIOLATION_HELO_SHORT, "\"%.*s\" is not a fully-qualified name",
                       SLICE_ARG(shown));
}

static void mx_hello(struct mx_session *session, struct slice name, bool extended)
{
    const struct mx_host *host = session->options.host;
    if (name.len == 0) {
        mx_lint_report(session, MX_VIOLATION_HELO_NAME, "EHLO without a name");
        mx_session_refuse_bad(session, MX_STAGE_EHLO, 501, "5.5.4", "A host name is needed");
        return;
    }
    mx_hello_lint(session, name);
    mx_transaction_reset(session);
    free(session->helo);
    session->helo = mem_text_copy_n(name.data, name.len);
    session->facts.helo = session->helo;
    struct mx_reply usual = mx_session_reply(session, 250, "", "%s", host->name);
    for (unsigned i = 0; extended && i < MX_EXTENSION_COUNT; i++) {
        if (mx_host_offers(host, (enum mx_extension)i))
            mx_hello_add_extension(session, (enum mx_extension)i, &session->text);
    }
    for (size_t i = 0; extended && i < host->line_count; i++)
        mx_hello_add_line(&session->text, host->lines[i]);
    usual.text = buf_text(&session->text);
    if (!mx_session_answer(session, MX_STAGE_EHLO, &usual) || session->state == MX_STATE_CLOSED)
        return;
    session->esmtp = extended;
    mx_session_set_state(session, MX_STATE_READY);
}

/* "A server MUST return 500" to the other protocol's greeting: so each side knows at once. */
static bool mx_hello_is_lmtp(struct mx_session *session, bool wanted, const char *text)
{
    bool right = session->options.host->is_lmtp == wanted;
    if (!right) {
        mx_lint_report(session, MX_VIOLATION_UNKNOWN_COMMAND, "%s", text);
        mx_session_refuse_bad(session, MX_STAGE_EHLO, 500, "5.5.1", text);
    }
    return right;
}

void mx_verb_lhlo(struct mx_session *session, struct slice args)
{
    if (mx_hello_is_lmtp(session, true, "LHLO is no command of SMTP"))
        mx_hello(session, args, true);
}

void mx_verb_helo(struct mx_session *session, struct slice args)
{
    if (mx_hello_is_lmtp(session, false, "This is LMTP: say LHLO"))
        mx_hello(session, args, false);
}

void mx_verb_ehlo(struct mx_session *session, struct slice args)
{
    if (!mx_hello_is_lmtp(session, false, "This is LMTP: say LHLO"))
        return;
    if (session->options.host->no_esmtp)
        mx_session_refuse(session, MX_STAGE_EHLO, 502, "5.5.1", "Command not implemented");
    else
        mx_hello(session, args, true);
}
