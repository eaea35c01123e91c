#include "mta-under-test/mailauth/spf/spf_macro.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum { SPF_PARTS_OF_VALUE_MAX = 512 };

/* %{p}: the validated name that is the domain, else one below it, else any (7.3). */
static enum spf_expansion spf_macro_validated(struct spf_state *state, struct slice *value)
{
    *value = SLICE("unknown");
    if (!spf_find_names(state))
        return SPF_EXPANSION_PENDING;
    if (state->name_count > 0)
        *value = state->names[0];
    for (size_t i = state->name_count; i > 0; i--) {
        if (domain_is_within(state->names[i - 1], state->domain))
            *value = state->names[i - 1];
    }
    for (size_t i = 0; i < state->name_count; i++) {
        if (slice_equal_nocase(state->names[i], state->domain))
            *value = state->names[i];
    }
    return SPF_EXPANSION_DONE;
}

/* An address as %{i} has it: of IPv6 the nibbles with dots between. DNS does not mind their case,
 * but an explanation shows it; upper case is what all evaluators show. */
static struct slice spf_macro_ip(struct spf_state *state, bool readable)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    char text[IP_TEXT_BYTES];
    const struct ip_address *ip = &state->request->ip;
    if (readable || !ip->is_v6)
        return slice_of(arena_text(state->arena, ip_to_text(ip, text)));
    for (size_t i = 0; i < 32; i++) {
        unsigned char byte = ip->bytes[i / 2];
        text[i * 2] = DIGITS[i % 2 == 0 ? byte >> 4 : byte & 15];
        text[i * 2 + 1] = '.';
    }
    return arena_slice(state->arena, slice_from(text, 63));
}

static enum spf_expansion spf_macro_value(struct spf_state *state, char letter, struct slice *value)
{
    switch (letter) {
    case 's':
        *value = slice_of(arena_format(state->arena, "%.*s@%.*s", SLICE_ARG(state->local_part),
                                       SLICE_ARG(state->sender_domain)));
        return state->local_part_is_utf8 ? SPF_EXPANSION_UNUSABLE : SPF_EXPANSION_DONE;
    case 'l':
        *value = state->local_part;
        return state->local_part_is_utf8 ? SPF_EXPANSION_UNUSABLE : SPF_EXPANSION_DONE;
    case 'o':
        *value = state->sender_domain;
        break;
    case 'd':
        *value = state->domain;
        break;
    case 'i':
        *value = spf_macro_ip(state, false);
        break;
    case 'p':
        return spf_macro_validated(state, value);
    case 'v':
        *value = state->request->ip.is_v6 ? SLICE("ip6") : SLICE("in-addr");
        break;
    case 'h':
        *value = state->helo;
        break;
    case 'c':
        *value = spf_macro_ip(state, true);
        break;
    case 'r':
        *value = state->request->receiver.len > 0 ? state->request->receiver : SLICE("unknown");
        break;
    default: /* 't' */
        *value = slice_of(
            arena_format(state->arena, "%lld", (long long)(state->request->now_us / TIME_SECOND)));
        break;
    }
    return SPF_EXPANSION_DONE;
}

/* Splits at the delimiters, reverses, keeps the right-hand parts, joins with dots (7.3). */
static struct slice spf_macro_transform(struct spf_state *state, const struct spf_macro *macro,
                                        struct slice value)
{
    struct slice parts[SPF_PARTS_OF_VALUE_MAX];
    struct slice delimiters = macro->delimiters.len > 0 ? macro->delimiters : SLICE(".");
    size_t count = 0;
    size_t start = 0;
    if (!macro->is_reversed && macro->parts == 0 && macro->delimiters.len == 0)
        return value;
    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && slice_find(delimiters, value.data[i]) == SIZE_MAX)
            continue;
        if (i < value.len && count == SPF_PARTS_OF_VALUE_MAX - 1)
            break;
        parts[count++] = slice_from(value.data + start, i - start);
        start = i + 1;
    }
    size_t keep = macro->parts > 0 && macro->parts < count ? macro->parts : count;
    struct buf out;
    buf_init(&out, value.len + 1);
    for (size_t i = count - keep; i < count; i++) {
        if (i > count - keep)
            buf_add_char(&out, '.');
        buf_add_slice(&out, parts[macro->is_reversed ? count - 1 - i : i]);
    }
    struct slice result = arena_slice(state->arena, buf_slice(&out));
    buf_deinit(&out);
    return result;
}

/* Everything but the unreserved characters of RFC 3986 2.3 as %XX. */
static void spf_macro_add_escaped(struct buf *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (text_is_alnum(c) || (c != '\0' && strchr("-._~", c) != NULL))
            buf_add_char(out, c);
        else
            buf_format(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static enum spf_expansion spf_macro_add(struct spf_state *state, const struct spf_macro *macro,
                                        struct buf *out)
{
    struct slice value;
    if (macro->letter == '%' || macro->letter == '_' || macro->letter == '-') {
        buf_add_text(out, macro->letter == '%' ? "%" : macro->letter == '_' ? " " : "%20");
        return SPF_EXPANSION_DONE;
    }
    enum spf_expansion expansion = spf_macro_value(state, macro->letter, &value);
    if (expansion != SPF_EXPANSION_DONE)
        return expansion;
    value = spf_macro_transform(state, macro, value);
    if (macro->is_escaped)
        spf_macro_add_escaped(out, value);
    else
        buf_add_slice(out, value);
    return SPF_EXPANSION_DONE;
}

static enum spf_expansion spf_macro_expand(struct spf_state *state, struct slice text,
                                           enum spf_macro_place place, struct slice *expanded)
{
    struct spf_macro macro;
    struct buf out;
    enum spf_expansion expansion = SPF_EXPANSION_DONE;
    if (slice_find(text, '%') == SIZE_MAX) {
        *expanded = text;
        return SPF_EXPANSION_DONE;
    }
    buf_init(&out, SPF_EXPANSION_BYTES_MAX);
    for (size_t at = 0; at < text.len && expansion == SPF_EXPANSION_DONE;) {
        size_t len = spf_macro_parse(slice_skip(text, at), place, &macro);
        if (len > 0)
            expansion = spf_macro_add(state, &macro, &out);
        else
            buf_add_char(&out, text.data[at]);
        at += len > 0 ? len : 1;
    }
    if (expansion == SPF_EXPANSION_DONE && buf_overflowed(&out))
        expansion = SPF_EXPANSION_UNUSABLE;
    *expanded = arena_slice(state->arena, buf_slice(&out));
    buf_deinit(&out);
    return expansion;
}

enum spf_expansion spf_macro_expand_domain(struct spf_state *state, struct slice text,
                                           struct slice *domain)
{
    enum spf_expansion expansion = spf_macro_expand(state, text, SPF_PLACE_DOMAIN, domain);
    *domain = domain_without_dot(*domain);
    while (domain->len > DOMAIN_BYTES_MAX && domain_parent(*domain).len > 0)
        *domain = domain_parent(*domain);
    return expansion;
}

enum spf_expansion spf_macro_expand_text(struct spf_state *state, struct slice text,
                                         struct slice *expanded)
{
    return spf_macro_expand(state, text, SPF_PLACE_EXPLANATION, expanded);
}
