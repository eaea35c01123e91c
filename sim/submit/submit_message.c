#include "sim/submit/submit_message.h"

#include <inttypes.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

static const char SUBMIT_DEFAULT_BODY[] =
    "Hello,\r\n\r\nthis message was made by Mailrange to see how it travels.\r\n";

static bool submit_is_sequence(const char *to)
{
    return strchr(to, '{') != NULL;
}

static size_t submit_sequence_len(const char *to)
{
    return sequence_count((struct spec){0}, to, SIZE_MAX, NULL);
}

/* The plain recipients of an entry, in order. */
static size_t submit_plain_recipients(const struct scenario_message *entry, struct arena *arena,
                                      const char ***to)
{
    size_t count = 0;
    *to = arena_alloc_array(arena, entry->to_count, sizeof **to);
    for (size_t i = 0; i < entry->to_count; i++) {
        if (!submit_is_sequence(entry->to[i]))
            (*to)[count++] = entry->to[i];
    }
    return count;
}

/* The i-th text of the entry's sequences, counted over all of them. */
static const char *submit_sequence_recipient(const struct scenario_message *entry, size_t i,
                                             struct arena *arena)
{
    for (size_t k = 0; k < entry->to_count; k++) {
        if (!submit_is_sequence(entry->to[k]))
            continue;
        size_t len = submit_sequence_len(entry->to[k]);
        if (i < len) {
            struct buf text;
            buf_init(&text, 1024);
            sequence_text(&text, entry->to[k], i);
            const char *recipient = arena_text(arena, buf_text(&text));
            buf_deinit(&text);
            return recipient;
        }
        i -= len;
    }
    return "";
}

struct submit_message submit_message_at(const struct scenario_message *entry, size_t i,
                                        struct arena *arena)
{
    struct submit_message message = {.entry = entry, .id = entry->id};
    if (entry->instances > 1)
        message.id = arena_format(arena, "%s/%zu", entry->id, i + 1);
    const char **to = NULL;
    size_t plain = submit_plain_recipients(entry, arena, &to);
    if (plain > 0 && i == 0) {
        message.to_count = plain;
    } else {
        to[0] = submit_sequence_recipient(entry, i - (plain > 0 ? 1 : 0), arena);
        message.to_count = 1;
    }
    message.to = to;
    return message;
}

/* Every line end as CRLF, and one at the end of the last line. */
static void submit_add_with_crlf(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n')
            i++;
        if (c == '\r' || c == '\n')
            buf_add_text(out, "\r\n");
        else
            buf_add_char(out, c);
    }
    if (out->len > 0 && out->data[out->len - 1] != '\n')
        buf_add_text(out, "\r\n");
}

/* True if the scenario gives a header line of this line's name. */
static bool submit_is_replaced(const struct scenario_message *entry, struct slice line)
{
    size_t colon = slice_find(line, ':');
    if (colon == SIZE_MAX)
        return false;
    struct slice name = slice_first(line, colon + 1);
    for (size_t i = 0; i < entry->line_count; i++) {
        if (slice_starts_with_nocase(slice_of(entry->lines[i]), name))
            return true;
    }
    return false;
}

static void submit_add_scenario_lines(const struct scenario_message *entry, struct buf *out)
{
    for (size_t i = 0; i < entry->line_count; i++)
        submit_add_with_crlf(out, slice_of(entry->lines[i]));
}

/* The file's headers less those that are replaced (with their folded lines), then the rest. */
static void submit_add_file(const struct scenario_message *entry, struct slice text,
                            struct buf *out)
{
    bool dropping = false;
    while (text.len > 0) {
        size_t end = slice_find(text, '\n');
        size_t len = end == SIZE_MAX ? text.len : end + 1;
        struct slice line = slice_first(text, len);
        if (slice_trim(line).len == 0)
            break;
        bool folded = line.data[0] == ' ' || line.data[0] == '\t';
        if (!folded)
            dropping = submit_is_replaced(entry, line);
        if (!dropping)
            submit_add_with_crlf(out, line);
        text = slice_skip(text, len);
    }
    submit_add_scenario_lines(entry, out);
    submit_add_with_crlf(out, text);
}

static void submit_add_made_header(const struct submit_message *message, struct buf *out,
                                   const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, SUBMIT_CONTENT_BYTES_MAX);
    buf_format(&line, "%s: %s\r\n", name, value);
    if (!submit_is_replaced(message->entry, buf_slice(&line)))
        buf_add_slice(out, buf_slice(&line));
    buf_deinit(&line);
}

static const char *submit_domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : "localhost.test";
}

/* "To:" with one recipient a line: lines stay short whatever their number. */
static void submit_add_to(const struct submit_message *message, struct buf *out)
{
    struct buf value;
    buf_init(&value, SUBMIT_CONTENT_BYTES_MAX);
    for (size_t i = 0; i < message->to_count; i++)
        buf_format(&value, "%s%s", i > 0 ? ",\r\n " : "", message->to[i]);
    submit_add_made_header(message, out, "To", buf_text(&value));
    buf_deinit(&value);
}

static void submit_add_made(const struct submit_message *message, int64_t now_us, struct buf *out)
{
    const struct scenario_message *entry = message->entry;
    const char *from = entry->from[0] != '\0' ? entry->from : "mailer-daemon@sender.test";
    char date[TIME_TEXT_BYTES];
    struct buf value;
    buf_init(&value, 4096);
    submit_add_made_header(message, out, "Date", time_to_rfc5322(now_us, date));
    submit_add_made_header(message, out, "From", from);
    submit_add_to(message, out);
    submit_add_made_header(message, out, "Subject",
                           entry->subject != NULL ? entry->subject : "A message of Mailrange");
    buf_format(&value, "<%s@%s>", message->id, submit_domain(from));
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '/')
            value.data[i] = '.';
    }
    submit_add_made_header(message, out, "Message-ID", buf_text(&value));
    submit_add_made_header(message, out, "MIME-Version", "1.0");
    submit_add_made_header(message, out, "Content-Type", "text/plain; charset=utf-8");
    buf_deinit(&value);
    submit_add_scenario_lines(entry, out);
    buf_add_text(out, "\r\n");
    if (entry->text != NULL)
        submit_add_with_crlf(out, slice_of(entry->text));
    else
        buf_add_text(out, SUBMIT_DEFAULT_BODY);
}

/* Numbered lines until the message has its size. */
static void submit_pad(struct buf *out, int64_t size)
{
    for (uint64_t line = 1; (int64_t)out->len < size && !buf_overflowed(out); line++)
        buf_format(out, "line %10" PRIu64 " of what only fills this message up to its size\r\n",
                   line);
}

int submit_message_build(const struct submit_message *message, int64_t now_us, struct buf *out,
                         struct err *err)
{
    const struct scenario_message *entry = message->entry;
    buf_format(out, "%s: %s\r\n", SUBMIT_ID_HEADER, message->id);
    if (message->file != NULL) {
        submit_add_file(entry, buf_slice(message->file), out);
    } else if (entry->file != NULL) {
        struct buf text;
        buf_init(&text, SUBMIT_CONTENT_BYTES_MAX);
        int result = file_read(entry->file, &text, err);
        if (result == 0)
            submit_add_file(entry, buf_slice(&text), out);
        buf_deinit(&text);
        if (result != 0)
            return -1;
    } else {
        submit_add_made(message, now_us, out);
    }
    submit_pad(out, entry->size_bytes);
    if (buf_overflowed(out))
        return err_set(err, "message %s: larger than %zu bytes", message->id, out->max);
    return 0;
}
