/*
 * A certificate that the operator has named by its fingerprint, as openssl shows it: the SHA-256 of
 * the certificate in hex, with or without colons, or with "key:" in front of it of its public key
 * (SubjectPublicKeyInfo), which outlives a renewal. It becomes a TLSA record of usage 3 (RFC 6698
 * 2.1.1), which means the same.
 */
#pragma once

#include "mta-under-test/mailauth/dane/dane_record.h"

/* False if it is none. */
bool tls_pin_parse(struct arena *arena, struct slice text, struct dane_record *record) MUST_CHECK;
