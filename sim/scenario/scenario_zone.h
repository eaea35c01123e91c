/*
 * What the zones of a scenario say about mail, asked of the DNS model. Only for this folder.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "sim/dns/dns_model.h"

/* Calls back for each MX record: the domain and its host, both as plain text. A null MX (RFC 7505)
 * has the host ".". */
typedef void scenario_mx_visitor(void *context, const char *domain, const char *host);
void scenario_visit_mx(const struct dns_model *model, scenario_mx_visitor *visitor, void *context);

/* The same for each address record. */
typedef void scenario_address_visitor(void *context, const char *name,
                                      const struct address *address);
void scenario_visit_addresses(const struct dns_model *model, scenario_address_visitor *visitor,
                              void *context);

/* The same for each RRset that no message can hold: "7000 MX records of a.test". */
typedef void scenario_overfull_visitor(void *context, const char *what);
void scenario_visit_overfull(const struct dns_model *model, scenario_overfull_visitor *visitor,
                             void *context);

enum { SCENARIO_ADDRESSES_MAX = 16 };

/* The addresses of one name in its zone; returns how many. */
size_t scenario_zone_addresses(const struct dns_model *model, const char *name,
                               struct address addresses[SCENARIO_ADDRESSES_MAX]);
