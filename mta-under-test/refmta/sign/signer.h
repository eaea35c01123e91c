/*
 * Signs messages with DKIM (RFC 6376): rsa-sha256, or ed25519-sha256 (RFC 8463), by the key. There
 * may be several keys: of several domains, of both kinds side by side, and for one time after the
 * other, so that a selector changes by the calendar.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

struct signer;

/* Borrowed during signer_open() only. */
struct signer_key {
    const char *domain;
    const char *selector;
    const char *file; /* the private key, PEM */
    int64_t from_us;  /* 0: since ever */
    int64_t until_us; /* 0: for ever */
    bool is_for_all;  /* signs whatever the domain of From is */
};

/* NULL with the file in `err` if a key is none, or cannot sign for its domain and selector. */
struct signer *signer_open(const struct signer_key *keys, size_t count, struct err *err) MUST_CHECK;
void signer_close(struct signer **signer);

/*
 * Appends a field "DKIM-Signature: ..." with its CRLF for each key that signs the message, in
 * relaxed form on both sides: all keys that are good at that time, and whose domain is the nearest
 * of them to that of From (itself, or above it); without such a domain those that are for all. No
 * key: nothing is appended. The fields that a reader sees are covered once more often than they
 * are there, so that nobody can add another (RFC 6376 5.4, 8.15). -1: the message has no From.
 */
int signer_sign(const struct signer *signer, struct slice content, int64_t now_us, struct buf *out,
                struct err *err) MUST_CHECK;

/*
 * Appends the content with new signatures in the place of those of our keys, which no longer fit
 * since it was changed. What has none of ours is appended as it is. -1 as signer_sign(); then
 * nothing is appended.
 */
int signer_sign_again(const struct signer *signer, struct slice content, int64_t now_us,
                      struct buf *out, struct err *err) MUST_CHECK;

struct signer_seal_facts {
    const char *authserv_id; /* ours, in Authentication-Results */
    int64_t now_us;
};

/*
 * Appends an ARC Set (RFC 8617 5.1) over the content, whose Authentication-Results field is ours:
 * the three fields, each with its CRLF, made with the key that is for all. Nothing where there is
 * no such key, or where a chain may not be continued.
 */
int signer_seal(const struct signer *signer, struct slice content,
                const struct signer_seal_facts *facts, struct buf *out, struct err *err) MUST_CHECK;
