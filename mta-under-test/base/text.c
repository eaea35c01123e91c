#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_is_alpha(char c)
{
    return text_lower(c) >= 'a' && text_lower(c) <= 'z';
}

bool text_is_alnum(char c)
{
    return text_is_digit(c) || text_is_alpha(c);
}

void text_to_lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = text_lower(*text);
}

int text_to_u64(struct slice text, uint64_t *number)
{
    uint64_t value = 0;
    if (text.len == 0)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (!text_is_digit(text.data[i]))
            return -1;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
            return -1;
    }
    *number = value;
    return 0;
}

int text_to_i64(struct slice text, int64_t *number)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    uint64_t value = 0;
    if (text_to_u64(slice_skip(text, negative ? 1 : 0), &value) != 0 || value > INT64_MAX)
        return -1;
    *number = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

void text_to_hex(struct buf *out, const void *data, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        buf_add_char(out, DIGITS[bytes[i] >> 4]);
        buf_add_char(out, DIGITS[bytes[i] & 15]);
    }
}

static int text_hex_digit(char c)
{
    c = text_lower(c);
    if (text_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_from_hex(struct buf *out, struct slice text)
{
    if (text.len % 2 != 0)
        return -1;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = text_hex_digit(text.data[i]);
        int low = text_hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0 || !buf_add_char(out, (char)(high * 16 + low)))
            return -1;
    }
    return 0;
}

static const char TEXT_BASE64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_to_base64(struct buf *out, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (have > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (have > 2)
            group |= bytes[i + 2];
        char quad[4] = {TEXT_BASE64[group >> 18], TEXT_BASE64[group >> 12 & 63],
                        have > 1 ? TEXT_BASE64[group >> 6 & 63] : '=',
                        have > 2 ? TEXT_BASE64[group & 63] : '='};
        buf_add(out, quad, sizeof quad);
    }
}

static int text_base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

int text_from_base64(struct buf *out, struct slice text)
{
    if (text.len % 4 != 0)
        return -1;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        size_t padding = 0;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            char c = text.data[i + k];
            int value = text_base64_value(c);
            if (last && c == '=' && k >= 2)
                padding++;
            else if (value < 0 || padding > 0)
                return -1;
            group = group << 6 | (uint32_t)(value > 0 ? value : 0);
        }
        char bytes[3] = {(char)(group >> 16), (char)(group >> 8), (char)group};
        if (!buf_add(out, bytes, 3 - padding))
            return -1;
    }
    return 0;
}

size_t text_utf8_len(struct slice text)
{
    if (text.len == 0)
        return 0;
    const unsigned char *b = (const unsigned char *)text.data;
    if (b[0] < 0x80)
        return 1;
    size_t len = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    if (b[0] < 0xc2 || b[0] > 0xf4 || text.len < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Overlong forms, surrogates, and what lies above U+10FFFF (RFC 3629 section 4). */
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
        (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return len;
}

bool text_is_utf8(struct slice text)
{
    while (text.len > 0) {
        size_t len = text_utf8_len(text);
        if (len == 0)
            return false;
        text = slice_skip(text, len);
    }
    return true;
}

/* By words of eight bytes: it looks at all mail that comes in. */
bool text_is_ascii(struct slice text)
{
    static const uint64_t HIGH_BITS = 0x8080808080808080;
    size_t at = 0;
    for (; text.len - at >= sizeof HIGH_BITS; at += sizeof HIGH_BITS) {
        uint64_t word;
        memcpy(&word, text.data + at, sizeof word);
        if ((word & HIGH_BITS) != 0)
            return false;
    }
    for (; at < text.len; at++) {
        if ((unsigned char)text.data[at] >= 0x80)
            return false;
    }
    return true;
}

enum { TEXT_WORD_MAX = 64 };

/* The edit distance with swaps of neighbours, over words of at most TEXT_WORD_MAX bytes. */
static size_t text_distance(const char *a, const char *b)
{
    size_t rows[3][TEXT_WORD_MAX + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > TEXT_WORD_MAX || b_len > TEXT_WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = text_lower(a[i - 1]) == text_lower(b[j - 1]);
            size_t best = above[j - 1] + (same ? 0 : 1);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                rows[(i - 2) % 3][j - 2] + 1 < best)
                best = rows[(i - 2) % 3][j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *text_nearest(const char *wrong, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (; *words != NULL; words++) {
        size_t distance = text_distance(wrong, *words);
        if (distance < best_distance) {
            best = *words;
            best_distance = distance;
        }
    }
    size_t len = strlen(wrong);
    size_t most = len <= 3 ? 1 : len <= 6 ? 2 : 3;
    return best_distance <= most ? best : NULL;
}

void text_to_printable(struct buf *out, struct slice text, size_t max)
{
    size_t written = 0;
    while (text.len > 0) {
        if (written >= max) {
            buf_add_text(out, "...");
            return;
        }
        size_t len = text_utf8_len(text);
        unsigned char first = (unsigned char)text.data[0];
        if (len == 0 || first < 0x20 || first == 0x7f || first == '"' || first == '\\') {
            buf_format(out, "\\x%02x", (unsigned)first);
            len = 1;
        } else {
            buf_add(out, text.data, len);
        }
        written += len;
        text = slice_skip(text, len);
    }
}
