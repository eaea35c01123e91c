#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

#define BIT(name) MX_STATE_BIT(MX_STATE_##name)
#define TRANSACTION (BIT(MAIL) | BIT(RCPT) | BIT(BDAT))
#define GREETED (BIT(CONNECTED) | BIT(READY) | TRANSACTION)
#define ANY (GREETED | BIT(REFUSED) | BIT(NEW))

static const struct mx_verb MX_VERBS[] = {
    {"EHLO", MX_STAGE_EHLO, GREETED, true, mx_verb_ehlo, "No mail here: send QUIT"},
    {"LHLO", MX_STAGE_EHLO, GREETED, true, mx_verb_lhlo, "No mail here: send QUIT"},
    {"HELO", MX_STAGE_EHLO, GREETED, true, mx_verb_helo, "No mail here: send QUIT"},
    {"MAIL", MX_STAGE_MAIL, BIT(READY), false, mx_verb_mail, "Bad sequence: MAIL not expected"},
    {"RCPT", MX_STAGE_RCPT, BIT(MAIL) | BIT(RCPT), false, mx_verb_rcpt,
     "Bad sequence: RCPT needs MAIL first"},
    {"DATA", MX_STAGE_DATA, BIT(MAIL) | BIT(RCPT), true, mx_verb_data,
     "Bad sequence: DATA needs MAIL and RCPT first"},
    {"BDAT", MX_STAGE_BDAT, BIT(READY) | TRANSACTION, false, mx_verb_bdat,
     "Bad sequence: BDAT needs MAIL and RCPT first"},
    {"RSET", MX_STAGE_RSET, GREETED, false, mx_verb_rset, "No mail here: send QUIT"},
    {"QUIT", MX_STAGE_QUIT, ANY, true, mx_verb_quit, ""},
    {"STARTTLS", MX_STAGE_STARTTLS, BIT(READY), true, mx_verb_starttls,
     "Bad sequence: STARTTLS not expected"},
    {"AUTH", MX_STAGE_AUTH, BIT(READY), true, mx_verb_auth, "Bad sequence: AUTH not expected"},
    {"NOOP", MX_STAGE_COUNT, GREETED, true, mx_verb_noop, "No mail here: send QUIT"},
    {"VRFY", MX_STAGE_COUNT, GREETED, true, mx_verb_vrfy, "No mail here: send QUIT"},
    {"EXPN", MX_STAGE_COUNT, GREETED, true, mx_verb_vrfy, "No mail here: send QUIT"},
    {"HELP", MX_STAGE_COUNT, GREETED, false, mx_verb_help, "No mail here: send QUIT"},
};

const struct mx_verb *mx_verb_find(struct slice name)
{
    for (size_t i = 0; i < sizeof MX_VERBS / sizeof MX_VERBS[0]; i++) {
        if (slice_is_nocase(name, MX_VERBS[i].name))
            return &MX_VERBS[i];
    }
    return NULL;
}
