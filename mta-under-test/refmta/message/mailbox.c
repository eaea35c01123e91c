#include "mta-under-test/refmta/message/mailbox.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { LABEL_BYTES_MAX = 63 };

/* RFC 5322 3.2.3 atext; with UTF-8, RFC 6531 3.3. The length of the character, 0 if it is none. */
static size_t atext_len(struct slice text, bool allow_utf8)
{
    if (text.len == 0)
        return 0;
    char c = text.data[0];
    if (text_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL))
        return 1;
    return (unsigned char)c >= 0x80 && allow_utf8 ? text_utf8_len(text) : 0;
}

/* The length of a Dot-string at the front, 0 if there is none. */
static size_t dot_string_len(struct slice text, bool allow_utf8)
{
    size_t at = 0;
    for (;;) {
        size_t start = at;
        size_t len;
        while ((len = atext_len(slice_skip(text, at), allow_utf8)) > 0)
            at += len;
        if (at == start)
            return 0;
        if (at >= text.len || text.data[at] != '.')
            return at;
        at++;
    }
}

/* The length of a Quoted-string at the front, 0 if there is none. */
static size_t quoted_string_len(struct slice text, bool allow_utf8)
{
    size_t at = 1;
    while (at < text.len) {
        unsigned char c = (unsigned char)text.data[at];
        if (c == '"')
            return at + 1;
        if (c == '\\') {
            at++;
            if (at >= text.len || text.data[at] < ' ' || text.data[at] > '~')
                return 0;
            at++;
        } else if (c >= 0x80) {
            size_t len = allow_utf8 ? text_utf8_len(slice_skip(text, at)) : 0;
            if (len == 0)
                return 0;
            at += len;
        } else if (c >= ' ' && c <= '~') {
            at++;
        } else {
            return 0;
        }
    }
    return 0;
}

bool mailbox_is_domain(struct slice text, bool allow_utf8)
{
    struct slice label;
    if (text.len == 0 || text.len > MAILBOX_DOMAIN_BYTES_MAX)
        return false;
    if (allow_utf8 && !text_is_utf8(text))
        return false;
    while (slice_split(&text, '.', &label)) {
        if (label.len == 0 || label.len > LABEL_BYTES_MAX || label.data[0] == '-' ||
            label.data[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            unsigned char c = (unsigned char)label.data[i];
            /* The underscore is in no host name but in many real ones. */
            if (!text_is_alnum((char)c) && c != '-' && c != '_' && (c < 0x80 || !allow_utf8))
                return false;
        }
    }
    return true;
}

int mailbox_literal_address(struct slice domain, struct ip_address *address)
{
    if (domain.len < 3 || domain.data[0] != '[' || domain.data[domain.len - 1] != ']')
        return -1;
    struct slice inner = slice_from(domain.data + 1, domain.len - 2);
    if (slice_starts_with_nocase(inner, SLICE("IPv6:"))) {
        inner = slice_skip(inner, 5);
        return slice_find(inner, ':') != SIZE_MAX ? ip_address_from_text(inner, address) : -1;
    }
    return slice_find(inner, ':') == SIZE_MAX ? ip_address_from_text(inner, address) : -1;
}

static size_t local_len(struct slice text, bool allow_utf8)
{
    if (text.len > 0 && text.data[0] == '"')
        return quoted_string_len(text, allow_utf8);
    return dot_string_len(text, allow_utf8);
}

int mailbox_parse(struct slice text, bool allow_utf8, struct mailbox *mailbox)
{
    struct ip_address address;
    size_t local = local_len(text, allow_utf8);
    if (local == 0 || local > MAILBOX_LOCAL_BYTES_MAX || local >= text.len ||
        text.data[local] != '@')
        return -1;
    *mailbox = (struct mailbox){
        .whole = text,
        .local = slice_first(text, local),
        .domain = slice_skip(text, local + 1),
        .is_utf8 = !text_is_ascii(text),
    };
    if (mailbox_is_domain(mailbox->domain, allow_utf8))
        return 0;
    if (mailbox_literal_address(mailbox->domain, &address) != 0)
        return -1;
    mailbox->is_literal = true;
    return 0;
}

/* "@a,@b:" at the front; the length, 0 if there is none, SIZE_MAX if it is broken. */
static size_t source_route_len(struct slice text, bool allow_utf8)
{
    if (text.len == 0 || text.data[0] != '@')
        return 0;
    size_t colon = slice_find(text, ':');
    if (colon == SIZE_MAX)
        return SIZE_MAX;
    struct slice route = slice_first(text, colon);
    struct slice hop;
    while (slice_split(&route, ',', &hop))
        if (hop.len < 2 || hop.data[0] != '@' || !mailbox_is_domain(slice_skip(hop, 1), allow_utf8))
            return SIZE_MAX;
    return colon + 1;
}

/* The index of the ">" that ends the path: one inside a quoted string does not. */
static size_t path_end(struct slice text)
{
    bool quoted = false;
    for (size_t i = 1; i < text.len; i++) {
        if (quoted && text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            quoted = !quoted;
        else if (!quoted && text.data[i] == '>')
            return i;
    }
    return SIZE_MAX;
}

int mailbox_parse_path(struct slice text, bool allow_utf8, bool allow_postmaster,
                       struct mailbox *mailbox, size_t *used)
{
    *mailbox = (struct mailbox){0};
    if (text.len < 2 || text.data[0] != '<')
        return -1;
    size_t end = path_end(text);
    if (end == SIZE_MAX)
        return -1;
    *used = end + 1;
    struct slice inner = slice_from(text.data + 1, end - 1);
    if (inner.len == 0)
        return 0;
    size_t route = source_route_len(inner, allow_utf8);
    if (route == SIZE_MAX)
        return -1;
    inner = slice_skip(inner, route);
    if (inner.len + 2 > MAILBOX_PATH_BYTES_MAX)
        return -1;
    if (allow_postmaster && slice_is_nocase(inner, "postmaster")) {
        mailbox->whole = inner;
        mailbox->local = inner;
        return 0;
    }
    return mailbox_parse(inner, allow_utf8, mailbox);
}
