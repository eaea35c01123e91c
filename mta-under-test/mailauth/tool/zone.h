/*
 * DNS from a JSON file, for `authcheck --dns FILE`:
 *
 *     { "example.test": { "TXT": [["v=spf1 ", "-all"]], "A": ["192.0.2.1"],
 *                         "MX": [[10, "mx.test"]], "AAAA": "SERVFAIL", "*": "TIMEOUT" } }
 *
 * A text in place of a list is an error for that type, "*" stands for all types that are not
 * listed; a name that is not there is NXDOMAIN, a type that is not there NODATA. Each character of
 * a text is one byte (U+0000 to U+00FF). CNAMEs are followed, at most ten.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/core/dns_cache.h"

struct zone;

/* Reads a zone; -1 with what is wrong and where. */
int zone_parse(struct slice json, struct zone **zone, struct err *err) MUST_CHECK;
int zone_load(const char *path, struct zone **zone, struct err *err) MUST_CHECK;

/* Can every record be read? -1 names the first that cannot; answers go without it. */
int zone_check(struct zone *zone, struct err *err) MUST_CHECK;
void zone_free(struct zone **zone);

/* The resolver of it, valid as long as the zone. */
struct dns_resolver zone_resolver(struct zone *zone);
