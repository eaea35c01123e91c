#include "mta-under-test/mailauth/spf/spf_record.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/ip.h"
#include "mta-under-test/mailauth/spf/spf_syntax.h"

#include "mta-under-test/base/poison.h"

static const char SPF_BAD_DOMAIN[] = "the domain is no domain-spec";
static const char SPF_BAD_CIDR[] = "the CIDR length is not valid";

bool spf_record_is(struct slice text)
{
    return slice_starts_with_nocase(text, SLICE("v=spf1")) &&
           (text.len == 6 || text.data[6] == ' ');
}

/* A number without leading zeros up to `max` (ip4-cidr-length, ip6-cidr-length). */
static bool spf_record_cidr(struct slice digits, unsigned max, unsigned *bits)
{
    uint64_t number = 0;
    if (digits.len == 0 || digits.len > 3 || (digits.len > 1 && digits.data[0] == '0'))
        return false;
    if (text_to_u64(digits, &number) != 0 || number > max)
        return false;
    *bits = (unsigned)number;
    return true;
}

/* Where the digits at the end of the text start. */
static size_t spf_record_digits_at(struct slice text)
{
    size_t at = text.len;
    while (at > 0 && text_is_digit(text.data[at - 1]))
        at--;
    return at;
}

/*
 * Cuts a dual-cidr-length off the end of *text: [ "/" digits ] [ "//" digits ]. What only looks
 * like one stays in the text and fails there as a domain.
 */
static bool spf_record_dual_cidr(struct slice *text, struct spf_term *term)
{
    size_t at = spf_record_digits_at(*text);
    if (at == text->len || at == 0 || text->data[at - 1] != '/')
        return true;
    if (at >= 2 && text->data[at - 2] == '/') {
        if (!spf_record_cidr(slice_skip(*text, at), 128, &term->bits_v6))
            return false;
        *text = slice_first(*text, at - 2);
        at = spf_record_digits_at(*text);
        if (at == text->len || at == 0 || text->data[at - 1] != '/')
            return true;
    }
    if (!spf_record_cidr(slice_skip(*text, at), 32, &term->bits_v4))
        return false;
    *text = slice_first(*text, at - 1);
    return true;
}

/* ip4:network[/bits] and ip6:network[/bits]. */
static const char *spf_record_parse_ip(struct slice value, struct spf_term *term)
{
    bool is_v6 = term->mechanism == SPF_IP6;
    size_t slash = slice_find(value, '/');
    if (slash != SIZE_MAX) {
        struct slice bits = slice_skip(value, slash + 1);
        if (!spf_record_cidr(bits, is_v6 ? 128 : 32, is_v6 ? &term->bits_v6 : &term->bits_v4))
            return SPF_BAD_CIDR;
        value = slice_first(value, slash);
    }
    bool valid = is_v6 ? ip_parse_v6(value, term->network) : ip_parse_v4(value, term->network);
    return valid ? NULL : "the address is not valid";
}

/* What stands behind the name of a mechanism: ":domain-spec" and "/cidr". */
static const char *spf_record_parse_argument(struct slice rest, struct spf_term *term)
{
    bool has_colon = rest.len > 0 && rest.data[0] == ':';
    if (term->mechanism == SPF_ALL)
        return rest.len == 0 ? NULL : "\"all\" takes no argument";
    if (term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6) {
        if (!has_colon)
            return "an address is missing";
        return spf_record_parse_ip(slice_skip(rest, 1), term);
    }
    if (term->mechanism == SPF_A || term->mechanism == SPF_MX) {
        if (!spf_record_dual_cidr(&rest, term))
            return SPF_BAD_CIDR;
    }
    has_colon = rest.len > 0 && rest.data[0] == ':';
    if (rest.len == 0) {
        bool needs = term->mechanism == SPF_INCLUDE || term->mechanism == SPF_EXISTS;
        return needs ? "a domain is missing" : NULL;
    }
    if (!has_colon)
        return "unexpected characters behind the mechanism";
    term->domain = slice_skip(rest, 1);
    return spf_syntax_is_domain_spec(term->domain) ? NULL : SPF_BAD_DOMAIN;
}

static const char *spf_record_parse_directive(struct slice text, struct spf_term *term)
{
    static const char *const NAMES[] = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"};
    size_t name_len = 0;
    memset(term, 0, sizeof *term);
    term->qualifier = '+';
    term->text = text;
    term->bits_v4 = 32;
    term->bits_v6 = 128;
    if (text.len > 0 && text.data[0] != '\0' && strchr("+-~?", text.data[0]) != NULL) {
        term->qualifier = text.data[0];
        text = slice_skip(text, 1);
    }
    while (name_len < text.len && text.data[name_len] != ':' && text.data[name_len] != '/')
        name_len++;
    struct slice name = slice_first(text, name_len);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (slice_is_nocase(name, NAMES[i])) {
            term->mechanism = (enum spf_mechanism)i;
            return spf_record_parse_argument(slice_skip(text, name_len), term);
        }
    }
    return "unknown mechanism";
}

/* The length of name "=" at the front of a modifier; 0 if the term is none. */
static size_t spf_record_modifier_len(struct slice text)
{
    size_t at = 0;
    if (text.len == 0 || !text_is_alpha(text.data[0]))
        return 0;
    while (at < text.len && text.data[at] != '\0' &&
           (text_is_alnum(text.data[at]) || strchr("-_.", text.data[at]) != NULL))
        at++;
    return at < text.len && text.data[at] == '=' ? at + 1 : 0;
}

static const char *spf_record_parse_modifier(struct slice text, size_t name_len,
                                             struct spf_record *record)
{
    struct slice name = slice_first(text, name_len - 1);
    struct slice value = slice_skip(text, name_len);
    struct slice *known = NULL;
    if (slice_is_nocase(name, "redirect"))
        known = &record->redirect;
    else if (slice_is_nocase(name, "exp"))
        known = &record->exp;
    if (known == NULL)
        return spf_syntax_is_macro_string(value, SPF_PLACE_DOMAIN)
                   ? NULL
                   : "the modifier's value is no macro-string";
    if (known->data != NULL)
        return "the modifier stands twice";
    if (!spf_syntax_is_domain_spec(value))
        return SPF_BAD_DOMAIN;
    *known = value;
    return NULL;
}

static size_t spf_record_count_terms(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] != ' ' && (i == 0 || text.data[i - 1] == ' ');
    return count;
}

const char *spf_record_parse(struct arena *arena, struct slice text, struct spf_record *record,
                             struct slice *where)
{
    struct slice rest = slice_skip(text, 6);
    struct slice term;
    size_t count = spf_record_count_terms(rest);
    memset(record, 0, sizeof *record);
    *where = (struct slice){NULL, 0};
    if (count > SPF_TERMS_MAX)
        return "too many terms";
    record->terms = arena_alloc_array(arena, count, sizeof *record->terms);
    while (slice_split(&rest, ' ', &term)) {
        const char *wrong = NULL;
        if (term.len == 0)
            continue;
        *where = term;
        size_t modifier = spf_record_modifier_len(term);
        if (modifier > 0) {
            wrong = spf_record_parse_modifier(term, modifier, record);
        } else {
            struct spf_term *parsed = &record->terms[record->count];
            wrong = spf_record_parse_directive(term, parsed);
            record->has_all = record->has_all || parsed->mechanism == SPF_ALL;
            record->count++;
        }
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}
