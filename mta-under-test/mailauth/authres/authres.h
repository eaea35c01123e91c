/*
 * Authentication-Results (RFC 8601), with the properties that DMARC (RFC 7489 11.1) and ARC (RFC
 * 8617 10.1) add: parser, writer, and the removal of fields that claim to be one's own.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/mailauth/core/message.h"

enum { AUTHRES_RESULTS_MAX = 200, AUTHRES_PROPERTIES_MAX = 32 };

/* "smtp.mailfrom=a@example.test" */
struct authres_property {
    struct slice type; /* "smtp", "header", "body", "policy", ... */
    struct slice name;
    struct slice value; /* without quotes */
};

/* One method's result. */
struct authres_result {
    struct slice method;
    unsigned version; /* 1 where none stands */
    struct slice result;
    struct slice reason; /* data == NULL if there is none */
    size_t property_count;
    struct authres_property properties[AUTHRES_PROPERTIES_MAX];
    struct slice raw; /* as it stood, without the ";" in front and white space around */
};

/* One field. */
struct authres {
    struct slice authserv_id;
    unsigned version;
    size_t count; /* 0: "none" */
    struct authres_result *results;
};

/* Reads the value of a field (what stands behind the colon). Returns NULL, or in few words what is
 * wrong; the authserv-id is set if it could be read. */
const char *authres_parse(struct arena *arena, struct slice value, struct authres *authres);

/* Writes the value: "ID; method=result property=value; ...", folded before each method if
 * `folds`. Values are quoted where they must be; comments are not written. */
void authres_write(struct buf *out, const struct authres *authres, bool folds);

/*
 * True if a field must not be let in from outside (RFC 8601 section 5): it says the same
 * authserv-id (without case, in A-labels), or it cannot be read so far as to tell.
 */
bool authres_is_forged(struct slice value, struct slice authserv_id);

/* Writes the message without the Authentication-Results fields that are forged, and without those
 * of the name `also` (or NULL), which only we write; returns how many were left out. */
size_t authres_remove_forged(const struct message *message, struct slice authserv_id,
                             const char *also, struct buf *out);
