#include "mta-under-test/mailauth/arc/arc_seal.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/authres/authres.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/dkim/dkim_sign.h"

#include "mta-under-test/base/poison.h"

enum { ARC_SEAL_BYTES_MAX = 1024 * 1024, ARC_TAGS_MAX = 10 };

/* The results of the sealer's own fields, from the top, joined with "; ". *cv becomes the status
 * that they report, ARC_PENDING if they report none. Returns how many fields there are. */
static size_t arc_gather_results(const struct message *message, struct slice authserv_id,
                                 struct arena *arena, struct buf *out, enum arc_status *cv)
{
    size_t fields = 0;
    size_t reports = 0;
    *cv = ARC_PENDING;
    for (const struct message_field *field = message_find(message, "Authentication-Results");
         field != NULL; field = message_next(message, field)) {
        struct authres authres;
        if (authres_parse(arena, field->value, &authres) != NULL ||
            !slice_equal_nocase(authres.authserv_id, authserv_id))
            continue;
        fields++;
        for (size_t i = 0; i < authres.count; i++) {
            const struct authres_result *result = &authres.results[i];
            buf_format(out, "%s%.*s", out->len > 0 ? "; " : "",
                       SLICE_ARG(message_unfold(arena, result->raw)));
            if (!slice_is_nocase(result->method, "arc"))
                continue;
            *cv = slice_is_nocase(result->result, "pass")   ? ARC_PASS
                  : slice_is_nocase(result->result, "none") ? ARC_NONE
                                                            : ARC_FAIL;
            reports++;
        }
    }
    if (reports > 1)
        *cv = ARC_FAIL; /* contradicting reports: the chain is not known to be good */
    return fields;
}

/* White space behind folds goes: one space between words is all that a reader needs. */
static struct slice arc_squeeze(struct arena *arena, struct slice text)
{
    char *squeezed = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool space = text.data[i] == ' ' || text.data[i] == '\t';
        if (space && (len == 0 || squeezed[len - 1] == ' '))
            continue;
        squeezed[len++] = space ? ' ' : text.data[i];
    }
    return slice_from(squeezed, len);
}

static struct slice arc_lower(struct arena *arena, struct slice text)
{
    char *lower = arena_text_of(arena, text);
    text_to_lower(lower);
    return slice_of(lower);
}

static void arc_sort_tags(struct dkim_sign_tag *tags, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = i; k > 0 && strcmp(tags[k - 1].name, tags[k].name) > 0; k--) {
            struct dkim_sign_tag swapped = tags[k];
            tags[k] = tags[k - 1];
            tags[k - 1] = swapped;
        }
    }
}

/* The canonical form: "Name: a=...; b=; bh=..." on one line. */
static void arc_write_canonical(struct buf *out, const char *name, struct arena *arena,
                                struct dkim_sign_tag *tags, size_t count)
{
    arc_sort_tags(tags, count);
    buf_format(out, "%s:", name);
    for (size_t i = 0; i < count; i++) {
        struct slice value = taglist_without_space(arena, tags[i].value);
        if (strcmp(tags[i].name, "bh") != 0)
            value = arc_lower(arena, value);
        buf_format(out, "%s %s=%.*s", i > 0 ? ";" : "", tags[i].name, SLICE_ARG(value));
    }
}

/* Where the value of b= stands in a written field (it is empty). */
static size_t arc_signature_place(struct slice field)
{
    static const char *const MARKS[] = {" b=", "\tb="};
    size_t at = slice_find_slice(field, slice_of(MARKS[0]));
    if (at == SIZE_MAX)
        at = slice_find_slice(field, slice_of(MARKS[1]));
    return at + 3;
}

