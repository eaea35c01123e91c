#include "mta-under-test/mailauth/address/smtp_mailbox.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/cfws.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum { SMTP_MAILBOX_V6_GROUPS = 8, SMTP_MAILBOX_V6_GAP_GROUPS_MIN = 2 };

const char *smtp_mailbox_reason_name(enum smtp_mailbox_reason reason)
{
    static const char *const NAMES[] = {"valid",          "empty",           "no-at",
                                        "bad-local-part", "long-local-part", "bad-domain",
                                        "long-domain",    "long-label",      "bad-literal",
                                        "long",           "not-ascii"};
    return NAMES[reason];
}

/* Dot-string: atoms with single dots between. */
static bool smtp_mailbox_is_dot_string(struct slice text)
{
    struct slice atom;
    while (slice_split(&text, '.', &atom)) {
        if (atom.len == 0 || cfws_atom_len(atom) != atom.len)
            return false;
    }
    return true;
}

/* Quoted-string of SMTP: no control characters, no folding. Returns its length. */
static size_t smtp_mailbox_quoted_len(struct slice text)
{
    if (text.len == 0 || text.data[0] != '"')
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"')
            return i + 1;
        if (c < ' ' || c == 0x7f)
            return 0;
        if (c != '\\')
            continue;
        i++;
        if (i >= text.len || text.data[i] < ' ' || text.data[i] == 0x7f)
            return 0;
    }
    return 0;
}

/* Snum "." Snum "." Snum "." Snum */
static bool smtp_mailbox_is_v4(struct slice text)
{
    struct slice part;
    size_t count = 0;
    while (slice_split(&text, '.', &part)) {
        uint64_t number = 0;
        if (part.len > 3 || text_to_u64(part, &number) != 0 || number > 255)
            return false;
        count++;
    }
    return count == 4;
}

