/*
 * Actions: what stands under `then` of a rule. As with conditions, each kind is one row of a table;
 * to add one, write its functions and add the row in mx_action.c.
 */
#pragma once

#include "sim/mx/mx_call_back.h"
#include "sim/mx/mx_condition.h"
#include "sim/mx/mx_limit.h"
#include "sim/mx/mx_reply.h"
#include "sim/mx/mx_spoil.h"

/* How the host goes on after (or instead of) its reply. */
#define MX_ENDINGS(X)           \
    X(NONE, "")                 \
    X(CLOSE, "close")           \
    X(RESET, "reset")           \
    X(HANG, "hang")             \
    X(HALF_CLOSE, "half-close") \
    X(TLS, "tls")

enum mx_ending {
#define X(name, word) MX_ENDING_##name,
    MX_ENDINGS(X)
#undef X
        MX_ENDING_COUNT,
};

/* What goes wrong in a TLS handshake. */
#define MX_TLS_FAULTS(X)                                                          \
    X(NONE, "none")                                                               \
    X(HANG, "hang")       /* the handshake is never answered */                   \
    X(GARBAGE, "garbage") /* answered by bytes that are no TLS */                 \
    X(CLOSE, "close")     /* the connection is closed instead of a ServerHello */ \
    X(RESET, "reset")     /* likewise, reset */                                   \
    X(ALERT, "alert")     /* a fatal alert, handshake_failure */

/* What goes wrong with TLS after a handshake that was right. */
#define MX_TLS_SLIPS(X)                                                                       \
    X(NONE, "none")                                                                           \
    X(RENEGOTIATE, "renegotiate")         /* asks for another handshake; 1.3: for new keys */ \
    X(NO_CLOSE_NOTIFY, "no-close-notify") /* the end comes unannounced */                     \
    X(CUT_RECORD, "cut-record")           /* half of a record, then the end */

enum mx_tls_slip {
#define X(name, word) MX_TLS_SLIP_##name,
    MX_TLS_SLIPS(X)
#undef X
        MX_TLS_SLIP_COUNT,
};

enum mx_tls_fault {
#define X(name, word) MX_TLS_FAULT_##name,
    MX_TLS_FAULTS(X)
#undef X
        MX_TLS_FAULT_COUNT,
};

extern const char *const MX_TLS_FAULT_WORDS[];

/* What the rules of a stage came to. The session owns it and uses it again. */
struct mx_effects {
    const struct mx_rule *rule; /* the one whose reply stands, else the last that fired, or NULL */
    struct mx_reply reply;      /* code 0: none; its text is in `text` */
    struct buf text;
    const char *raw;    /* sent as it is in place of a reply, or NULL */
    const char *teaser; /* first line of a greeting whose rest comes after the delay, or NULL */
    int64_t delay_us;
    int64_t drip; /* bytes a second; 0 = at once */
    enum mx_ending ending;
    bool stay_open; /* "close": false: even after a 421 */
    bool swallow;
    bool lose_reply;
    bool junk;
    enum mx_tls_fault tls_fault;
    enum mx_spoil spoil;
    const struct mx_call_back *call_back; /* asks for the sender first; NULL = does not */
    struct mx_limit limit;                /* what it sets holds for the rest of the connection */
    const struct mx_rule_list *profile;
};

struct mx_action;

struct mx_action_kind {
    const char *word;
    unsigned stages;
    int (*read)(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                struct err *err);
    void (*apply)(const struct mx_action *action, struct mx_question *question,
                  struct mx_effects *effects);
};

struct mx_action {
    const struct mx_action_kind *kind;
    union {
        struct mx_reply reply; /* the text is a template */
        struct range span;
        int64_t number;
        bool flag;
        enum mx_tls_fault tls_fault;
        enum mx_spoil spoil;
        struct mx_limit limit;
        struct mx_call_back call_back;
        const struct mx_rule_list *profile;
        const char *text;
    };
};

/* In the order in which effects are applied; ends with a row without a word. */
extern const struct mx_action_kind MX_ACTION_KINDS[];

/* Names that a template in a reply may hold; NULL-terminated. */
extern const char *const MX_TEMPLATE_NAMES[];

void mx_effects_init(struct mx_effects *effects);
void mx_effects_deinit(struct mx_effects *effects);
void mx_effects_reset(struct mx_effects *effects);
