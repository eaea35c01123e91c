#include "sim/dns/dns_record_fault.h"

#include <ldns/ldns.h>

#include "mta-under-test/base/text.h"
#include "sim/value/address.h"

#include "mta-under-test/base/poison.h"

enum { FIELDS_MAX = 5, WORDS_MAX = 64, SHOWN_BYTES = 60, WORD_BYTES = 32 };

/* What a field of the data holds. */
enum dns_field {
    DNS_FIELD_NONE,
    DNS_FIELD_NAME,
    DNS_FIELD_IPV4,
    DNS_FIELD_IPV6,
    DNS_FIELD_U8,
    DNS_FIELD_U16,
    DNS_FIELD_HEX,  /* in one word or several */
    DNS_FIELD_REST, /* one word or several, of any kind */
};

/* The data of a type of record. */
struct dns_form {
    const char *type;
    const char *fields; /* their names, for people */
    const char *example;
    enum dns_field kinds[FIELDS_MAX + 1];
};

static const struct dns_form FORMS[] = {
    {"A", "ADDRESS", "mail A 192.0.2.10", {DNS_FIELD_IPV4}},
    {"AAAA", "ADDRESS", "mail AAAA 2001:db8::10", {DNS_FIELD_IPV6}},
    {"MX", "PREFERENCE HOST", "@ MX 10 mail", {DNS_FIELD_U16, DNS_FIELD_NAME}},
    {"NS", "HOST", "@ NS ns1", {DNS_FIELD_NAME}},
    {"CNAME", "NAME", "www CNAME mail", {DNS_FIELD_NAME}},
    {"PTR", "NAME", "10 PTR mail.a.test.", {DNS_FIELD_NAME}},
    {"TXT", "\"TEXT\"", "@ TXT \"v=spf1 mx -all\"", {DNS_FIELD_REST}},
    {"SRV",
     "PRIORITY WEIGHT PORT HOST",
     "_submission._tcp SRV 0 1 587 mail",
     {DNS_FIELD_U16, DNS_FIELD_U16, DNS_FIELD_U16, DNS_FIELD_NAME}},
    {"TLSA",
     "USAGE SELECTOR MATCHING HEX",
     "_25._tcp.mail TLSA 3 1 1 0123...cdef",
     {DNS_FIELD_U8, DNS_FIELD_U8, DNS_FIELD_U8, DNS_FIELD_HEX}},
};

/* The types that are offered where somebody has mistyped one. */
static const char *const TYPES[] = {"MX",   "A",     "AAAA", "NS",    "CNAME", "PTR",   "TXT",
                                    "SRV",  "TLSA",  "SOA",  "CAA",   "DNAME", "DS",    "DNSKEY",
                                    "SVCB", "HTTPS", "SPF",  "RRSIG", "NSEC",  "NSEC3", NULL};

/* The words of a record. What stands in quotes is one word, with its quotes. */
struct dns_words {
    struct slice words[WORDS_MAX];
    size_t count; /* may be more than WORDS_MAX, which are the ones that are kept */
    bool is_open; /* a quote has no end */
    bool has_comment;
    bool is_special; /* has "(" or "\#" */
};

/* The length of the word at the front; notes what it holds. */
static size_t word_len(struct slice rest, struct dns_words *words)
{
    bool quoted = false;
    size_t at = 0;
    for (; at < rest.len; at++) {
        char c = rest.data[at];
        if (c == '\\' && at + 1 < rest.len) {
            words->is_special = words->is_special || (!quoted && rest.data[at + 1] == '#');
            at++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ' ' || c == '\t' || c == ';')) {
            break;
        } else if (!quoted && (c == '(' || c == ')')) {
            words->is_special = true;
        }
    }
    words->is_open = words->is_open || quoted;
    return at;
}

static void split_words(struct slice text, struct dns_words *words)
{
    *words = (struct dns_words){0};
    while (text.len > 0 && !words->has_comment) {
        size_t len = word_len(text, words);
        if (len > 0 && words->count++ < WORDS_MAX)
            words->words[words->count - 1] = slice_first(text, len);
        words->has_comment = len < text.len && text.data[len] == ';';
        text = slice_skip(text, len + 1);
    }
}

/* "3600", "1h", "1d12h". */
static bool is_ttl(struct slice word)
{
    bool good = word.len > 0 && text_is_digit(word.data[0]);
    for (size_t i = 0; i < word.len; i++)
        good = good &&
               (text_is_digit(word.data[i]) || strchr("smhdw", text_lower(word.data[i])) != NULL);
    return good;
}

static const char *word_text(struct slice word, char text[WORD_BYTES])
{
    snprintf(text, WORD_BYTES, "%.*s", SLICE_ARG(word));
    return text;
}

static bool is_type(struct slice word)
{
    char text[WORD_BYTES];
    return word.len < WORD_BYTES && ldns_get_rr_type_by_name(word_text(word, text)) != 0;
}

static bool is_class(struct slice word)
{
    return slice_is_nocase(word, "IN") || slice_is_nocase(word, "CH") ||
           slice_is_nocase(word, "HS");
}

