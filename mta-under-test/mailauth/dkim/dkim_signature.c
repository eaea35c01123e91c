#include "mta-under-test/mailauth/dkim/dkim_signature.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum { DKIM_NUMBER_DIGITS_MAX = 76, ARC_INSTANCE_MAX = 50 };

const char *dkim_reason_name(enum dkim_reason reason)
{
    static const char *const NAMES[] = {
        "valid",           "syntax",           "missing-tag",  "version",
        "algorithm",       "canonicalization", "query-method", "identity",
        "from-not-signed", "expired",          "sha1",         "weak-key",
        "oversized-key",   "no-key",           "key-syntax",   "key-revoked",
        "key-mismatch",    "dns-failure",      "dns-pending",  "body-too-short",
        "body-hash",       "bad-signature",    "limit"};
    return NAMES[reason];
}

static enum dkim_reason dkim_signature_fail(const char **problem, enum dkim_reason reason,
                                            const char *text)
{
    *problem = text;
    return reason;
}

static const char *const DKIM_TAGS_NEEDED[][8] = {
    [DKIM_FORM_SIGNATURE] = {"v", "a", "b", "bh", "d", "h", "s", NULL},
    [DKIM_FORM_ARC_MESSAGE] = {"i", "a", "b", "bh", "d", "h", "s", NULL},
    [DKIM_FORM_ARC_SEAL] = {"i", "a", "b", "cv", "d", "s", NULL}};

static bool dkim_signature_has_needed(const struct taglist *tags, enum dkim_form form)
{
    for (size_t i = 0; DKIM_TAGS_NEEDED[form][i] != NULL; i++) {
        if (taglist_find(tags, DKIM_TAGS_NEEDED[form][i]) == NULL)
            return false;
    }
    return true;
}

/* A decimal number of up to 76 digits; what is too large is as good as the largest. */
static bool dkim_signature_number(const struct taglist *tags, const char *name, bool *present,
                                  uint64_t *number)
{
    const struct tag *tag = taglist_find(tags, name);
    *present = tag != NULL;
    if (tag == NULL)
        return true;
    if (tag->value.len == 0 || tag->value.len > DKIM_NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < tag->value.len; i++) {
        if (!text_is_digit(tag->value.data[i]))
            return false;
    }
    if (text_to_u64(tag->value, number) != 0)
        *number = UINT64_MAX - 1;
    return true;
}

static bool dkim_signature_algorithm(struct dkim_signature *signature)
{
    signature->digest = DKIM_SHA256;
    signature->key_type = DKIM_KEY_RSA;
    if (slice_is(signature->algorithm, "rsa-sha256"))
        return true;
    if (slice_is(signature->algorithm, "rsa-sha1")) {
        signature->digest = DKIM_SHA1;
        return true;
    }
    signature->key_type = DKIM_KEY_ED25519;
    return slice_is(signature->algorithm, "ed25519-sha256");
}

static bool dkim_signature_canon_word(struct slice word, enum dkim_canon *canon)
{
    *canon = slice_is(word, "relaxed") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    return *canon == DKIM_CANON_RELAXED || slice_is(word, "simple");
}

/* c= header ["/" body]; the body is simple where it is not said (3.5). */
static bool dkim_signature_canons(const struct taglist *tags, struct dkim_signature *signature)
{
    const struct tag *tag = taglist_find(tags, "c");
    signature->header_canon = DKIM_CANON_SIMPLE;
    signature->body_canon = DKIM_CANON_SIMPLE;
    signature->has_canon = tag != NULL;
    if (tag == NULL)
        return true;
    size_t slash = slice_find(tag->value, '/');
    return dkim_signature_canon_word(slice_first(tag->value, slash), &signature->header_canon) &&
           (slash == SIZE_MAX ||
            dkim_signature_canon_word(slice_skip(tag->value, slash + 1), &signature->body_canon));
}

/* h= names header fields, with colons between them. Only in ARC a name may be left out, as the
 * validation suite of its working group has it: it signs what a field that is absent would. */
static bool dkim_signature_names_valid(struct slice names, enum dkim_form form)
{
    struct slice name;
    if (names.len == 0)
        return form == DKIM_FORM_ARC_MESSAGE;
    while (taglist_next_item(&names, ':', &name)) {
        if (name.len == 0 && form != DKIM_FORM_ARC_MESSAGE)
            return false;
        for (size_t i = 0; i < name.len; i++) {
            if (name.data[i] < 0x21 || name.data[i] > 0x7e)
                return false;
        }
    }
    return true;
}

static bool dkim_signature_covers(struct slice names, const char *field)
{
    struct slice name;
    while (taglist_next_item(&names, ':', &name)) {
        if (slice_is_nocase(name, field))
            return true;
    }
    return false;
}

