/*
 * One rule of the policy over mail ("checks"): what is looked at, which results count, and what is
 * then done.
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"
#include "mta-under-test/refmta/config/rate.h"

enum config_check_kind {
    CONFIG_CHECK_IPREV,
    CONFIG_CHECK_HELO,
    CONFIG_CHECK_DNSBL,
    CONFIG_CHECK_SPF,
    CONFIG_CHECK_DKIM,
    CONFIG_CHECK_ARC,
    CONFIG_CHECK_DMARC,
    CONFIG_CHECK_GREYLIST,
    CONFIG_CHECK_RATE,
};

enum config_check_action {
    CONFIG_ACTION_TAG,
    CONFIG_ACTION_QUARANTINE,
    CONFIG_ACTION_DEFER,
    CONFIG_ACTION_REJECT,
    CONFIG_ACTION_ACCEPT,
};

/* Whose messages a rate counts. */
enum config_rate_of { CONFIG_RATE_CLIENT, CONFIG_RATE_SENDER, CONFIG_RATE_RECIPIENT };

/* When a rule acts. */
enum config_check_at {
    CONFIG_AT_EARLIEST, /* only in the file: becomes one of the others when it is read */
    CONFIG_AT_RECIPIENT,
    CONFIG_AT_CONTENT,
};

struct config_check {
    enum config_check_kind kind;
    enum config_check_action action;
    enum config_check_at at;
    const char *zone;  /* of a blocklist */
    const char **when; /* the results that count; none: the usual ones of the check */
    size_t when_count;
    int64_t delay_us;       /* of greylisting */
    enum config_rate_of of; /* of a rate */
    struct rate rate;       /* likewise */
    bool is_for_own;        /* holds for our own clients too */
};

/* Becomes a struct config_check. */
extern const struct config_object CONFIG_CHECK;

/* Settles when each of the rules acts. They are read in their order, so none acts at RCPT that
 * stands behind one that waits for the content; -1 (a mistake) where that is asked for. */
int config_checks_place(struct config_reader *reader, struct config_check *rules, size_t count);

/* The words of the configuration. */
const char *config_action_name(enum config_check_action action);
const char *config_rate_of_name(enum config_rate_of of);
