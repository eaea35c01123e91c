#include "mta-under-test/mailauth/dkim/dkim_body.h"

#include <emmintrin.h>

#include "mta-under-test/base/poison.h"

void dkim_body_init(struct dkim_body *body, enum dkim_canon canon, enum dkim_digest digest,
                    uint64_t limit)
{
    dkim_hash_init(&body->hash, digest);
    body->canon = canon;
    body->limit = limit;
    body->len = 0;
    body->line_ends = 0;
    body->has_space = false;
    body->has_cr = false;
}

void dkim_body_deinit(struct dkim_body *body)
{
    dkim_hash_deinit(&body->hash);
}

static void dkim_body_emit(struct dkim_body *body, const char *bytes, size_t len)
{
    uint64_t room = body->limit > body->len ? body->limit - body->len : 0;
    body->len += len;
    dkim_hash_add(&body->hash, bytes, len < room ? len : (size_t)room);
}

/* What was held back comes in front of text. */
static void dkim_body_emit_held(struct dkim_body *body)
{
    for (; body->line_ends > 0; body->line_ends--)
        dkim_body_emit(body, "\r\n", 2);
    if (body->has_space)
        dkim_body_emit(body, " ", 1);
    body->has_space = false;
}

static void dkim_body_emit_text(struct dkim_body *body, const char *bytes, size_t len)
{
    if (len == 0)
        return;
    dkim_body_emit_held(body);
    dkim_body_emit(body, bytes, len);
}

static void dkim_body_end_line(struct dkim_body *body)
{
    body->has_space = false;
    body->line_ends++;
}

/* A CR at the end of the last piece: with the LF at the front of this one it is a line end, without
 * it it is text. Returns how many bytes were used. */
static size_t dkim_body_settle_cr(struct dkim_body *body, struct slice bytes)
{
    if (!body->has_cr || bytes.len == 0)
        return 0;
    body->has_cr = false;
    if (bytes.data[0] == '\n') {
        dkim_body_end_line(body);
        return 1;
    }
    dkim_body_emit_text(body, "\r", 1);
    return 0;
}

static void dkim_body_feed_simple(struct dkim_body *body, struct slice bytes)
{
    bytes = slice_skip(bytes, dkim_body_settle_cr(body, bytes));
    while (slice_starts_with(bytes, SLICE("\r\n"))) {
        dkim_body_end_line(body);
        bytes = slice_skip(bytes, 2);
    }
    struct slice text = bytes;
    bool has_cr = text.len > 0 && text.data[text.len - 1] == '\r';
    if (has_cr)
        text.len--;
    size_t line_ends = 0;
    while (text.len >= 2 && memcmp(text.data + text.len - 2, "\r\n", 2) == 0) {
        text.len -= 2;
        line_ends++;
    }
    dkim_body_emit_text(body, text.data, text.len);
    for (; line_ends > 0; line_ends--)
        dkim_body_end_line(body);
    body->has_cr = has_cr;
}

static bool dkim_body_is_wsp_or_cr(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The byte at `at` is its own canonical form, with regard to what follows it. */
static bool dkim_body_is_plain(const char *bytes, size_t len, size_t at)
{
    char c = bytes[at];
    if (c == '\t')
        return false;
    if (c == ' ')
        return at + 1 < len && !dkim_body_is_wsp_or_cr(bytes[at + 1]);
    if (c == '\r')
        return at + 2 < len && bytes[at + 1] == '\n' && !dkim_body_is_wsp_or_cr(bytes[at + 2]);
    return true;
}

/* Bits of those of 16 bytes that may be not plain: a tab, a CR, a space before one of these or
 * before a space. Reads 17 bytes. */
static unsigned dkim_body_suspects(const char *bytes)
{
    const __m128i here = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    const __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 1));
    const __m128i space = _mm_set1_epi8(' ');
    const __m128i tab = _mm_set1_epi8('\t');
    const __m128i cr = _mm_set1_epi8('\r');
    __m128i after = _mm_or_si128(_mm_cmpeq_epi8(next, space),
                                 _mm_or_si128(_mm_cmpeq_epi8(next, tab), _mm_cmpeq_epi8(next, cr)));
    __m128i found = _mm_and_si128(_mm_cmpeq_epi8(here, space), after);
    found = _mm_or_si128(found, _mm_or_si128(_mm_cmpeq_epi8(here, tab), _mm_cmpeq_epi8(here, cr)));
    return (unsigned)_mm_movemask_epi8(found);
}

/* How many bytes at the front are their own relaxed form. Nearly all of an ordinary body is, so
 * this is what decides the speed. */
static size_t dkim_body_plain_len(const char *bytes, size_t len)
{
    size_t at = 0;
    for (; at + 17 <= len; at += 16) {
        for (unsigned bits = dkim_body_suspects(bytes + at); bits != 0; bits &= bits - 1) {
            size_t suspect = at + (unsigned)__builtin_ctz(bits);
            if (!dkim_body_is_plain(bytes, len, suspect))
                return suspect;
        }
    }
    while (at < len && dkim_body_is_plain(bytes, len, at))
        at++;
    return at;
}

static void dkim_body_feed_relaxed(struct dkim_body *body, struct slice bytes)
{
    size_t at = dkim_body_settle_cr(body, bytes);
    while (at < bytes.len) {
        /* White space that follows white space adds nothing. */
        while (body->has_space && at < bytes.len &&
               (bytes.data[at] == ' ' || bytes.data[at] == '\t'))
            at++;
        /* A line end behind white space takes it away: it is no plain text. */
        bool ends_line = body->has_space && at < bytes.len && bytes.data[at] == '\r';
        size_t plain = ends_line ? 0 : dkim_body_plain_len(bytes.data + at, bytes.len - at);
        dkim_body_emit_text(body, bytes.data + at, plain);
        at += plain;
        if (at == bytes.len)
            break;
        char c = bytes.data[at++];
        if (c != '\r') {
            body->has_space = true;
            continue;
        }
        body->has_cr = true;
        at += dkim_body_settle_cr(body, slice_skip(bytes, at));
    }
}

void dkim_body_feed(struct dkim_body *body, struct slice bytes)
{
    if (bytes.len == 0)
        return;
    if (body->canon == DKIM_CANON_SIMPLE)
        dkim_body_feed_simple(body, bytes);
    else
        dkim_body_feed_relaxed(body, bytes);
}

size_t dkim_body_finish(struct dkim_body *body, unsigned char digest[DKIM_DIGEST_BYTES_MAX])
{
    if (body->has_cr)
        dkim_body_emit_text(body, "\r", 1);
    body->has_cr = false;
    /* All line ends at the end count as one; an empty body is one CRLF when simple (3.4.3), and
     * nothing when relaxed (3.4.4). */
    if (body->len > 0 || body->canon == DKIM_CANON_SIMPLE)
        dkim_body_emit(body, "\r\n", 2);
    return dkim_hash_finish(&body->hash, digest);
}