/* Puts the signature over `hash` into the field. */
static int arc_put_signature(const struct arc_seal_options *options, struct arena *arena,
                             struct dkim_hash *hash, struct slice *field, struct err *err)
{
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    struct slice signature;
    struct buf out;
    size_t place = arc_signature_place(*field);
    dkim_header_add(hash, DKIM_CANON_RELAXED, *field, false);
    size_t len = dkim_hash_finish(hash, digest);
    dkim_hash_deinit(hash);
    if (!dkim_hash_sign(options->key, slice_from((const char *)digest, len), arena, &signature))
        return err_set(err, "the key cannot sign");
    buf_init(&out, ARC_SEAL_BYTES_MAX);
    buf_add_slice(&out, slice_first(*field, place));
    if (options->canonical) {
        text_to_base64(&out, signature.data, signature.len);
    } else {
        struct buf text;
        buf_init(&text, (size_t)DKIM_SIGNATURE_BYTES_MAX * 2);
        text_to_base64(&text, signature.data, signature.len);
        for (size_t at = 0; at < text.len; at += 66)
            buf_format(&out, "\r\n\t%.*s",
                       SLICE_ARG(slice_first(slice_skip(buf_slice(&text), at), 66)));
        buf_deinit(&text);
    }
    buf_add_slice(&out, slice_skip(*field, place));
    *field = arena_slice(arena, buf_slice(&out));
    buf_deinit(&out);
    return 0;
}

static struct slice arc_write(const struct arc_seal_options *options, struct arena *arena,
                              const char *name, struct dkim_sign_tag *tags, size_t count)
{
    struct buf out;
    buf_init(&out, ARC_SEAL_BYTES_MAX);
    if (options->canonical)
        arc_write_canonical(&out, name, arena, tags, count);
    else
        dkim_sign_write(&out, name, tags, count);
    struct slice field = arena_slice(arena, buf_slice(&out));
    buf_deinit(&out);
    return field;
}

static struct slice arc_number(struct arena *arena, uint64_t number)
{
    return slice_of(arena_format(arena, "%llu", (unsigned long long)number));
}

/* The message with the new ARC-Authentication-Results on top, since h= may cover it. */
static int arc_seal_message(const struct message *message, const struct arc_seal_options *options,
                            struct arena *arena, struct arc_sealed *sealed, struct err *err)
{
    struct dkim_hash hash;
    struct message with_results;
    struct buf header;
    uint64_t body_len = 0;
    struct slice body_hash = dkim_sign_body_hash(message, DKIM_CANON_RELAXED, arena, &body_len);
    struct dkim_sign_tag tags[ARC_TAGS_MAX] = {{"i", arc_number(arena, sealed->instance)},
                                               {"a", slice_of(dkim_sign_algorithm(options->key))},
                                               {"c", SLICE("relaxed/relaxed")},
                                               {"d", options->domain},
                                               {"s", options->selector},
                                               {"t", arc_number(arena, options->time_s)},
                                               {"h", options->headers},
                                               {"bh", body_hash},
                                               {"b", SLICE("")}};
    sealed->message = arc_write(options, arena, "ARC-Message-Signature", tags, 9);
    size_t header_len = 0;
    for (size_t i = 0; i < message->count; i++)
        header_len += message->fields[i].raw.len + 2;
    buf_init(&header, header_len + sealed->results.len + 4);
    buf_add_slice(&header, sealed->results);
    buf_add_text(&header, "\r\n");
    for (size_t i = 0; i < message->count; i++) {
        buf_add_slice(&header, message->fields[i].raw);
        buf_add_text(&header, "\r\n");
    }
    bool whole = message_parse(arena, buf_slice(&header), &with_results);
    if (whole) {
        dkim_hash_init(&hash, DKIM_SHA256);
        dkim_header_add_chosen(&hash, DKIM_CANON_RELAXED, &with_results, options->headers, NULL,
                               arena);
    }
    buf_deinit(&header);
    if (!whole)
        return err_set(err, "the message has too many header fields");
    return arc_put_signature(options, arena, &hash, &sealed->message, err);
}

