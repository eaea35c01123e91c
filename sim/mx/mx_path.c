#include "sim/mx/mx_path.h"

#include "mta-under-test/base/text.h"
#include "sim/mx/mx_command.h"

#include "mta-under-test/base/poison.h"

/* atext of RFC 5322 3.2.3, with the UTF-8 of RFC 6531. */
static bool mx_atom_char(char c)
{
    return text_is_alnum(c) || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* The length of a Dot-string or Quoted-string at the front, 0 if there is none. */
static size_t mx_local_len(struct slice text)
{
    if (text.len > 0 && text.data[0] == '"') {
        for (size_t i = 1; i < text.len; i++) {
            unsigned char c = (unsigned char)text.data[i];
            if (c == '"')
                return i + 1;
            if (c == '\\')
                i++;
            if (c < ' ' || c == 0x7f)
                return 0;
        }
        return 0;
    }
    size_t len = 0;
    while (len < text.len) {
        size_t atom = len;
        while (atom < text.len && mx_atom_char(text.data[atom]))
            atom++;
        if (atom == len)
            return 0;
        len = atom;
        if (len >= text.len || text.data[len] != '.')
            break;
        len++;
        if (len == text.len)
            return 0;
    }
    return len;
}

/* "@a,@b:" at the front is skipped. */
static int mx_source_route_skip(struct slice *text, struct mx_path *path)
{
    if (text->len == 0 || text->data[0] != '@')
        return 0;
    size_t colon = slice_find(*text, ':');
    if (colon == SIZE_MAX)
        return -1;
    path->source_route = true;
    *text = slice_skip(*text, colon + 1);
    return 0;
}

static int mx_mailbox_read(struct slice text, struct mx_path *path)
{
    path->mailbox = text;
    size_t len = mx_local_len(text);
    if (len == 0)
        return -1;
    path->local = slice_first(text, len);
    struct slice rest = slice_skip(text, len);
    if (rest.len == 0)
        return slice_is_nocase(path->local, "postmaster") ? 0 : -1;
    if (rest.data[0] != '@')
        return -1;
    path->domain = slice_skip(rest, 1);
    return mx_hello_name_is_valid(path->domain) ? 0 : -1;
}

/* The index of the ">" that ends the path: not one inside a quoted string. */
static size_t mx_path_end(struct slice text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\' && quoted)
            i++;
        else if (text.data[i] == '"')
            quoted = !quoted;
        else if (text.data[i] == '>' && !quoted)
            return i;
    }
    return SIZE_MAX;
}

int mx_path_read(struct slice *args, const char *keyword, struct mx_path *path)
{
    *path = (struct mx_path){0};
    struct slice rest = *args;
    if (!slice_starts_with_nocase(rest, slice_of(keyword)))
        return -1;
    rest = slice_skip(rest, strlen(keyword));
    while (rest.len > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t')) {
        path->space = true;
        rest = slice_skip(rest, 1);
    }
    if (rest.len < 2 || rest.data[0] != '<')
        return -1;
    size_t end = mx_path_end(rest);
    if (end == SIZE_MAX)
        return -1;
    struct slice inner = slice_first(slice_skip(rest, 1), end - 1);
    *args = slice_skip(rest, end + 1);
    if (args->len > 0 && args->data[0] != ' ')
        return -1;
    if (inner.len == 0)
        return 0;
    if (mx_source_route_skip(&inner, path) != 0 || mx_mailbox_read(inner, path) != 0)
        return -1;
    path->utf8 = !text_is_ascii(path->mailbox);
    path->too_long = path->local.len > MX_LOCAL_BYTES_MAX || end + 1 > MX_PATH_BYTES_MAX;
    return path->utf8 && !text_is_utf8(path->mailbox) ? -1 : 0;
}
