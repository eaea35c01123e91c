#include "sim/mx/mx_key.h"

#include "mta-under-test/base/text.h"
#include "sim/mx/mx_header.h"

#include "mta-under-test/base/poison.h"

enum { MX_KEY_SEPARATOR = 0x1f, MX_KEY_BODY_BYTES = 10 * 1024 };

#define MX_STAGES_HELO \
    ((unsigned)MX_STAGES_ALL & ~(MX_STAGE_BIT(MX_STAGE_CONNECT) | MX_STAGE_BIT(MX_STAGE_BANNER)))
#define MX_STAGES_RECIPIENT                                               \
    (MX_STAGE_BIT(MX_STAGE_RCPT) | MX_STAGE_BIT(MX_STAGE_DATA) |          \
     MX_STAGE_BIT(MX_STAGE_DATA_BODY) | MX_STAGE_BIT(MX_STAGE_DATA_END) | \
     MX_STAGE_BIT(MX_STAGE_BDAT))
#define MX_STAGES_SENDER (MX_STAGE_BIT(MX_STAGE_MAIL) | MX_STAGES_RECIPIENT)
#define MX_STAGES_CONTENT MX_STAGE_BIT(MX_STAGE_DATA_END)

typedef void mx_key_writer(const struct mx_key *key, const struct mx_facts *facts, struct buf *out);

static void mx_key_add_text(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(out, text_lower(text.data[i]));
}

static struct slice mx_key_domain(const char *mailbox)
{
    struct slice text = slice_of(mailbox);
    size_t at = slice_find_last(text, '@');
    return at == SIZE_MAX ? slice_from("", 0) : slice_skip(text, at + 1);
}

static void mx_key_source_ip(const struct mx_key *key, const struct mx_facts *facts,
                             struct buf *out)
{
    (void)key;
    buf_add(out, facts->client.bytes, sizeof facts->client.bytes);
}

static void mx_key_source_prefix(const struct mx_key *key, const struct mx_facts *facts,
                                 struct buf *out)
{
    unsigned bits = address_is_ipv4(&facts->client) ? key->v4_bits : key->v6_bits;
    struct address masked = address_mask(&facts->client, bits);
    buf_add(out, masked.bytes, sizeof masked.bytes);
}

static void mx_key_helo(const struct mx_key *key, const struct mx_facts *facts, struct buf *out)
{
    (void)key;
    mx_key_add_text(out, slice_of(facts->helo));
}

static void mx_key_sender(const struct mx_key *key, const struct mx_facts *facts, struct buf *out)
{
    (void)key;
    mx_key_add_text(out, slice_of(facts->sender));
}

static void mx_key_sender_domain(const struct mx_key *key, const struct mx_facts *facts,
                                 struct buf *out)
{
    (void)key;
    mx_key_add_text(out, mx_key_domain(facts->sender));
}

static void mx_key_recipient(const struct mx_key *key, const struct mx_facts *facts,
                             struct buf *out)
{
    (void)key;
    mx_key_add_text(out, slice_of(facts->recipient));
}

static void mx_key_recipient_domain(const struct mx_key *key, const struct mx_facts *facts,
                                    struct buf *out)
{
    (void)key;
    mx_key_add_text(out, mx_key_domain(facts->recipient));
}

/* The d= tag of the first signature, believed as it stands. */
static void mx_key_dkim_domain(const struct mx_key *key, const struct mx_facts *facts,
                               struct buf *out)
{
    (void)key;
    struct slice tags = mx_header_find(facts->header, "DKIM-Signature");
    struct slice tag;
    while (tags.data != NULL && slice_split(&tags, ';', &tag)) {
        tag = slice_trim(tag);
        size_t equals = slice_find(tag, '=');
        if (equals != SIZE_MAX && slice_is_nocase(slice_trim(slice_first(tag, equals)), "d")) {
            mx_key_add_text(out, slice_trim(slice_skip(tag, equals + 1)));
            return;
        }
    }
}

/* The domain that SPF is about: the sender's, or the HELO name of a null reverse-path. */
static void mx_key_spf_domain(const struct mx_key *key, const struct mx_facts *facts,
                              struct buf *out)
{
    (void)key;
    if (facts->sender[0] != '\0')
        mx_key_add_text(out, mx_key_domain(facts->sender));
    else
        mx_key_add_text(out, slice_of(facts->helo));
}