/* 5.1.1 and 5.1.2: all sets, or only the new one when the chain has failed. */
static int arc_seal_chain(const struct arc_seal_options *options, struct arc_chain *chain,
                          struct arena *arena, struct arc_sealed *sealed, struct err *err)
{
    struct dkim_hash hash;
    struct message_field results = {.raw = sealed->results};
    struct message_field signature = {.raw = sealed->message};
    struct dkim_sign_tag tags[ARC_TAGS_MAX] = {{"i", arc_number(arena, sealed->instance)},
                                               {"a", slice_of(dkim_sign_algorithm(options->key))},
                                               {"t", arc_number(arena, options->time_s)},
                                               {"cv", slice_of(arc_status_name(sealed->cv))},
                                               {"d", options->domain},
                                               {"s", options->selector},
                                               {"b", SLICE("")}};
    sealed->seal = arc_write(options, arena, "ARC-Seal", tags, 7);
    chain->sets[sealed->instance].results = &results;
    chain->sets[sealed->instance].message = &signature;
    dkim_hash_init(&hash, DKIM_SHA256);
    arc_seal_scope(&hash, chain, sealed->cv == ARC_FAIL ? sealed->instance : 1, sealed->instance);
    int status = arc_put_signature(options, arena, &hash, &sealed->seal, err);
    chain->sets[sealed->instance].results = NULL;
    chain->sets[sealed->instance].message = NULL;
    return status;
}

/* The status and the instance of the new set; returns why there is to be none, or NULL. */
static const char *arc_decide(const struct message *message, const struct arc_options *validation,
                              struct dkim_context *context, enum arc_status reported,
                              struct arc_outcome *outcome, struct arc_sealed *sealed)
{
    arc_validate(message, validation, context, outcome);
    if (outcome->reason == ARC_REASON_CHAIN_FAILED)
        return "the newest seal says cv=fail: nothing more is to be added";
    if (outcome->sets >= ARC_SETS_MAX)
        return "there are 50 sets already";
    if (outcome->status == ARC_PENDING && reported == ARC_PENDING)
        return "an answer of DNS is pending";
    sealed->instance = (unsigned)outcome->sets + 1;
    sealed->cv = reported != ARC_PENDING ? reported : outcome->status;
    if (outcome->status == ARC_NONE)
        sealed->cv = ARC_NONE; /* there is no chain, whatever was reported */
    else if (sealed->cv == ARC_NONE)
        sealed->cv = ARC_FAIL;
    /* A seal over all sets needs sets that are whole. */
    bool broken = outcome->status == ARC_FAIL && outcome->reason != ARC_REASON_MESSAGE_SIGNATURE &&
                  outcome->reason != ARC_REASON_SEAL_SIGNATURE;
    if (broken)
        sealed->cv = ARC_FAIL;
    return NULL;
}

static int arc_seal_check(const struct arc_seal_options *options, struct arena *arena,
                          struct err *err)
{
    const struct dkim_sign_options signature = {.key = options->key,
                                                .domain = options->domain,
                                                .selector = options->selector,
                                                .headers = options->headers};
    struct slice rest = options->headers;
    struct slice item;
    if (dkim_sign_check_basics(&signature, arena, err) != 0)
        return -1;
    while (slice_split(&rest, ':', &item)) {
        if (slice_is_nocase(slice_trim(item), "arc-seal"))
            return err_set(err, "h= must not cover ARC-Seal (RFC 8617 4.1.2)");
    }
    return 0;
}

int arc_seal(const struct message *message, const struct arc_seal_options *options,
             const struct arc_options *validation, struct dkim_context *context,
             struct arc_sealed *sealed, struct err *err)
{
    struct arc_outcome outcome;
    enum arc_status reported = ARC_PENDING;
    struct arena *arena = context->arena;
    struct buf results;
    memset(sealed, 0, sizeof *sealed);
    if (arc_seal_check(options, arena, err) != 0)
        return -1;
    buf_init(&results, ARC_SEAL_BYTES_MAX);
    size_t fields = arc_gather_results(message, options->authserv_id, arena, &results, &reported);
    sealed->skipped = fields == 0 ? "no Authentication-Results field is the sealer's own" : NULL;
    if (sealed->skipped == NULL)
        sealed->skipped = arc_decide(message, validation, context, reported, &outcome, sealed);
    if (sealed->skipped == NULL)
        sealed->results = slice_of(arena_format(
            arena, "ARC-Authentication-Results: i=%u; %.*s; %.*s", sealed->instance,
            SLICE_ARG(options->authserv_id),
            SLICE_ARG(results.len > 0 ? arc_squeeze(arena, buf_slice(&results)) : SLICE("none"))));
    buf_deinit(&results);
    if (sealed->skipped != NULL)
        return 0;
    if (arc_seal_message(message, options, arena, sealed, err) != 0)
        return -1;
    return arc_seal_chain(options, outcome.chain, arena, sealed, err);
}