static bool smtp_mailbox_is_hex_group(struct slice text)
{
    if (text.len == 0 || text.len > 4)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text_lower(text.data[i]);
        if (!text_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

/* Groups with single colons between; the last may be an IPv4 address, which counts as two. Returns
 * how many 16-bit groups there are, SIZE_MAX if the text is wrong. Empty is no group. */
static size_t smtp_mailbox_v6_groups(struct slice text, bool allows_v4)
{
    struct slice part;
    size_t count = 0;
    if (text.len == 0)
        return 0;
    while (slice_split(&text, ':', &part)) {
        bool last = text.data == NULL;
        if (last && allows_v4 && smtp_mailbox_is_v4(part))
            count += 2;
        else if (smtp_mailbox_is_hex_group(part))
            count++;
        else
            return SIZE_MAX;
    }
    return count;
}

/* IPv6-addr, where "::" stands for two groups at least (RFC 5321 4.1.3): stricter than RFC 4291
 * section 2.2, to which it refers, and as RFC 5952 section 4.2.2 has all write addresses. */
static bool smtp_mailbox_is_v6(struct slice text)
{
    size_t gap = slice_find_slice(text, SLICE("::"));
    if (gap == SIZE_MAX)
        return smtp_mailbox_v6_groups(text, true) == SMTP_MAILBOX_V6_GROUPS;
    size_t before = smtp_mailbox_v6_groups(slice_first(text, gap), false);
    size_t behind = smtp_mailbox_v6_groups(slice_skip(text, gap + 2), true);
    return before < SMTP_MAILBOX_V6_GROUPS && behind < SMTP_MAILBOX_V6_GROUPS &&
           before + behind + SMTP_MAILBOX_V6_GAP_GROUPS_MIN <= SMTP_MAILBOX_V6_GROUPS;
}

/* The tag of a General-address-literal must be registered: "IPv6" is the only one that is. */
static bool smtp_mailbox_is_literal(struct slice text)
{
    if (text.len < 2 || text.data[text.len - 1] != ']')
        return false;
    text = slice_from(text.data + 1, text.len - 2);
    if (slice_starts_with_nocase(text, SLICE("IPv6:")))
        return smtp_mailbox_is_v6(slice_skip(text, 5));
    return smtp_mailbox_is_v4(text);
}

static enum smtp_mailbox_reason smtp_mailbox_check_labels(struct slice text)
{
    struct slice label;
    struct slice rest = text;
    bool is_long = false;
    while (slice_split(&rest, '.', &label)) {
        if (label.len == 0 || label.data[0] == '-' || label.data[label.len - 1] == '-')
            return SMTP_MAILBOX_BAD_DOMAIN;
        for (size_t i = 0; i < label.len; i++) {
            if (!text_is_alnum(label.data[i]) && label.data[i] != '-')
                return SMTP_MAILBOX_BAD_DOMAIN;
        }
        is_long = is_long || label.len > DOMAIN_LABEL_BYTES_MAX;
    }
    return is_long ? SMTP_MAILBOX_LONG_LABEL : SMTP_MAILBOX_VALID;
}

/* A name or an address literal. */
static enum smtp_mailbox_reason smtp_mailbox_parse_domain(struct slice text, bool allows_utf8)
{
    if (text.len == 0)
        return SMTP_MAILBOX_BAD_DOMAIN;
    if (text.len > SMTP_MAILBOX_DOMAIN_BYTES_MAX)
        return SMTP_MAILBOX_LONG_DOMAIN;
    if (text.data[0] == '[')
        return smtp_mailbox_is_literal(text) ? SMTP_MAILBOX_VALID : SMTP_MAILBOX_BAD_LITERAL;
    if (text_is_ascii(text))
        return smtp_mailbox_check_labels(text);
    if (!allows_utf8)
        return SMTP_MAILBOX_NOT_ASCII;
    struct arena arena;
    struct slice ascii;
    arena_init(&arena);
    bool valid = domain_to_ascii(&arena, text, &ascii) &&
                 smtp_mailbox_check_labels(ascii) == SMTP_MAILBOX_VALID;
    arena_deinit(&arena);
    return valid ? SMTP_MAILBOX_VALID : SMTP_MAILBOX_BAD_DOMAIN;
}

enum smtp_mailbox_reason smtp_mailbox_parse(struct slice text, bool allows_utf8,
                                            struct smtp_mailbox *mailbox)
{
    memset(mailbox, 0, sizeof *mailbox);
    if (text.len == 0)
        return SMTP_MAILBOX_EMPTY;
    size_t at = smtp_mailbox_quoted_len(text);
    mailbox->is_quoted = at > 0;
    if (text.data[0] == '"' && at == 0)
        return SMTP_MAILBOX_BAD_LOCAL_PART;
    if (at == 0)
        at = slice_find(text, '@');
    if (at == SIZE_MAX || at >= text.len)
        return SMTP_MAILBOX_NO_AT;
    mailbox->local_part = slice_first(text, at);
    if (text.data[at] != '@' ||
        (!mailbox->is_quoted && !smtp_mailbox_is_dot_string(mailbox->local_part)))
        return SMTP_MAILBOX_BAD_LOCAL_PART;
    if (!text_is_ascii(mailbox->local_part)) {
        if (!allows_utf8)
            return SMTP_MAILBOX_NOT_ASCII;
        if (!text_is_utf8(mailbox->local_part))
            return SMTP_MAILBOX_BAD_LOCAL_PART;
    }
    mailbox->domain = slice_skip(text, at + 1);
    mailbox->is_literal = mailbox->domain.len > 0 && mailbox->domain.data[0] == '[';
    enum smtp_mailbox_reason reason = smtp_mailbox_parse_domain(mailbox->domain, allows_utf8);
    if (reason != SMTP_MAILBOX_VALID)
        return reason;
    if (mailbox->local_part.len > SMTP_MAILBOX_LOCAL_PART_BYTES_MAX)
        return SMTP_MAILBOX_LONG_LOCAL_PART;
    return text.len > SMTP_MAILBOX_BYTES_MAX ? SMTP_MAILBOX_LONG : SMTP_MAILBOX_VALID;
}
