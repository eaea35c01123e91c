#include "mta-under-test/mailauth/address/address_list.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/poison.h"

enum { ADDRESS_WORDS_BYTES_MAX = 1024 * 1024 };

struct address_reader {
    struct arena *arena;
    struct slice text;
    size_t at;
    struct address_list *list;
    size_t room;
};

static struct slice address_rest(const struct address_reader *reader)
{
    return slice_skip(reader->text, reader->at);
}

static void address_skip(struct address_reader *reader)
{
    reader->at += cfws_len(address_rest(reader));
}

/* The character at hand, '\0' at the end. */
static char address_peek(const struct address_reader *reader)
{
    return reader->at < reader->text.len ? reader->text.data[reader->at] : '\0';
}

static bool address_take(struct address_reader *reader, char c)
{
    address_skip(reader);
    if (reader->at >= reader->text.len || reader->text.data[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

/* One word (atom or quoted-string) appended to `out` in plain form. */
static bool address_word(struct address_reader *reader, struct buf *out)
{
    address_skip(reader);
    struct slice rest = address_rest(reader);
    size_t len = cfws_quoted_len(rest);
    if (len > 0) {
        buf_add_slice(out, cfws_unquote(reader->arena, slice_first(rest, len)));
    } else {
        len = cfws_atom_len(rest);
        buf_add_slice(out, slice_first(rest, len));
    }
    reader->at += len;
    return len > 0;
}

/* domain-literal: "[" *([FWS] dtext) [FWS] "]" */
static bool address_literal(struct address_reader *reader, struct buf *out)
{
    buf_add_char(out, '[');
    for (reader->at++; reader->at < reader->text.len; reader->at++) {
        unsigned char c = (unsigned char)address_peek(reader);
        if (c == ']') {
            reader->at++;
            buf_add_char(out, ']');
            return true;
        }
        if (c == '[' || c == '\\')
            return false;
        if (c > ' ' && c != 0x7f)
            buf_add_char(out, (char)c);
    }
    return false;
}

/* dot-atom, obs-domain (white space and comments around dots) or domain-literal. */
static bool address_domain(struct address_reader *reader, struct slice *domain)
{
    struct buf out;
    bool valid = true;
    buf_init(&out, ADDRESS_WORDS_BYTES_MAX);
    address_skip(reader);
    if (address_peek(reader) == '[') {
        valid = address_literal(reader, &out);
    } else {
        do {
            address_skip(reader);
            size_t len = cfws_atom_len(address_rest(reader));
            valid = valid && len > 0;
            if (out.len > 0)
                buf_add_char(&out, '.');
            buf_add_slice(&out, slice_first(address_rest(reader), len));
            reader->at += len;
        } while (valid && address_take(reader, '.'));
    }
    *domain = arena_slice(reader->arena, buf_slice(&out));
    buf_deinit(&out);
    return valid;
}

static const char *address_add(struct address_reader *reader, struct slice name,
                               struct slice local_part, struct slice domain)
{
    struct address_list *list = reader->list;
    if (list->count == ADDRESS_LIST_MAX)
        return "too many addresses";
    if (list->count == reader->room) {
        size_t room = reader->room > 0 ? reader->room * 2 : 4;
        struct address_mailbox *grown = arena_alloc_array(reader->arena, room, sizeof *grown);
        if (list->count > 0)
            memcpy(grown, list->mailboxes, list->count * sizeof *grown);
        list->mailboxes = grown;
        reader->room = room;
    }
    list->mailboxes[list->count++] = (struct address_mailbox){name, local_part, domain};
    return NULL;
}

/* local-part "@" domain, where the first words may have been read already. */
static const char *address_spec(struct address_reader *reader, struct slice name, struct buf *local)
{
    struct slice domain;
    while (address_take(reader, '.')) {
        buf_add_char(local, '.');
        if (!address_word(reader, local))
            return "a local-part with an empty part";
    }
    if (!address_take(reader, '@'))
        return "an address without \"@\"";
    if (!address_domain(reader, &domain))
        return "an address without a valid domain";
    return address_add(reader, name, arena_slice(reader->arena, buf_slice(local)), domain);
}

/* "<" [ obs-route ] addr-spec ">" */
static const char *address_angle(struct address_reader *reader, struct slice name)
{
    struct buf local;
    struct slice unused;
    address_skip(reader);
    if (address_peek(reader) == '@') {
        while (address_take(reader, '@')) {
            if (!address_domain(reader, &unused))
                return "a route without a valid domain";
            while (address_take(reader, ','))
                ;
        }
        if (!address_take(reader, ':'))
            return "a route without \":\"";
    }
    buf_init(&local, ADDRESS_WORDS_BYTES_MAX);
    const char *wrong = address_word(reader, &local) ? address_spec(reader, name, &local)
                                                     : "an address without a local-part";
    buf_deinit(&local);
    if (wrong != NULL)
        return wrong;
    return address_take(reader, '>') ? NULL : "an address without \">\"";
}

/* What follows the words of a phrase or of a local-part: "<", ":", "@", ".", or more words. */
static const char *address_after_words(struct address_reader *reader, struct buf *words,
                                       size_t count, bool in_group, bool *opens_group)
{
    *opens_group = false;
    for (;;) {
        address_skip(reader);
        char c = address_peek(reader);
        if (c == '<') {
            reader->at++;
            return address_angle(reader, arena_slice(reader->arena, buf_slice(words)));
        }
        if (c == ':' && !in_group) {
            reader->at++;
            *opens_group = true;
            return NULL;
        }
        if ((c == '@' || c == '.') && count == 1) {
            size_t before = reader->at;
            size_t len = words->len;
            const char *wrong = address_spec(reader, SLICE(""), words);
            if (wrong == NULL || c == '@')
                return wrong;
            /* A dot inside a phrase (obs-phrase), as in "John Q. Public". */
            reader->at = before;
            buf_truncate(words, len);
        }
        if (c == '.') {
            reader->at++;
            buf_add_char(words, '.');
            count++;
            continue;
        }
        buf_add_char(words, ' ');
        if (!address_word(reader, words))
            return "an unexpected character";
        count++;
    }
}

static const char *address_one(struct address_reader *reader, bool in_group, bool *opens_group)
{
    struct buf words;
    *opens_group = false;
    address_skip(reader);
    if (address_peek(reader) == '<') {
        reader->at++;
        return address_angle(reader, SLICE(""));
    }
    buf_init(&words, ADDRESS_WORDS_BYTES_MAX);
    const char *wrong = address_word(reader, &words)
                            ? address_after_words(reader, &words, 1, in_group, opens_group)
                            : "an address is missing";
    buf_deinit(&words);
    return wrong;
}

const char *address_list_parse(struct arena *arena, struct slice value, struct address_list *list)
{
    struct address_reader reader = {arena, value, 0, list, 0};
    bool in_group = false;
    memset(list, 0, sizeof *list);
    for (;;) {
        bool opens_group = false;
        while (address_take(&reader, ',')) /* obs-addr-list: empty elements */
            ;
        address_skip(&reader);
        if (in_group && address_take(&reader, ';')) {
            in_group = false;
        } else if (reader.at >= value.len) {
            break;
        } else {
            const char *wrong = address_one(&reader, in_group, &opens_group);
            if (wrong != NULL)
                return wrong;
            if (opens_group) {
                in_group = true;
                list->groups++;
                continue;
            }
        }
        address_skip(&reader);
        char c = address_peek(&reader);
        if (reader.at < value.len && c != ',' && !(in_group && c == ';'))
            return "a comma is missing between addresses";
    }
    if (in_group)
        return "a group without \";\"";
    return list->count > 0 || list->groups > 0 ? NULL : "there is no address";
}
