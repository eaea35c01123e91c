/*
 * What the timeline does to policies and blocklists:
 *
 *     { "at": "1h", "do": "sts-set", "domain": "bigmail.test", "mode": "none", "id": "2" }
 *     { "at": "2h", "do": "list-ip", "blocklist": "zen.dnsbl.test", "ip": "192.0.2.10" }
 *     { "at": "9h", "do": "delist-ip", "blocklist": "zen.dnsbl.test", "ip": "192.0.2.10" }
 */
#pragma once

#include "sim/policy/policy_model.h"

enum policy_change {
    POLICY_CHANGE_STS,    /* what is given changes, the rest stays; a new id is published */
    POLICY_CHANGE_LIST,   /* the address or prefix is listed */
    POLICY_CHANGE_DELIST, /* it is no more */
};

/* Reads the entry and makes it happen; with `dns` NULL nothing changes, and only errors are told.
 */
int policy_change_apply(struct policy_model *model, struct dns_model *dns,
                        enum policy_change change, struct spec entry, struct err *err) MUST_CHECK;
