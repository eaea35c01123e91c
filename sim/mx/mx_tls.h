/*
 * A host's side of TLS as data: the settings "tls" and "dane", what it shows, and the TLSA records
 * that are published about it.
 *
 *     "tls": { "identity": "expired", "versions": "1.0..1.1" },
 *     "dane": [ "3 1 1", { "tlsa": "3 1 1", "of": "previous" } ]
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/mx/mx_host.h"

enum { MX_TLSA_MAX = 64 };

int mx_tls_settings_read(struct spec spec, struct mx_host *host, struct err *err) MUST_CHECK;
int mx_dane_settings_read(struct spec spec, struct arena *arena, struct mx_host *host,
                          struct err *err) MUST_CHECK;

/* The host's side of a new connection (SSL_free), with what it shows. NULL with `err`; an authority
 * of NULL is an error too. */
SSL *mx_tls_connect(struct mx_host *host, struct tls_authority *authority,
                    struct tls_contexts *contexts, struct err *err) MUST_CHECK;

/* The host has a new key and certificate from its next handshake on. */
void mx_tls_rotate(struct mx_host *host);

/* Appends the i-th TLSA record (of host->tlsa_count) as text: "3 1 1 C0FF...". */
int mx_dane_to_text(struct mx_host *host, size_t i, struct tls_authority *authority,
                    struct buf *out, struct err *err) MUST_CHECK;

/* Both in words, for `explain`. */
void mx_tls_explain(const struct mx_host *host, struct buf *out);
