#include "mta-under-test/refmta/config/config_dmarc_reports.h"

#include "mta-under-test/base/poison.h"

static const struct config_key KEYS[] = {
    {"from", CONFIG_TEXT(struct config_dmarc_reports, from), .is_needed = true,
     .help = "the mailbox that they come from, of a domain that passes DMARC itself"},
    {"organization", CONFIG_TEXT(struct config_dmarc_reports, organization),
     .help = "who makes them; by default the host name"},
    CONFIG_END,
};

const struct config_object CONFIG_DMARC_REPORTS = {.size = sizeof(struct config_dmarc_reports),
                                                   .keys = KEYS};