/* dkim-quoted-printable (2.11): "=" and two hex digits are a byte, white space means nothing. */
static struct slice dkim_signature_unquote(struct arena *arena, struct slice text)
{
    struct slice packed = taglist_without_space(arena, text);
    struct buf out;
    buf_init(&out, packed.len + 1);
    for (size_t i = 0; i < packed.len; i++) {
        struct slice hex = slice_first(slice_skip(packed, i + 1), 2);
        if (packed.data[i] == '=' && hex.len == 2 && text_from_hex(&out, hex) == 0)
            i += 2;
        else
            buf_add_char(&out, packed.data[i]);
    }
    struct slice bytes = arena_slice(arena, buf_slice(&out));
    buf_deinit(&out);
    return bytes;
}

/* i= [ local-part ] "@" domain, the domain within d= (3.5, 6.1.1). Both may be written in U-labels
 * or A-labels (RFC 8616 3). */
static enum dkim_reason dkim_signature_identity(struct arena *arena, const struct taglist *tags,
                                                struct dkim_signature *signature,
                                                const char **problem)
{
    const struct tag *tag = taglist_find(tags, "i");
    if (tag == NULL)
        return DKIM_REASON_VALID;
    signature->identity = dkim_signature_unquote(arena, tag->value);
    size_t at = slice_find_last(signature->identity, '@');
    if (at == SIZE_MAX)
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "i= has no \"@\"");
    if (!domain_to_ascii(arena, slice_skip(signature->identity, at + 1),
                         &signature->identity_domain) ||
        !domain_is_within(signature->identity_domain, signature->ascii_domain))
        return dkim_signature_fail(problem, DKIM_REASON_IDENTITY,
                                   "the domain of i= is not within d=");
    return DKIM_REASON_VALID;
}

/* q= must have the one method that there is. */
static bool dkim_signature_query(const struct taglist *tags)
{
    const struct tag *tag = taglist_find(tags, "q");
    struct slice item;
    if (tag == NULL)
        return true;
    struct slice rest = tag->value;
    while (taglist_next_item(&rest, ':', &item)) {
        if (slice_is(item, "dns/txt"))
            return true;
    }
    return false;
}

static enum dkim_reason dkim_signature_times(const struct taglist *tags,
                                             struct dkim_signature *signature, const char **problem)
{
    if (!dkim_signature_number(tags, "t", &signature->has_time, &signature->time_s))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "t= is no number");
    if (!dkim_signature_number(tags, "x", &signature->has_expiry, &signature->expiry_s))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "x= is no number");
    if (signature->has_time && signature->has_expiry && signature->expiry_s <= signature->time_s)
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "x= is not after t=");
    return DKIM_REASON_VALID;
}

/* What only DKIM-Signature has. */
static enum dkim_reason dkim_signature_parse_dkim(struct arena *arena, const struct taglist *tags,
                                                  struct dkim_signature *signature,
                                                  const char **problem)
{
    if (!slice_is(taglist_value(tags, "v"), "1"))
        return dkim_signature_fail(problem, DKIM_REASON_VERSION, "v= is not 1");
    enum dkim_reason reason = dkim_signature_identity(arena, tags, signature, problem);
    if (reason != DKIM_REASON_VALID)
        return reason;
    if (!dkim_signature_query(tags))
        return dkim_signature_fail(problem, DKIM_REASON_QUERY_METHOD,
                                   "q= has no method that is known");
    if (!dkim_signature_covers(signature->headers, "from"))
        return dkim_signature_fail(problem, DKIM_REASON_FROM_NOT_SIGNED, "h= does not cover From");
    return DKIM_REASON_VALID;
}

unsigned dkim_signature_instance(struct slice text)
{
    uint64_t number = 0;
    if (text.len == 0 || text.len > 2)
        return 0;
    if (text_to_u64(text, &number) != 0 || number > ARC_INSTANCE_MAX)
        return 0;
    return (unsigned)number;
}

/* What only the fields of ARC have. */
static enum dkim_reason dkim_signature_parse_arc(const struct taglist *tags, enum dkim_form form,
                                                 struct dkim_signature *signature,
                                                 const char **problem)
{
    signature->instance = dkim_signature_instance(taglist_value(tags, "i"));
    if (signature->instance == 0)
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "i= is no instance from 1 to 50");
    if (form == DKIM_FORM_ARC_MESSAGE) {
        if (dkim_signature_covers(signature->headers, "arc-seal"))
            return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "h= covers ARC-Seal");
        /* An empty h= covers the body alone, which the validation suite of ARC's working group
         * lets pass. */
        if (signature->headers.len > 0 && !dkim_signature_covers(signature->headers, "from"))
            return dkim_signature_fail(problem, DKIM_REASON_FROM_NOT_SIGNED,
                                       "h= does not cover From");
        return DKIM_REASON_VALID;
    }
    if (taglist_find(tags, "h") != NULL)
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "an ARC-Seal has no h=");
    signature->header_canon = DKIM_CANON_RELAXED;
    signature->cv = taglist_value(tags, "cv");
    if (!slice_is(signature->cv, "none") && !slice_is(signature->cv, "pass") &&
        !slice_is(signature->cv, "fail"))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "cv= is not none, pass or fail");
    return DKIM_REASON_VALID;
}