/* The host of the first link in the body. */
static void mx_key_url_domain(const struct mx_key *key, const struct mx_facts *facts,
                              struct buf *out)
{
    (void)key;
    size_t at = slice_find_slice(facts->body, SLICE("://"));
    if (at == SIZE_MAX)
        return;
    struct slice rest = slice_skip(facts->body, at + 3);
    size_t len = 0;
    while (len < rest.len &&
           (text_is_alnum(rest.data[len]) || rest.data[len] == '-' || rest.data[len] == '.'))
        len++;
    mx_key_add_text(out, slice_first(rest, len));
}

/* The domain of the author: behind the last "@" of From, which is where both forms of it end. */
static void mx_key_from_domain(const struct mx_key *key, const struct mx_facts *facts,
                               struct buf *out)
{
    (void)key;
    struct slice from = mx_header_find(facts->header, "From");
    size_t at = slice_find_last(from, '@');
    if (at == SIZE_MAX)
        return;
    struct slice rest = slice_skip(from, at + 1);
    size_t len = 0;
    while (len < rest.len &&
           (text_is_alnum(rest.data[len]) || rest.data[len] == '-' || rest.data[len] == '.'))
        len++;
    mx_key_add_text(out, slice_first(rest, len));
}

static void mx_key_message_id(const struct mx_key *key, const struct mx_facts *facts,
                              struct buf *out)
{
    (void)key;
    const char *id = facts->message_id[0] != '\0' ? facts->message_id : facts->message;
    buf_add_text(out, id);
}

static void mx_key_body(const struct mx_key *key, const struct mx_facts *facts, struct buf *out)
{
    (void)key;
    /* FNV-1a over the beginning: two bodies that differ there get different keys. */
    uint64_t hash = UINT64_C(14695981039346656037);
    struct slice body = slice_first(facts->body, MX_KEY_BODY_BYTES);
    for (size_t i = 0; i < body.len; i++)
        hash = (hash ^ (unsigned char)body.data[i]) * UINT64_C(1099511628211);
    buf_add(out, &hash, sizeof hash);
}

static void mx_key_connection(const struct mx_key *key, const struct mx_facts *facts,
                              struct buf *out)
{
    (void)key;
    buf_add_text(out, facts->session);
}

static void mx_key_tls_session(const struct mx_key *key, const struct mx_facts *facts,
                               struct buf *out)
{
    (void)key;
    buf_add_text(out, facts->tls_session);
}

static void mx_key_all(const struct mx_key *key, const struct mx_facts *facts, struct buf *out)
{
    (void)key;
    (void)facts;
    (void)out;
}

static const struct {
    unsigned stages;
    mx_key_writer *write;
} MX_KEY_ROWS[MX_KEY_PART_COUNT] = {
    [MX_KEY_SOURCE_IP] = {MX_STAGES_ALL, mx_key_source_ip},
    [MX_KEY_SOURCE_PREFIX] = {MX_STAGES_ALL, mx_key_source_prefix},
    [MX_KEY_HELO] = {MX_STAGES_HELO, mx_key_helo},
    [MX_KEY_SENDER] = {MX_STAGES_SENDER, mx_key_sender},
    [MX_KEY_SENDER_DOMAIN] = {MX_STAGES_SENDER, mx_key_sender_domain},
    [MX_KEY_RECIPIENT] = {MX_STAGES_RECIPIENT, mx_key_recipient},
    [MX_KEY_RECIPIENT_DOMAIN] = {MX_STAGES_RECIPIENT, mx_key_recipient_domain},
    [MX_KEY_DKIM_DOMAIN] = {MX_STAGES_CONTENT, mx_key_dkim_domain},
    [MX_KEY_SPF_DOMAIN] = {MX_STAGES_SENDER, mx_key_spf_domain},
    [MX_KEY_URL_DOMAIN] = {MX_STAGES_CONTENT, mx_key_url_domain},
    [MX_KEY_FROM_DOMAIN] = {MX_STAGES_CONTENT, mx_key_from_domain},
    [MX_KEY_MESSAGE_ID] = {MX_STAGES_CONTENT, mx_key_message_id},
    [MX_KEY_BODY] = {MX_STAGES_CONTENT, mx_key_body},
    [MX_KEY_CONNECTION] = {MX_STAGES_ALL, mx_key_connection},
    [MX_KEY_TLS_SESSION] = {MX_STAGES_HELO, mx_key_tls_session},
    [MX_KEY_ALL] = {MX_STAGES_ALL, mx_key_all},
};

