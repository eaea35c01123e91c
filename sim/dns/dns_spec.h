/*
 * Reads the scenario's "dns" object:
 *
 *     "dns": {
 *       "resolver": "sim",
 *       "ttl": "5m", "udp-size": 1232,
 *       "zones": { "sender.test": [ "@ MX 10 mail" ], "a.test": "fixtures/zones/a.test.zone" },
 *       "signed": [ "a.test" ],
 *       "faults": [ { "name": "*.slow.test", "type": "A", "answer": "none", "during": "10m..2h",
 *                     "probability": "20%" } ]
 *     }
 */
#pragma once

#include "sim/dns/dns_model.h"
#include "sim/value/spec.h"

/* Fills the model. Zone files are looked for in `folder` (of the scenario), then in `root` (of the
 * project). Errors name the place in the scenario, and in a zone file its line. */
int dns_spec_parse(struct spec spec, const char *folder, const char *root, struct dns_model *model,
                   struct err *err) MUST_CHECK;

/* To be called when all zones are there, those too that were made from hosts: marks what "signed"
 * names. -1 if it names a zone that does not exist. */
int dns_spec_finish(struct spec spec, struct dns_model *model, struct err *err) MUST_CHECK;
