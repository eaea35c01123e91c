#include "sim/mx/mx_command.h"

#include <arpa/inet.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { MX_LABEL_BYTES_MAX = 63, MX_DOMAIN_BYTES_MAX = 255, MX_LITERAL_BYTES_MAX = 64 };

int mx_line_next(struct slice input, size_t max, struct mx_line *line)
{
    *line = (struct mx_line){0};
    size_t end = slice_find(slice_first(input, max + 2), '\n');
    if (end == SIZE_MAX)
        return input.len > max ? -1 : 0;
    line->consumed = end + 1;
    line->bare_lf = end == 0 || input.data[end - 1] != '\r';
    line->text = slice_first(input, line->bare_lf ? end : end - 1);
    line->bare_cr = slice_find(line->text, '\r') != SIZE_MAX;
    return 1;
}

struct mx_command mx_command_split(struct slice line)
{
    while (line.len > 0 && (line.data[line.len - 1] == ' ' || line.data[line.len - 1] == '\t'))
        line.len--;
    size_t space = slice_find(line, ' ');
    struct mx_command command = {.verb = line};
    if (space != SIZE_MAX) {
        command.verb = slice_first(line, space);
        command.args = slice_skip(line, space + 1);
    }
    return command;
}

static bool mx_parameter_key_char(char c)
{
    return text_is_alnum(c) || c == '-';
}

int mx_parameter_next(struct slice *rest, struct mx_parameter *parameter)
{
    *parameter = (struct mx_parameter){0};
    while (rest->len > 0 && rest->data[0] == ' ')
        *rest = slice_skip(*rest, 1);
    if (rest->len == 0)
        return 0;
    size_t len = 0;
    while (len < rest->len && mx_parameter_key_char(rest->data[len]))
        len++;
    if (len == 0 || rest->data[0] == '-')
        return -1;
    parameter->key = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    if (rest->len == 0 || rest->data[0] == ' ')
        return 1;
    if (rest->data[0] != '=')
        return -1;
    *rest = slice_skip(*rest, 1);
    len = 0;
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '=' &&
           (unsigned char)rest->data[len] > ' ')
        len++;
    parameter->value = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    return len > 0 && (rest->len == 0 || rest->data[0] == ' ') ? 1 : -1;
}

/* A digit of xtext, which knows capitals only (RFC 3461 4). */
static bool mx_is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

bool mx_parameter_is_xtext(struct slice value, size_t max)
{
    if (value.len == 0 || value.len > max)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c < '!' || c > '~' || c == '=')
            return false;
        if (c != '+')
            continue;
        if (i + 2 >= value.len || !mx_is_hex(value.data[i + 1]) || !mx_is_hex(value.data[i + 2]))
            return false;
        i += 2;
    }
    return true;
}

bool mx_domain_is_valid(struct slice name)
{
    if (name.len == 0 || name.len > MX_DOMAIN_BYTES_MAX)
        return false;
    struct slice label;
    while (slice_split(&name, '.', &label)) {
        if (label.len == 0 || label.len > MX_LABEL_BYTES_MAX || label.data[0] == '-' ||
            label.data[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            char c = label.data[i];
            /* A U-label is allowed with SMTPUTF8 (RFC 6531 3.3). */
            if (!text_is_alnum(c) && c != '-' && (unsigned char)c < 0x80)
                return false;
        }
    }
    return true;
}

static bool mx_literal_is_valid(struct slice literal)
{
    char text[MX_LITERAL_BYTES_MAX];
    int family = AF_INET;
    if (slice_starts_with_nocase(literal, SLICE("IPv6:"))) {
        family = AF_INET6;
        literal = slice_skip(literal, 5);
    }
    if (literal.len >= sizeof text)
        return false;
    memcpy(text, literal.data, literal.len);
    text[literal.len] = '\0';
    unsigned char address[16];
    return inet_pton(family, text, address) == 1;
}

bool mx_hello_name_is_valid(struct slice name)
{
    if (name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']')
        return mx_literal_is_valid(slice_first(slice_skip(name, 1), name.len - 2));
    return mx_domain_is_valid(name);
}
