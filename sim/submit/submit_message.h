/*
 * The messages of a scenario as bytes: which recipients share a transaction, which id a message
 * has, and what stands in it.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "sim/scenario/model/scenario_model.h"

/* The header line that carries a message's id through the server under test. */
#define SUBMIT_ID_HEADER "X-Mailrange-Id"

enum { SUBMIT_CONTENT_BYTES_MAX = 256 * 1024 * 1024 };

/* One message to hand in: the plain recipients of an entry share one, each text of a sequence
 * ("user{1..5000}@a.test") makes one of its own. */
struct submit_message {
    const struct scenario_message *entry;
    const char *id; /* the entry's id; with "/N" behind it where the entry makes several */
    const char *const *to;
    size_t to_count;
    const struct buf *file; /* what stands in the entry's file, where it was read before; or NULL */
};

/* The i-th message of an entry, i < entry->instances; in `arena`. */
struct submit_message submit_message_at(const struct scenario_message *entry, size_t i,
                                        struct arena *arena);

/*
 * Headers and body with CRLF line ends, without dot-stuffing. A message from a file keeps its bytes
 * (lone LF and CR become CRLF); the id header goes on top; header lines that the scenario names
 * replace those of that name or are added.
 */
int submit_message_build(const struct submit_message *message, int64_t now_us, struct buf *out,
                         struct err *err) MUST_CHECK;