/* The tags that all forms share, those of the body hash left out for ARC-Seal. */
static enum dkim_reason dkim_signature_parse_common(struct arena *arena, const struct taglist *tags,
                                                    enum dkim_form form,
                                                    struct dkim_signature *signature,
                                                    const char **problem)
{
    struct slice name;
    bool has_limit = false;
    uint64_t limit = 0;
    if (!dkim_key_name(arena, signature->selector, signature->domain, &name) ||
        !domain_to_ascii(arena, signature->domain, &signature->ascii_domain))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "d= or s= is no domain name");
    signature->identity_domain = signature->ascii_domain;
    if (!taglist_base64(arena, taglist_value(tags, "b"), &signature->signature))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "b= is no base64");
    if (!dkim_signature_algorithm(signature))
        return dkim_signature_fail(problem, DKIM_REASON_ALGORITHM, "a= is not known");
    enum dkim_reason reason = dkim_signature_times(tags, signature, problem);
    if (reason != DKIM_REASON_VALID || form == DKIM_FORM_ARC_SEAL)
        return reason;
    if (!taglist_base64(arena, taglist_value(tags, "bh"), &signature->body_hash))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "bh= is no base64");
    if (!dkim_signature_number(tags, "l", &has_limit, &limit))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "l= is no number");
    if (has_limit)
        signature->body_limit = limit;
    if (!dkim_signature_canons(tags, signature))
        return dkim_signature_fail(problem, DKIM_REASON_CANONICALIZATION, "c= is not known");
    if (!dkim_signature_names_valid(signature->headers, form))
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, "h= is no list of field names");
    return DKIM_REASON_VALID;
}

/* Of a field that is no tag list: what its tags seem to be, so that results can name the signature.
 */
static void dkim_signature_guess(struct slice value, struct dkim_signature *signature)
{
    struct slice part;
    while (slice_split(&value, ';', &part)) {
        size_t equals = slice_find(part, '=');
        if (equals == SIZE_MAX)
            continue;
        struct slice name = slice_trim(slice_first(part, equals));
        struct slice text = slice_trim(slice_skip(part, equals + 1));
        if (slice_is(name, "d") && signature->domain.len == 0)
            signature->domain = text;
        else if (slice_is(name, "s") && signature->selector.len == 0)
            signature->selector = text;
        else if (slice_is(name, "a") && signature->algorithm.len == 0)
            signature->algorithm = text;
    }
}

enum dkim_reason dkim_signature_parse(struct arena *arena, enum dkim_form form, struct slice raw,
                                      struct dkim_signature *signature, const char **problem)
{
    struct taglist tags;
    memset(signature, 0, sizeof *signature);
    *problem = "";
    signature->raw = raw;
    signature->body_limit = DKIM_BODY_NO_LIMIT;
    size_t colon = slice_find(raw, ':');
    struct slice value = slice_skip(raw, colon == SIZE_MAX ? raw.len : colon + 1);
    const char *wrong = taglist_parse(arena, value, &tags);
    if (wrong != NULL) {
        dkim_signature_guess(value, signature);
        return dkim_signature_fail(problem, DKIM_REASON_SYNTAX, wrong);
    }
    signature->domain = taglist_value(&tags, "d");
    signature->selector = taglist_value(&tags, "s");
    signature->algorithm = taglist_value(&tags, "a");
    signature->headers = taglist_value(&tags, "h");
    if (!dkim_signature_has_needed(&tags, form))
        return dkim_signature_fail(problem, DKIM_REASON_MISSING_TAG, "a required tag is missing");
    const struct tag *b = taglist_find(&tags, "b");
    signature->raw_before = slice_from(raw.data, (size_t)(value.data - raw.data) + b->at);
    signature->raw_after = slice_skip(value, b->end);
    enum dkim_reason reason = dkim_signature_parse_common(arena, &tags, form, signature, problem);
    if (reason != DKIM_REASON_VALID)
        return reason;
    return form == DKIM_FORM_SIGNATURE ? dkim_signature_parse_dkim(arena, &tags, signature, problem)
                                       : dkim_signature_parse_arc(&tags, form, signature, problem);
}
