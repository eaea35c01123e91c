/*
 * A rule: at these stages, when all of this holds, then that. Lists of rules belong to a host or to
 * a profile; they are read from a scenario once and then never change. How often a rule fired and
 * its random numbers belong to the host (mx_rulebook.h).
 */
#pragma once

#include "sim/mx/mx_action.h"

struct mx_rule {
    const char *name;
    unsigned stages; /* MX_STAGE_BIT()s */
    struct mx_condition *conditions;
    size_t condition_count;
    struct mx_action *actions;
    size_t action_count;
    bool go_on;     /* "continue": applies its effects, and the next rules are asked too */
    int64_t for_us; /* the effect stays for so long; 0 = it does not */
    struct mx_key for_key;
    unsigned slot;
    const char *effect;   /* the words of its actions, for the log */
    const char *log_text; /* "log", or NULL */
    struct spec spec;
};

struct mx_rule_list {
    const char *name; /* of the profile, "" for a host's own rules */
    struct mx_rule *rules;
    size_t count;
    unsigned stages;      /* at which there is any rule */
    unsigned auth_stages; /* at which a rule asks for the result of SPF, DKIM and the like */
    bool asks_soa;        /* a rule asks whether the sender's domain exists */
};

/* What readers of conditions and actions share. */
struct mx_rule_reader {
    struct arena *arena;
    unsigned *next_slot;
    struct mx_rule *rule; /* the one being read */
    /* The profile of that name, read at the first use; NULL with `err`. */
    const struct mx_rule_list *(*profile)(void *context, struct spec spec, const char *name,
                                          struct err *err);
    void *profile_context;
};

/* Reads the array `spec` into *list. Errors name what is unknown, contradicts itself, or can never
 * fire (a rule behind one that always decides at the same stage). */
int mx_rule_list_read(struct mx_rule_reader *reader, struct spec spec, struct mx_rule_list *list,
                      struct err *err) MUST_CHECK;
void mx_rule_list_release(struct mx_rule_list *list);

/* Why a rule holds: "when the recipient is bob@*, and the attempt is number at most 2"; "always"
 * without conditions (mx_rule_explain.c). */
void mx_rule_explain_when(const struct mx_rule *rule, struct buf *out);
/* The list as text for people, a sentence on one line for each rule. */
void mx_rule_list_explain(const struct mx_rule_list *list, struct buf *out);
/* True if a condition, or an action, of this word is told by a phrase of its own. */
bool mx_rule_has_phrase(const char *word, bool of_condition);
