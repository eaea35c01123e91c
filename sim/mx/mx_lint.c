#include "sim/mx/mx_lint.h"

#include "mta-under-test/base/text.h"
#include "sim/mx/mx_command.h"
#include "sim/mx/mx_header.h"
#include "sim/mx/mx_report.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

enum {
    MX_LINT_COMMAND_BYTES = 510, /* with CRLF 512 (RFC 5321 4.5.3.1.4) */
    MX_LINT_LINE_BYTES = 998,    /* with CRLF 1000 (4.5.3.1.6) */
    MX_LINT_TEXT_BYTES = 512,
};

static const struct {
    const char *word;
    const char *rfc;
    const char *level;
} MX_VIOLATION_ROWS[MX_VIOLATION_COUNT] = {
#define X(name, word, rfc, level) {word, rfc, level},
    MX_VIOLATIONS(X)
#undef X
};

_Static_assert(MX_VIOLATION_COUNT <= 64, "kinds are bits of one number");

void mx_lint_report(struct mx_session *session, enum mx_violation violation, const char *format,
                    ...)
{
    uint64_t bit = UINT64_C(1) << (unsigned)violation;
    if ((session->lint.seen & bit) != 0)
        return;
    session->lint.seen |= bit;
    struct buf text;
    buf_init(&text, MX_LINT_TEXT_BYTES);
    va_list args;
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    mx_report_violation(session, MX_VIOLATION_ROWS[violation].word,
                        MX_VIOLATION_ROWS[violation].rfc, MX_VIOLATION_ROWS[violation].level,
                        buf_text(&text));
    buf_deinit(&text);
}

void mx_lint_line(struct mx_session *session, const struct mx_line *line, size_t more)
{
    struct mx_lint *lint = &session->lint;
    lint->was_pipelined = lint->is_pipelined;
    lint->is_pipelined = more > 0;
    if (line->bare_lf)
        mx_lint_report(session, MX_VIOLATION_COMMAND_BARE_LF, "a command ended by LF alone");
    if (line->bare_cr)
        mx_lint_report(session, MX_VIOLATION_COMMAND_BARE_CR, "a CR inside a command");
    if (line->text.len > MX_LINT_COMMAND_BYTES && session->state != MX_STATE_AUTH)
        mx_lint_report(session, MX_VIOLATION_LINE_TOO_LONG, "a command line of %zu bytes",
                       line->text.len);
    if (lint->told_421)
        mx_lint_report(session, MX_VIOLATION_AFTER_421, "a command although 421 was answered");
    if (session->quit)
        mx_lint_report(session, MX_VIOLATION_AFTER_QUIT, "a command behind QUIT");
}

static void mx_lint_pipelining(struct mx_session *session, const struct mx_verb *verb)
{
    bool offered = session->esmtp && mx_host_offers(session->options.host, MX_EXTENSION_PIPELINING);
    if (!session->lint.is_pipelined || session->quit || session->lint.out_of_step)
        return;
    /* The bytes of a chunk follow BDAT at once, and what is behind STARTTLS has its own finding. */
    if (verb->run == mx_verb_bdat || verb->run == mx_verb_starttls)
        return;
    if (verb->must_be_last)
        mx_lint_report(session, MX_VIOLATION_PIPELINING_WRONG,
                       "something was sent behind %s before its reply", verb->name);
    else if (!offered)
        mx_lint_report(session, MX_VIOLATION_PIPELINING_NOT_OFFERED,
                       "something was sent behind %s before its reply", verb->name);
}

static void mx_lint_order(struct mx_session *session, const struct mx_verb *verb)
{
    if ((verb->states & MX_STATE_BIT(session->state)) != 0)
        return;
    /* A group of pipelined commands goes on after one of them was refused. */
    bool unaware = session->lint.was_pipelined;
    if (verb->stage == MX_STAGE_MAIL && session->state == MX_STATE_CONNECTED)
        mx_lint_report(session, MX_VIOLATION_HELLO_FIRST, "MAIL before EHLO");
    else if (verb->stage == MX_STAGE_MAIL && !(unaware && session->lint.out_of_step))
        mx_lint_report(session, MX_VIOLATION_NESTED_MAIL, "MAIL inside a mail transaction");
    else if (session->state == MX_STATE_REFUSED && !unaware)
        mx_lint_report(session, MX_VIOLATION_REPLY_IGNORED, "%s although the greeting refused",
                       verb->name);
    else if (verb->stage == MX_STAGE_RCPT && !unaware)
        mx_lint_report(session, MX_VIOLATION_REPLY_IGNORED, "RCPT although no MAIL was taken");
    else if (verb->stage == MX_STAGE_DATA && !unaware)
        mx_lint_report(session, MX_VIOLATION_REPLY_IGNORED, "DATA although no MAIL was taken");
    else if (!unaware)
        mx_lint_report(session, MX_VIOLATION_ORDER, "%s is out of order", verb->name);
}

