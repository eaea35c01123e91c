/*
 * One rule of the policy over mail from strangers ("checks"): what is looked at, which results
 * count, and what is then done.
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

enum config_check_kind {
    CONFIG_CHECK_IPREV,
    CONFIG_CHECK_HELO,
    CONFIG_CHECK_DNSBL,
    CONFIG_CHECK_SPF,
    CONFIG_CHECK_DKIM,
    CONFIG_CHECK_ARC,
    CONFIG_CHECK_DMARC,
};

enum config_check_action {
    CONFIG_ACTION_TAG,
    CONFIG_ACTION_QUARANTINE,
    CONFIG_ACTION_DEFER,
    CONFIG_ACTION_REJECT,
    CONFIG_ACTION_ACCEPT,
};

struct config_check {
    enum config_check_kind kind;
    enum config_check_action action;
    const char *zone;  /* of a blocklist */
    const char **when; /* the results that count; none: the usual ones of the check */
    size_t when_count;
};

/* Becomes a struct config_check. */
extern const struct config_object CONFIG_CHECK;
