/*
 * The stages of an SMTP session at which rules are asked. `helo` counts as ehlo, and `data-body`
 * comes while the message is being sent.
 */
#pragma once

#define MX_STAGES(X)          \
    X(CONNECT, "connect")     \
    X(BANNER, "banner")       \
    X(EHLO, "ehlo")           \
    X(STARTTLS, "starttls")   \
    X(TLS, "tls")             \
    X(AUTH, "auth")           \
    X(MAIL, "mail")           \
    X(RCPT, "rcpt")           \
    X(DATA, "data")           \
    X(DATA_BODY, "data-body") \
    X(DATA_END, "data-end")   \
    X(BDAT, "bdat")           \
    X(RSET, "rset")           \
    X(QUIT, "quit")

enum mx_stage {
#define X(name, word) MX_STAGE_##name,
    MX_STAGES(X)
#undef X
        MX_STAGE_COUNT,
};

#define MX_STAGE_BIT(stage) (1u << (unsigned)(stage))

enum { MX_STAGES_ALL = (1 << MX_STAGE_COUNT) - 1 };

/* "connect", "banner", ...; NULL-terminated, in the order of the enum. */
extern const char *const MX_STAGE_WORDS[];
