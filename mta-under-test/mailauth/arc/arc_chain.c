#include "mta-under-test/mailauth/arc/arc_chain.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/poison.h"

const char *arc_status_name(enum arc_status status)
{
    static const char *const NAMES[] = {"none", "pass", "fail", "pending"};
    return NAMES[status];
}

const char *arc_reason_name(enum arc_reason reason)
{
    static const char *const NAMES[] = {"valid",          "no-sets",    "bad-instance",
                                        "duplicate",      "incomplete", "seal-syntax",
                                        "chain-failed",   "bad-cv",     "message-signature",
                                        "seal-signature", "pending"};
    return NAMES[reason];
}

static enum arc_reason arc_chain_fail(struct arc_chain *chain, enum arc_reason reason,
                                      size_t instance, const char *problem)
{
    chain->bad_instance = (unsigned)instance;
    chain->problem = problem;
    return reason;
}

/* The instance of an ARC-Authentication-Results: "i=N;" in front of the results, with CFWS around
 * the words; 0 if there is none. */
static unsigned arc_results_instance(struct slice value)
{
    size_t at = cfws_len(value);
    size_t digits = 0;
    if (at >= value.len || value.data[at] != 'i')
        return 0;
    at++;
    at += cfws_len(slice_skip(value, at));
    if (at >= value.len || value.data[at] != '=')
        return 0;
    at++;
    at += cfws_len(slice_skip(value, at));
    while (at + digits < value.len && text_is_digit(value.data[at + digits]))
        digits++;
    unsigned instance = dkim_signature_instance(slice_from(value.data + at, digits));
    at += digits;
    at += cfws_len(slice_skip(value, at));
    return at < value.len && value.data[at] == ';' ? instance : 0;
}

/* The instance of an ARC-Message-Signature or ARC-Seal; 0 if it is no tag list or has no valid one.
 */
static unsigned arc_signature_instance(struct arena *arena, struct slice value)
{
    struct taglist tags;
    if (taglist_parse(arena, value, &tags) != NULL)
        return 0;
    return dkim_signature_instance(taglist_value(&tags, "i"));
}

enum arc_kind { ARC_KIND_RESULTS, ARC_KIND_MESSAGE, ARC_KIND_SEAL };

static const char *const ARC_KIND_NAMES[] = {"ARC-Authentication-Results", "ARC-Message-Signature",
                                             "ARC-Seal"};

static const struct message_field **arc_set_place(struct arc_set *set, enum arc_kind kind)
{
    if (kind == ARC_KIND_RESULTS)
        return &set->results;
    return kind == ARC_KIND_MESSAGE ? &set->message : &set->seal;
}

static enum arc_reason arc_chain_add(struct arc_chain *chain, enum arc_kind kind,
                                     const struct message_field *field, struct arena *arena)
{
    unsigned instance = kind == ARC_KIND_RESULTS ? arc_results_instance(field->value)
                                                 : arc_signature_instance(arena, field->value);
    if (instance == 0)
        return arc_chain_fail(chain, ARC_REASON_BAD_INSTANCE, 0,
                              "a field cannot be read, or has no i= from 1 to 50");
    const struct message_field **place = arc_set_place(&chain->sets[instance], kind);
    if (*place != NULL)
        return arc_chain_fail(chain, ARC_REASON_DUPLICATE, instance,
                              "two fields of one kind have the same instance");
    *place = field;
    if (instance > chain->count)
        chain->count = instance;
    return ARC_REASON_VALID;
}

/* All fields of one kind. */
static enum arc_reason arc_chain_add_kind(const struct message *message, struct arc_chain *chain,
                                          enum arc_kind kind, struct arena *arena, size_t *seen)
{
    uint32_t id = message_name_id(message, slice_of(ARC_KIND_NAMES[kind]));
    if (id == MESSAGE_NO_FIELD)
        return ARC_REASON_VALID;
    enum arc_reason reason = ARC_REASON_VALID;
    for (uint32_t at = message->lowest[id]; at != MESSAGE_NO_FIELD && reason == ARC_REASON_VALID;
         at = message->fields[at].above) {
        *seen += 1;
        reason = arc_chain_add(chain, kind, &message->fields[at], arena);
    }
    return reason;
}

/* Every set is whole, and every seal can be read (5.2 step 3 A and B). */
static enum arc_reason arc_chain_check_sets(struct arc_chain *chain, struct arena *arena)
{
    for (size_t i = chain->count; i > 0; i--) {
        struct arc_set *set = &chain->sets[i];
        if (set->results == NULL || set->message == NULL || set->seal == NULL)
            return arc_chain_fail(chain, ARC_REASON_INCOMPLETE, i, "a set lacks a field");
        enum dkim_reason reason = dkim_signature_parse(arena, DKIM_FORM_ARC_SEAL, set->seal->raw,
                                                       &set->seal_signature, &chain->problem);
        if (reason != DKIM_REASON_VALID) {
            chain->bad_instance = (unsigned)i;
            return ARC_REASON_SEAL_SYNTAX;
        }
        if (i == chain->count && slice_is(set->seal_signature.cv, "fail"))
            return arc_chain_fail(chain, ARC_REASON_CHAIN_FAILED, i, "the newest seal says fail");
    }
    return ARC_REASON_VALID;
}

enum arc_reason arc_chain_collect(const struct message *message, struct arena *arena,
                                  struct arc_chain *chain)
{
    size_t seen = 0;
    memset(chain, 0, sizeof *chain);
    chain->problem = "";
    for (int kind = ARC_KIND_RESULTS; kind <= ARC_KIND_SEAL; kind++) {
        enum arc_reason reason =
            arc_chain_add_kind(message, chain, (enum arc_kind)kind, arena, &seen);
        if (reason != ARC_REASON_VALID)
            return reason;
    }
    if (seen == 0)
        return ARC_REASON_NO_SETS;
    enum arc_reason reason = arc_chain_check_sets(chain, arena);
    if (reason != ARC_REASON_VALID)
        return reason;
    /* 5.2 step 3 C */
    for (size_t i = 1; i <= chain->count; i++) {
        if (!slice_is(chain->sets[i].seal_signature.cv, i == 1 ? "none" : "pass"))
            return arc_chain_fail(chain, ARC_REASON_BAD_CV, i,
                                  "cv= must be none in the first set and pass in the others");
    }
    return ARC_REASON_VALID;
}