/* The index of the word that should be the type: behind the name, a TTL and a class. */
static size_t type_index(const struct dns_words *words)
{
    size_t at = 1;
    for (int optional = 0; optional < 2 && at < words->count; optional++) {
        struct slice word = words->words[at];
        if (is_ttl(word) || is_class(word))
            at++;
    }
    return at;
}

static const struct dns_form *form_of(struct slice type)
{
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        if (slice_is_nocase(type, FORMS[i].type))
            return &FORMS[i];
    }
    return NULL;
}

static bool is_hex(struct slice word)
{
    struct buf bytes;
    buf_init(&bytes, word.len);
    bool good = text_from_hex(&bytes, word) == 0;
    buf_deinit(&bytes);
    return good;
}

/* What a word should be, for people; NULL if it is that. */
static const char *field_fault(enum dns_field kind, struct slice word)
{
    struct address address;
    uint64_t number = 0;
    bool is_address = address_from_text(word, &address) == 0;
    switch (kind) {
    case DNS_FIELD_IPV4:
        if (is_address && !address_is_ipv4(&address))
            return "an IPv4 address, and for IPv6 there is AAAA";
        return is_address ? NULL : "an IPv4 address";
    case DNS_FIELD_IPV6:
        if (is_address && address_is_ipv4(&address))
            return "an IPv6 address, and for IPv4 there is A";
        return is_address ? NULL : "an IPv6 address";
    case DNS_FIELD_U8:
        return text_to_u64(word, &number) == 0 && number <= UINT8_MAX ? NULL
                                                                      : "a number from 0 to 255";
    case DNS_FIELD_U16:
        return text_to_u64(word, &number) == 0 && number <= UINT16_MAX ? NULL
                                                                       : "a number from 0 to 65535";
    case DNS_FIELD_HEX:
        return is_hex(word) ? NULL : "an even count of hex digits";
    case DNS_FIELD_NONE:
    case DNS_FIELD_NAME:
    case DNS_FIELD_REST:
        break;
    }
    return NULL;
}

/* "MX is PREFERENCE HOST, as in: @ MX 10 mail". */
static void add_form(const struct dns_form *form, struct buf *out)
{
    buf_format(out, "; %s is %s, as in: %s", form->type, form->fields, form->example);
}

/* Looks at the words from `at` on, which are the data. */
static bool data_fault(const struct dns_form *form, const struct dns_words *words, size_t at,
                       struct buf *out)
{
    struct slice names = slice_of(form->fields);
    struct slice name = {0};
    size_t field = 0;
    for (; form->kinds[field] != DNS_FIELD_NONE; field++, at++) {
        slice_split(&names, ' ', &name);
        if (at >= words->count) {
            buf_format(out, "%.*s is missing", SLICE_ARG(name));
            add_form(form, out);
            return true;
        }
        const char *expected = field_fault(form->kinds[field], words->words[at]);
        if (expected != NULL) {
            buf_format(out, "%.*s is %s, found ", SLICE_ARG(name), expected);
            text_to_printable(out, words->words[at], SHOWN_BYTES);
            add_form(form, out);
            return true;
        }
    }
    bool has_rest = field > 0 && form->kinds[field - 1] >= DNS_FIELD_HEX;
    if (at >= words->count || has_rest)
        return false;
    buf_add_text(out, "nothing may follow the data, found ");
    text_to_printable(out, words->words[at], SHOWN_BYTES);
    add_form(form, out);
    return true;
}

static void add_type_fault(const struct dns_words *words, size_t at, struct buf *out)
{
    char text[WORD_BYTES];
    const char *nearest = text_nearest(word_text(words->words[at], text), TYPES);
    if (is_type(words->words[0]) && nearest == NULL) {
        buf_add_text(out, "the name in front of the type is missing; \"@\" stands for the zone");
        return;
    }
    text_to_printable(out, words->words[at], SHOWN_BYTES);
    buf_add_text(out, ": no such type of record");
    if (nearest != NULL)
        buf_format(out, "; did you mean %s?", nearest);
}

bool dns_record_fault(const char *text, struct buf *out)
{
    struct dns_words words;
    split_words(slice_of(text), &words);
    if (words.is_open) {
        buf_add_text(out, "a quote has no end");
        return true;
    }
    if (words.has_comment) {
        buf_add_text(out,
                     "what stands behind a \";\" outside of quotes is a comment; a text with a "
                     "\";\" in it is written in quotes, as in: _dmarc TXT \"v=DMARC1; p=none\"");
        return true;
    }
    if (words.is_special || words.count > WORDS_MAX || words.count == 0)
        return false;
    size_t at = type_index(&words);
    if (at >= words.count) {
        buf_add_text(out, "the type and the data are missing");
        return true;
    }
    if (!is_type(words.words[at])) {
        add_type_fault(&words, at, out);
        return true;
    }
    const struct dns_form *form = form_of(words.words[at]);
    return form != NULL && data_fault(form, &words, at + 1, out);
}
