/*
 * Answers of DNS told as facts.
 */
#pragma once

#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"

/* Adds what was asked and what came: "MX x.test: 10 mx1.x.test, 20 mx2.x.test", "A y.test: no such
 * name". TXT records are only counted, since whoever reads one tells it. `facts` may be NULL. */
void dns_facts_add(struct facts *facts, enum dns_type type, struct slice name,
                   const struct dns_answer *answer);
