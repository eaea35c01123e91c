#include "mta-under-test/refmta/message/reason.h"

#include "mta-under-test/base/poison.h"

static void copy_cut(char *to, size_t size, struct slice from)
{
    size_t len = from.len < size ? from.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)from.data[i];
        to[i] = c < ' ' || c == 0x7f ? ' ' : (char)c;
    }
    to[len] = '\0';
}

void reason_set(struct reason *reason, const char *status, bool said, const char *host,
                const char *format, ...)
{
    char text[REASON_TEXT_BYTES * 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    copy_cut(reason->status, sizeof reason->status, slice_of(status));
    copy_cut(reason->host, sizeof reason->host, slice_of(host));
    copy_cut(reason->text, sizeof reason->text, slice_of(text));
    reason->said = said;
}

void reason_to_text(const struct reason *reason, struct buf *out)
{
    buf_format(out, "%s %s %s %s", reason->status, reason->said ? "smtp" : "local",
               reason->host[0] != '\0' ? reason->host : "-", reason->text);
}

void reason_from_text(struct slice text, struct reason *reason)
{
    struct slice rest = text;
    struct slice status;
    struct slice type;
    struct slice host;
    *reason = (struct reason){.status = ""};
    if (slice_split(&rest, ' ', &status) && slice_split(&rest, ' ', &type) &&
        slice_split(&rest, ' ', &host) && (slice_is(type, "smtp") || slice_is(type, "local"))) {
        copy_cut(reason->status, sizeof reason->status, status);
        reason->said = slice_is(type, "smtp");
        if (!slice_is(host, "-"))
            copy_cut(reason->host, sizeof reason->host, host);
        copy_cut(reason->text, sizeof reason->text, rest);
        return;
    }
    copy_cut(reason->text, sizeof reason->text, text);
}

void reason_to_sentence(const struct reason *reason, struct buf *out)
{
    if (reason->said)
        buf_format(out, "%s said: ", reason->host);
    buf_add_text(out, reason->text);
}