static const char *const MX_KEY_WORDS[] = {
#define X(name, word) word,
    MX_KEY_PARTS(X)
#undef X
        NULL,
};

struct mx_key mx_key_of(unsigned parts)
{
    return (struct mx_key){parts, MX_KEY_V4_BITS, MX_KEY_V6_BITS};
}

int mx_key_read(struct spec spec, struct mx_key *key, struct err *err)
{
    *key = mx_key_of(0);
    size_t part;
    if (!spec_is_array(spec)) {
        if (spec_read_word(spec, MX_KEY_WORDS, &part, err) != 0)
            return -1;
        key->parts = MX_KEY_BIT(part);
        return 0;
    }
    if (spec_count(spec) == 0)
        return spec_error(spec, err, "an empty list; \"all\" counts everything together");
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (spec_read_word(spec_at(spec, i), MX_KEY_WORDS, &part, err) != 0)
            return -1;
        key->parts |= MX_KEY_BIT(part);
    }
    return 0;
}

int mx_key_read_prefix(struct spec spec, struct mx_key *key, struct err *err)
{
    const char *text;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    if ((key->parts & MX_KEY_BIT(MX_KEY_SOURCE_PREFIX)) == 0)
        return spec_error(spec, err,
                          "says how long a \"source-prefix\" is, and nothing goes by one here: "
                          "name it in \"by\", or leave this out");
    struct slice rest = slice_of(text);
    struct slice v4;
    uint64_t v4_bits;
    uint64_t v6_bits;
    if (!slice_split(&rest, '/', &v4) || text_to_u64(v4, &v4_bits) != 0 ||
        text_to_u64(rest, &v6_bits) != 0 || v4_bits > 32 || v6_bits > 128)
        return spec_error(spec, err,
                          "expected the lengths of prefixes in IPv4 and IPv6, as in "
                          "\"24/64\", found \"%s\"",
                          text);
    key->v4_bits = (unsigned)v4_bits;
    key->v6_bits = (unsigned)v6_bits;
    return 0;
}

bool mx_key_is_there(const struct mx_key *key, const struct mx_facts *facts)
{
    static const enum mx_key_part MAY_LACK[] = {MX_KEY_DKIM_DOMAIN, MX_KEY_URL_DOMAIN,
                                                MX_KEY_FROM_DOMAIN, MX_KEY_MESSAGE_ID};
    bool there = true;
    for (size_t i = 0; there && i < sizeof MAY_LACK / sizeof MAY_LACK[0]; i++) {
        struct buf value;
        if ((key->parts & MX_KEY_BIT(MAY_LACK[i])) == 0)
            continue;
        buf_init(&value, MX_KEY_TEXT_BYTES);
        MX_KEY_ROWS[MAY_LACK[i]].write(key, facts, &value);
        there = value.len > 0;
        buf_deinit(&value);
    }
    return there;
}

unsigned mx_key_stages(const struct mx_key *key)
{
    unsigned stages = MX_STAGES_ALL;
    for (unsigned part = 0; part < MX_KEY_PART_COUNT; part++) {
        if ((key->parts & MX_KEY_BIT(part)) != 0)
            stages &= MX_KEY_ROWS[part].stages;
    }
    return stages;
}

void mx_key_write(const struct mx_key *key, const struct mx_facts *facts, struct buf *out)
{
    for (unsigned part = 0; part < MX_KEY_PART_COUNT; part++) {
        if ((key->parts & MX_KEY_BIT(part)) == 0)
            continue;
        MX_KEY_ROWS[part].write(key, facts, out);
        buf_add_char(out, MX_KEY_SEPARATOR);
    }
}

struct mx_key mx_key_default(enum mx_stage stage)
{
    unsigned bit = MX_STAGE_BIT(stage);
    unsigned parts = MX_KEY_BIT(MX_KEY_SOURCE_IP);
    if ((bit & MX_STAGES_CONTENT) != 0)
        parts = MX_KEY_BIT(MX_KEY_SENDER) | MX_KEY_BIT(MX_KEY_RECIPIENT) |
                MX_KEY_BIT(MX_KEY_MESSAGE_ID);
    else if ((bit & MX_STAGES_RECIPIENT) != 0)
        parts = MX_KEY_BIT(MX_KEY_SENDER) | MX_KEY_BIT(MX_KEY_RECIPIENT);
    else if ((bit & MX_STAGES_SENDER) != 0)
        parts = MX_KEY_BIT(MX_KEY_SENDER);
    return mx_key_of(parts);
}
