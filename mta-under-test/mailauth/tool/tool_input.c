#include <errno.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

int tool_ip(struct tool *tool, struct ip_address *ip, struct err *err)
{
    const char *text = NULL;
    if (args_need(&tool->args, "ip", &text, err) != 0)
        return -1;
    return ip_parse(slice_of(text), ip) ? 0 : err_set(err, "--ip: \"%s\" is no IP address", text);
}

int tool_read_stdin(struct tool *tool, struct slice *text, struct err *err)
{
    struct buf in;
    buf_init(&in, TOOL_MESSAGE_BYTES_MAX);
    for (;;) {
        char *room = buf_reserve(&in, 65536);
        if (room == NULL) {
            buf_deinit(&in);
            return err_set(err, "standard input is longer than %d bytes", TOOL_MESSAGE_BYTES_MAX);
        }
        ssize_t got = read(STDIN_FILENO, room, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            buf_deinit(&in);
            return err_set_errno(err, "standard input");
        }
        if (got == 0)
            break;
        buf_commit(&in, (size_t)got);
    }
    *text = arena_slice(&tool->arena, buf_slice(&in));
    buf_deinit(&in);
    return 0;
}

/* A line of the header ends in LF alone: the message comes from a file, not from the wire. */
static bool tool_has_bare_lf(struct slice text)
{
    bool at_start = true; /* of a line */
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\n' && (i == 0 || text.data[i - 1] != '\r'))
            return true;
        if (c == '\r' && at_start)
            return false; /* the empty line behind the header */
        at_start = c == '\n';
    }
    return false;
}

/* LF alone to CRLF. */
static struct slice tool_with_crlf(struct tool *tool, struct slice text)
{
    if (!tool_has_bare_lf(text))
        return text;
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    char *converted = arena_alloc(&tool->arena, text.len + count + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\n' && (i == 0 || text.data[i - 1] != '\r'))
            converted[len++] = '\r';
        converted[len++] = text.data[i];
    }
    return slice_from(converted, len);
}

int tool_read_message(struct tool *tool, struct slice *message, struct err *err)
{
    struct buf bytes;
    if (tool->args.file_count != 1)
        return err_set(err, "expected one message file (or - for standard input), found %zu",
                       tool->args.file_count);
    if (strcmp(tool->args.files[0], "-") == 0) {
        if (tool_read_stdin(tool, message, err) != 0)
            return -1;
    } else {
        buf_init(&bytes, TOOL_MESSAGE_BYTES_MAX);
        int status = file_read(tool->args.files[0], &bytes, err);
        *message = arena_slice(&tool->arena, buf_slice(&bytes));
        buf_deinit(&bytes);
        if (status != 0)
            return -1;
    }
    *message = tool_with_crlf(tool, *message);
    return 0;
}
