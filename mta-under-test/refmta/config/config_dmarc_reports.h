/*
 * Reports on DMARC to the domains that ask for them ("dmarc-reports").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

struct config_dmarc_reports {
    const char *from;         /* mailbox; NULL: none are made */
    const char *organization; /* NULL: the host name */
};

/* Becomes a struct config_dmarc_reports. */
extern const struct config_object CONFIG_DMARC_REPORTS;
