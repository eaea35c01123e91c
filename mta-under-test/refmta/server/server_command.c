#include "mta-under-test/refmta/server/server_command.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

void server_command_split(struct slice line, struct slice *verb, struct slice *argument)
{
    size_t end = 0;
    while (end < line.len && line.data[end] != ' ' && line.data[end] != '\t')
        end++;
    *verb = slice_first(line, end);
    *argument = slice_trim(slice_skip(line, end));
}

static bool is_keyword(struct slice name)
{
    if (name.len == 0 || !text_is_alnum(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!text_is_alnum(name.data[i]) && name.data[i] != '-')
            return false;
    return true;
}

/* esmtp-value (RFC 5321 4.1.2): no "=", space or control; UTF-8 is for SMTPUTF8. */
static bool is_value(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.data[i] <= ' ' || value.data[i] == '=' || value.data[i] == 0x7f)
            return false;
    return value.len > 0;
}

static int parse_parameters(struct slice rest, struct server_path_arguments *out)
{
    struct slice part;
    while (rest.len > 0) {
        if (!slice_split(&rest, ' ', &part))
            break;
        if (part.len == 0)
            continue;
        if (out->parameter_count == SERVER_PARAMETERS_MAX)
            return -1;
        struct server_parameter *parameter = &out->parameters[out->parameter_count++];
        size_t equals = slice_find(part, '=');
        parameter->name = slice_first(part, equals);
        parameter->value = equals != SIZE_MAX ? slice_skip(part, equals + 1) : slice_from(NULL, 0);
        if (!is_keyword(parameter->name) || (equals != SIZE_MAX && !is_value(parameter->value)))
            return -1;
        for (size_t i = 0; i + 1 < out->parameter_count; i++)
            if (slice_equal_nocase(out->parameters[i].name, parameter->name))
                return -1;
    }
    return 0;
}

int server_command_path(struct slice argument, const char *keyword, bool allow_postmaster,
                        struct server_path_arguments *out)
{
    size_t used = 0;
    size_t len = strlen(keyword);
    *out = (struct server_path_arguments){.has_utf8 = false};
    if (argument.len < len + 1 || !slice_is_nocase(slice_first(argument, len), keyword) ||
        argument.data[len] != ':')
        return -1;
    struct slice rest = slice_skip(argument, len + 1);
    while (rest.len > 0 && rest.data[0] == ' ')
        rest = slice_skip(rest, 1);
    if (mailbox_parse_path(rest, true, allow_postmaster, &out->mailbox, &used) != 0)
        return -1;
    out->has_utf8 = out->mailbox.is_utf8;
    rest = slice_skip(rest, used);
    if (rest.len > 0 && rest.data[0] != ' ')
        return -1;
    return parse_parameters(rest, out);
}

bool server_command_is_helo(struct slice argument)
{
    struct ip_address address;
    struct slice name = slice_trim(argument);
    if (name.len == 0 || name.len > MAILBOX_DOMAIN_BYTES_MAX)
        return false;
    return mailbox_is_domain(name, true) || mailbox_literal_address(name, &address) == 0;
}

bool server_command_is_xtext(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '+') {
            for (size_t j = i + 1; j <= i + 2; j++)
                if (j >= text.len ||
                    !(text_is_digit(text.data[j]) || (text.data[j] >= 'A' && text.data[j] <= 'F')))
                    return false;
            i += 2;
        } else if (c < '!' || c > '~' || c == '=') {
            return false;
        }
    }
    return text.len > 0;
}
