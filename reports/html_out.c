#include "reports/html_out.h"

#include <assert.h>
#include <stdarg.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    CONVERSION_BYTES_MAX = 16,
    NUMBER_BYTES_MAX = 64,
};

static uint32_t code_point(const unsigned char *bytes, size_t len)
{
    switch (len) {
    case 2:
        return (bytes[0] & 0x1FU) << 6 | (bytes[1] & 0x3FU);
    case 3:
        return (bytes[0] & 0x0FU) << 12 | (bytes[1] & 0x3FU) << 6 | (bytes[2] & 0x3FU);
    case 4:
        return (bytes[0] & 0x07U) << 18 | (bytes[1] & 0x3FU) << 12 | (bytes[2] & 0x3FU) << 6 |
               (bytes[3] & 0x3FU);
    default:
        return bytes[0];
    }
}

/* Characters that XML forbids, that cannot be seen, or that turn the text around them. */
static bool is_hidden(uint32_t c)
{
    return (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           c == 0xFFFE || c == 0xFFFF;
}

static void add_ascii(struct buf *out, char c)
{
    switch (c) {
    case '&':
        buf_add_text(out, "&amp;");
        return;
    case '<':
        buf_add_text(out, "&lt;");
        return;
    case '>':
        buf_add_text(out, "&gt;");
        return;
    case '"':
        buf_add_text(out, "&quot;");
        return;
    case '\'':
        buf_add_text(out, "&#39;");
        return;
    case '\n':
    case '\t':
        buf_add_char(out, c);
        return;
    default:
        break;
    }
    if ((unsigned char)c >= 0x20) {
        buf_add_char(out, c);
        return;
    }
    /* The pictures of the control characters, U+2400 and on. */
    char picture[3] = {(char)0xE2, (char)0x90, (char)(0x80 + c)};
    buf_add(out, picture, sizeof picture);
}

void html_slice(struct buf *out, struct slice text)
{
    while (text.len > 0) {
        size_t len = text_utf8_len(text);
        uint32_t c = len > 0 ? code_point((const unsigned char *)text.data, len) : 0xFFFD;
        if (len == 0) {
            buf_add_text(out, "\xEF\xBF\xBD");
            len = 1;
        } else if (is_hidden(c)) {
            buf_format(out, "[U+%04X]", c);
        } else if (len == 1) {
            add_ascii(out, text.data[0]);
        } else {
            buf_add(out, text.data, len);
        }
        text = slice_skip(text, len);
    }
}

void html_text(struct buf *out, const char *text)
{
    html_slice(out, slice_of(text));
}

void html_cut(struct buf *out, struct slice text, size_t max)
{
    if (text.len <= max) {
        html_slice(out, text);
        return;
    }
    /* Not inside a character. */
    size_t len = max;
    while (len > 0 && ((unsigned char)text.data[len] & 0xC0) == 0x80)
        len--;
    html_slice(out, slice_first(text, len));
    buf_add_text(out, "\xE2\x80\xA6");
}

/* One conversion that starts at `format`; returns what is behind it. */
static const char *print_one(struct buf *out, const char *format, va_list *args)
{
    size_t len = strcspn(format + 1, "diuxXfs%") + 2;
    char conversion[CONVERSION_BYTES_MAX];
    assert(len < sizeof conversion);
    memcpy(conversion, format, len);
    conversion[len] = '\0';
    char number[NUMBER_BYTES_MAX];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    switch (format[len - 1]) {
    case '%':
        buf_add_char(out, '%');
        return format + len;
    case 's':
        html_text(out, va_arg(*args, const char *));
        return format + len;
    case 'f':
        snprintf(number, sizeof number, conversion, va_arg(*args, double));
        break;
    default:
        if (strchr(conversion, 'l') != NULL || strchr(conversion, 'z') != NULL)
            snprintf(number, sizeof number, conversion, va_arg(*args, long));
        else
            snprintf(number, sizeof number, conversion, va_arg(*args, int));
        break;
    }
#pragma GCC diagnostic pop
    buf_add_text(out, number);
    return format + len;
}

void html_print(struct buf *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        buf_add(out, format, plain);
        format += plain;
        if (*format == '%')
            format = print_one(out, format, &args);
    }
    va_end(args);
}
