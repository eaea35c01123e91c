#include "sim/value/spec_scan.h"

#include <stdarg.h>

#include "mta-under-test/base/text.h"
#include "sim/value/spec.h"

#include "mta-under-test/base/poison.h"

struct spec_scanner {
    const char *name;
    struct slice text;
    size_t at;
    unsigned depth;
    struct spec_scan *scan;
    struct err *err;
};

void spec_scan_place(struct slice text, size_t offset, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.data[i] == '\n') {
            (*line)++;
            *column = 1;
        } else if (((unsigned char)text.data[i] & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}

static int scan_error(struct spec_scanner *s, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);

static int scan_error(struct spec_scanner *s, size_t at, const char *format, ...)
{
    size_t line = 0;
    size_t column = 0;
    spec_scan_place(s->text, at, &line, &column);
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set(s->err, "%s:%zu:%zu: %s", s->name, line, column, text);
}

/* What people write though JSON (RFC 8259) has none of it; NULL if it is something else. */
static const char *scan_hint(struct slice rest)
{
    static const struct {
        const char *start;
        const char *hint;
    } HINTS[] = {
        {"//", "a comment, and JSON has none: say it in \"about\""},
        {"/*", "a comment, and JSON has none: say it in \"about\""},
        {"#", "a comment, and JSON has none: say it in \"about\""},
        {"'", "' (texts stand between double quotes)"},
        {"True", "True (in JSON it is \"true\")"},
        {"False", "False (in JSON it is \"false\")"},
        {"None", "None (in JSON it is \"null\"; a key without a value is left out)"},
        {"\xe2\x80\x9c", "a typographic quote (JSON's is the plain \")"},
        {"\xe2\x80\x9d", "a typographic quote (JSON's is the plain \")"},
        {"\xc2\xa0", "a no-break space (JSON has the plain space only)"},
    };
    for (size_t i = 0; i < sizeof HINTS / sizeof HINTS[0]; i++) {
        if (slice_starts_with(rest, slice_of(HINTS[i].start)))
            return HINTS[i].hint;
    }
    return NULL;
}

/* "expected WHAT, found ...", with a word or a character of what stands there. */
static int scan_expected(struct spec_scanner *s, const char *what)
{
    if (s->at >= s->text.len)
        return scan_error(s, s->at, "expected %s, found the end of the file", what);
    struct slice rest = slice_skip(s->text, s->at);
    const char *hint = scan_hint(rest);
    if (hint != NULL)
        return scan_error(s, s->at, "expected %s, found %s", what, hint);
    size_t len = 0;
    while (len < rest.len && len < 20 && text_is_alnum(rest.data[len]))
        len++;
    struct buf found;
    buf_init(&found, 200);
    if (len == 0)
        len = text_utf8_len(rest) > 0 ? text_utf8_len(rest) : 1;
    if (len == 1 && rest.data[0] == '"')
        buf_add_text(&found, what[1] == ',' ? "a text: a comma is missing before it" : "a text");
    else
        text_to_printable(&found, slice_first(rest, len), 100);
    scan_error(s, s->at, "expected %s, found %s", what, buf_text(&found));
    buf_deinit(&found);
    return -1;
}

static char scan_peek(const struct spec_scanner *s)
{
    return s->at < s->text.len ? s->text.data[s->at] : '\0';
}

static void scan_skip_space(struct spec_scanner *s)
{
    for (char c = scan_peek(s); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = scan_peek(s))
        s->at++;
}

static void scan_note(struct spec_scanner *s)
{
    struct spec_scan *scan = s->scan;
    if (scan->count == scan->size) {
        scan->size = scan->size == 0 ? 256 : scan->size * 2;
        scan->offsets = mem_grow(scan->offsets, scan->size, sizeof scan->offsets[0]);
    }
    scan->offsets[scan->count++] = (uint32_t)s->at;
}

/* Four hex digits behind "\u". */
static int scan_hex(struct spec_scanner *s, unsigned *code)
{
    *code = 0;
    for (size_t i = 0; i < 4; i++, s->at++) {
        char c = text_lower(scan_peek(s));
        if (!text_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return scan_expected(s, "four hex digits behind \\u");
        *code = *code * 16 + (unsigned)(text_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return 0;
}

static int scan_escape(struct spec_scanner *s)
{
    size_t start = s->at;
    s->at++;
    char c = scan_peek(s);
    if (c != 'u') {
        if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
            return scan_error(s, start,
                              "this is no escape of JSON (a backslash itself is written \\\\)");
        s->at++;
        return 0;
    }
    s->at++;
    unsigned code = 0;
    unsigned low = 0;
    if (scan_hex(s, &code) != 0)
        return -1;
    if (code == 0)
        return scan_error(s, start, "\\u0000 cannot stand in a text");
    if (code < 0xd800 || code > 0xdfff)
        return 0;
    bool paired = code <= 0xdbff && slice_starts_with(slice_skip(s->text, s->at), SLICE("\\u"));
    if (paired) {
        s->at += 2;
        if (scan_hex(s, &low) != 0)
            return -1;
    }
    if (low < 0xdc00 || low > 0xdfff)
        return scan_error(s, start, "half of a surrogate pair stands alone");
    return 0;
}

static int scan_text(struct spec_scanner *s)
{
    size_t start = s->at;
    s->at++;
    while (s->at < s->text.len) {
        unsigned char c = (unsigned char)s->text.data[s->at];
        if (c == '"') {
            s->at++;
            return 0;
        }
        if (c == '\\') {
            if (scan_escape(s) != 0)
                return -1;
            continue;
        }
        if (c == '\n' || c == '\r')
            return scan_error(s, start, "this text is not closed on its line");
        if (c < 0x20)
            return scan_error(s, s->at, "a control character (0x%02x) stands in a text", c);
        size_t len = text_utf8_len(slice_skip(s->text, s->at));
        if (len == 0)
            return scan_error(s, s->at, "the byte 0x%02x is not UTF-8", c);
        s->at += len;
    }
    return scan_error(s, start, "this text is not closed");
}

static int scan_digits(struct spec_scanner *s)
{
    if (!text_is_digit(scan_peek(s)))
        return scan_expected(s, "a digit");
    while (text_is_digit(scan_peek(s)))
        s->at++;
    return 0;
}

static int scan_number(struct spec_scanner *s)
{
    if (scan_peek(s) == '-')
        s->at++;
    bool zero = scan_peek(s) == '0';
    size_t start = s->at;
    if (scan_digits(s) != 0)
        return -1;
    if (zero && s->at - start > 1)
        return scan_error(s, start, "a number does not start with 0");
    if (scan_peek(s) == '.') {
        s->at++;
        if (scan_digits(s) != 0)
            return -1;
    }
    if (text_lower(scan_peek(s)) == 'e') {
        s->at++;
        if (scan_peek(s) == '+' || scan_peek(s) == '-')
            s->at++;
        return scan_digits(s);
    }
    return 0;
}

static int scan_literal(struct spec_scanner *s)
{
    static const char *const WORDS[] = {"true", "false", "null"};
    struct slice rest = slice_skip(s->text, s->at);
    for (size_t i = 0; i < 3; i++) {
        struct slice word = slice_of(WORDS[i]);
        if (slice_starts_with(rest, word) &&
            (rest.len == word.len || !text_is_alnum(rest.data[word.len]))) {
            s->at += word.len;
            return 0;
        }
    }
    return scan_expected(s, "a value");
}

static int scan_value(struct spec_scanner *s);

static int scan_key(struct spec_scanner *s)
{
    if (scan_peek(s) != '"')
        return scan_expected(s, "a key between double quotes");
    if (scan_text(s) != 0)
        return -1;
    scan_skip_space(s);
    if (scan_peek(s) != ':')
        return scan_expected(s, "\":\" behind the key");
    s->at++;
    scan_skip_space(s);
    return 0;
}

/* The members or elements of the container that opens at the present place. */
static int scan_container(struct spec_scanner *s)
{
    bool object = scan_peek(s) == '{';
    char closer = object ? '}' : ']';
    if (s->depth == SPEC_DEPTH_MAX)
        return scan_error(s, s->at, "nested deeper than %d levels: no scenario needs that",
                          SPEC_DEPTH_MAX);
    s->depth++;
    s->at++;
    scan_skip_space(s);
    bool first = true;
    while (first || scan_peek(s) != closer) {
        if (first && scan_peek(s) == closer)
            break;
        if (!first && scan_peek(s) != ',')
            return scan_expected(s, object ? "\",\" or \"}\"" : "\",\" or \"]\"");
        size_t comma = s->at;
        if (!first)
            s->at++;
        scan_skip_space(s);
        if (!first && scan_peek(s) == closer)
            return scan_error(s, comma,
                              "a comma behind the last %s: JSON has none there, take it away",
                              object ? "member" : "element");
        if ((object && scan_key(s) != 0) || scan_value(s) != 0)
            return -1;
        scan_skip_space(s);
        first = false;
    }
    s->at++;
    s->depth--;
    return 0;
}

static int scan_value(struct spec_scanner *s)
{
    scan_note(s);
    char c = scan_peek(s);
    if (c == '{' || c == '[')
        return scan_container(s);
    if (c == '"')
        return scan_text(s);
    if (c == '-' || text_is_digit(c))
        return scan_number(s);
    return scan_literal(s);
}

/* Not UTF-8 at all: how it is encoded, or what kind of file it is. */
static int scan_check_text(struct spec_scanner *s)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *what;
    } STARTS[] = {
        {"\xff\xfe", 2, "UTF-16"},
        {"\xfe\xff", 2, "UTF-16"},
        {"{\0", 2, "UTF-16"},
        {"\0{", 2, "UTF-16"},
        {"\x1f\x8b", 2, "gzip"},
        {"PK\x03\x04", 4, "zip"},
        {"\x7f"
         "ELF",
         4, "a program"},
        {"\x89PNG", 4, "a picture"},
        {"%PDF", 4, "PDF"},
        {"\x0a\x0d\x0d\x0a", 4, "a capture"},
    };
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        if (!slice_starts_with(s->text, slice_from(STARTS[i].bytes, STARTS[i].len)))
            continue;
        if (STARTS[i].what[0] == 'U')
            return err_set(s->err,
                           "%s: is UTF-16, and JSON is UTF-8 (RFC 8259 section 8.1); save it as "
                           "UTF-8, or: iconv -f UTF-16 -t UTF-8 %s",
                           s->name, s->name);
        return err_set(s->err, "%s: is %s, no text; expected a scenario in JSON", s->name,
                       STARTS[i].what);
    }
    size_t zero = slice_find(s->text, '\0');
    if (zero != SIZE_MAX)
        return err_set(s->err,
                       "%s: is no text: byte %zu is 0; expected a scenario in JSON, as UTF-8",
                       s->name, zero + 1);
    return 0;
}

int spec_scan(const char *name, struct slice text, struct spec_scan *scan, struct err *err)
{
    *scan = (struct spec_scan){0};
    struct spec_scanner s = {.name = name, .text = text, .scan = scan, .err = err};
    /* Some editors put a byte order mark in front; RFC 8259 section 8.1 allows to ignore it. */
    if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
        s.at = 3;
    if (scan_check_text(&s) != 0)
        return -1;
    scan_skip_space(&s);
    if (s.at == text.len)
        return err_set(
            err,
            "%s: is empty; expected a scenario in JSON (\"mailrange init\" writes one to "
            "start from)",
            name);
    if (scan_value(&s) != 0)
        return -1;
    scan_skip_space(&s);
    if (s.at < text.len)
        return scan_expected(&s, "the end of the file");
    return 0;
}