void mx_lint_verb(struct mx_session *session, const struct mx_verb *verb)
{
    mx_lint_pipelining(session, verb);
    mx_lint_order(session, verb);
}

/* Header fields that must stand exactly once, or at most once (RFC 5322 3.6). */
static void mx_lint_header(struct mx_session *session)
{
    static const struct {
        const char *name;
        bool needed;
    } FIELDS[] = {
        {"Date", true},     {"From", true},        {"Sender", false},     {"Reply-To", false},
        {"To", false},      {"Cc", false},         {"Message-ID", false}, {"In-Reply-To", false},
        {"Subject", false}, {"References", false},
    };
    enum { COUNT = sizeof FIELDS / sizeof FIELDS[0] };
    unsigned seen[COUNT] = {0};
    struct slice rest = session->facts.header;
    struct slice name;
    struct slice value;
    while (mx_header_next(&rest, &name, &value)) {
        for (size_t i = 0; i < COUNT; i++)
            seen[i] += slice_is_nocase(name, FIELDS[i].name) ? 1 : 0;
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (seen[i] == 0 && FIELDS[i].needed)
            mx_lint_report(session, MX_VIOLATION_HEADER_MISSING, "a message without %s",
                           FIELDS[i].name);
        if (seen[i] > 1)
            mx_lint_report(session, MX_VIOLATION_HEADER_TWICE, "%s stands %u times", FIELDS[i].name,
                           seen[i]);
    }
}

static void mx_lint_size(struct mx_session *session)
{
    const struct mx_transaction *transaction = &session->transaction;
    int64_t size_max = mx_session_size_max(session);
    size_t bytes = transaction->data.bytes;
    if (mx_session_offers(session, MX_EXTENSION_SIZE) && size_max > 0 && bytes > (uint64_t)size_max)
        mx_lint_report(session, MX_VIOLATION_SIZE_EXCEEDED,
                       "a message of %zu bytes where SIZE %lld was offered", bytes,
                       (long long)size_max);
    /* The declared size is an estimate (RFC 1870 6); far too small a one deceives the server. */
    if (transaction->declared_bytes >= 0 && bytes / 2 > (uint64_t)transaction->declared_bytes)
        mx_lint_report(session, MX_VIOLATION_SIZE_WRONG, "SIZE=%lld declared, %zu bytes sent",
                       (long long)transaction->declared_bytes, bytes);
}

/* What lines must be like; a BINARYMIME message has none (RFC 3030 3). */
static void mx_lint_lines(struct mx_session *session, const struct mx_data *data)
{
    if (data->bare_lf)
        mx_lint_report(session, MX_VIOLATION_DATA_BARE_LF, "LF without CR in a message");
    if (data->bare_cr)
        mx_lint_report(session, MX_VIOLATION_DATA_BARE_CR, "CR without LF in a message");
    if (data->nul)
        mx_lint_report(session, MX_VIOLATION_DATA_NUL, "a NUL byte in a message");
    if (data->stray_dot)
        mx_lint_report(session, MX_VIOLATION_NOT_STUFFED,
                       "a line began with one dot: dots are doubled at the start of a line");
    if (data->line_bytes_max > MX_LINT_LINE_BYTES)
        mx_lint_report(session, MX_VIOLATION_LONG_LINE, "a line of %zu bytes",
                       data->line_bytes_max);
}

void mx_lint_content(struct mx_session *session)
{
    const struct mx_transaction *transaction = &session->transaction;
    const struct mx_data *data = &transaction->data;
    if (!transaction->binary)
        mx_lint_lines(session, data);
    if (!transaction->utf8 && !text_is_ascii(session->facts.header))
        mx_lint_report(session, MX_VIOLATION_UTF8_HEADER,
                       "8-bit text in the header of a message that was sent without SMTPUTF8");
    if (data->eight_bit && !transaction->eight_bit)
        mx_lint_report(session, MX_VIOLATION_EIGHT_BIT, "8-bit text without BODY=8BITMIME%s",
                       mx_host_offers(session->options.host, MX_EXTENSION_EIGHT_BIT)
                           ? ""
                           : ", which the host does not offer");
    mx_lint_size(session);
    mx_lint_header(session);
}

void mx_lint_client_left(struct mx_session *session)
{
    /* Where the host had hung up or gone silent, leaving is all that a client can do. */
    if (session->quit || session->state == MX_STATE_NEW || session->state == MX_STATE_CLOSED ||
        session->state == MX_STATE_TLS || session->lint.told_421 || session->need != MX_NEED_INPUT)
        return;
    mx_lint_report(session, MX_VIOLATION_NO_QUIT, "the client closed the connection without QUIT");
}
