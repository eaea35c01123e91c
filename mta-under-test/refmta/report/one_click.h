/*
 * Unsubscription by one click (RFC 8058): the header fields that offer it, and the token in their
 * URL, which tells who unsubscribes and cannot be made by anybody else (HMAC-SHA256). Pure.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/message/envelope.h"

struct one_click {
    const char *const *senders; /* globs of reverse-paths whose mail offers it */
    size_t sender_count;
    const char *url;
    struct slice secret;
};

/* Appends the fields List-Unsubscribe and List-Unsubscribe-Post for this recipient. */
void one_click_write(const struct one_click *one_click, const char *recipient, struct buf *out);

/* Puts the fields into a message of such a sender that goes to one recipient and has none of its
 * own, at `at`, where its header begins (behind what is ours). Before it is signed. */
void one_click_offer(const struct one_click *one_click, const struct envelope *envelope,
                     struct buf *content, size_t at);

/* The recipient of a token, the last part of the URL's path; false if we did not make it. */
bool one_click_read(const struct one_click *one_click, struct slice token,
                    struct buf *recipient) MUST_CHECK;

/* Whether a request's body is that of RFC 8058 3.2. */
bool one_click_is_request(struct slice body);
