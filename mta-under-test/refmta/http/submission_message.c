#include "mta-under-test/refmta/http/submission_message.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/message/mailbox.h"

#include "mta-under-test/base/poison.h"

enum {
    LINE_BYTES_MAX = 998, /* RFC 5322 2.1.1 */
    RECIPIENTS_MAX = 1000,
    WORD_BYTES_MAX = 42, /* of text in an encoded-word: 56 of base64, RFC 2047 2 */
    BASE64_LINE_BYTES = 57,
};

struct submission {
    const char *from;
    const char **to;
    size_t to_count;
    const char *subject;
    const char *text;
    const char *raw;
};

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static int check_address(struct config_reader *reader, const char *path, const char *text)
{
    struct mailbox mailbox;
    if (mailbox_parse(slice_of(text), true, &mailbox) == 0)
        return 0;
    return config_mistake(reader, path, "expected an address like \"anna@example.org\"");
}

static int check(struct config_reader *reader, const char *path, void *target)
{
    const struct submission *one = target;
    int result = check_address(reader, "from", one->from);
    if (one->to_count > RECIPIENTS_MAX)
        return config_mistake(reader, "to", "more than %d recipients", RECIPIENTS_MAX);
    for (size_t i = 0; i < one->to_count; i++)
        if (check_address(reader, arena_format(reader->arena, "to[%zu]", i), one->to[i]) != 0)
            result = -1;
    if (one->raw != NULL ? one->text != NULL || one->subject != NULL : one->text == NULL)
        result = config_mistake(reader, path, "needs \"text\" (and \"subject\"), or \"raw\" alone");
    if (one->subject != NULL && has_control(one->subject))
        result = config_mistake(reader, "subject", "has a control character");
    return result;
}

static const struct config_key KEYS[] = {
    {"from", CONFIG_TEXT(struct submission, from), .is_needed = true, .help = "the author"},
    {"to", CONFIG_LIST(struct submission, to, CONFIG_TYPE_TEXT, to_count), .items_min = 1,
     .is_needed = true, .help = "a list of addresses"},
    {"subject", CONFIG_TEXT(struct submission, subject), .help = "of the message"},
    {"text", CONFIG_TEXT(struct submission, text), .help = "the body"},
    {"raw", CONFIG_TEXT(struct submission, raw), .help = "a whole message (RFC 5322)"},
    CONFIG_END,
};

static const struct config_object SUBMISSION = {.keys = KEYS, .check = check};

/* Lines with CRLF, whatever they end with; -1 if one is too long. */
static int add_lines(struct buf *content, struct slice text)
{
    struct slice line;
    while (text.len > 0 && slice_split(&text, '\n', &line)) {
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len > LINE_BYTES_MAX || slice_find(line, '\r') != SIZE_MAX)
            return -1;
        buf_add_slice(content, line);
        buf_add_text(content, "\r\n");
    }
    return 0;
}

/* RFC 2047: as it is in US-ASCII, else in words of base64, cut between characters. */
static void add_subject(struct buf *content, struct slice subject)
{
    buf_add_text(content, "Subject: ");
    if (text_is_ascii(subject) && subject.len < LINE_BYTES_MAX / 2) {
        buf_add_slice(content, subject);
        subject.len = 0;
    }
    for (unsigned i = 0; subject.len > 0; i++) {
        size_t len = 0;
        for (size_t next; len < subject.len; len += next) {
            next = text_utf8_len(slice_skip(subject, len));
            next = next > 0 ? next : 1;
            if (len + next > WORD_BYTES_MAX)
                break;
        }
        buf_add_text(content, i > 0 ? "\r\n =?utf-8?B?" : "=?utf-8?B?");
        text_to_base64(content, subject.data, len);
        buf_add_text(content, "?=");
        subject = slice_skip(subject, len);
    }
    buf_add_text(content, "\r\n");
}

static void add_base64(struct buf *content, struct slice text)
{
    for (; text.len > 0; text = slice_skip(text, BASE64_LINE_BYTES)) {
        struct slice part = slice_first(text, BASE64_LINE_BYTES);
        text_to_base64(content, part.data, part.len);
        buf_add_text(content, "\r\n");
    }
}

static void add_message(struct buf *content, const struct submission *one,
                        const struct submission_facts *facts)
{
    char date[TIME_TEXT_BYTES];
    struct buf plain;
    buf_format(content, "Date: %s\r\nFrom: <%s>\r\nMessage-ID: <%s@%s>\r\n",
               time_to_rfc5322(facts->now_us, date), one->from, facts->id, facts->hostname);
    for (size_t i = 0; i < one->to_count; i++)
        buf_format(content, "%s<%s>", i > 0 ? ",\r\n " : "To: ", one->to[i]);
    buf_add_text(content, "\r\n");
    if (one->subject != NULL)
        add_subject(content, slice_of(one->subject));
    buf_add_text(content, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    buf_init(&plain, content->max);
    bool is_plain =
        text_is_ascii(slice_of(one->text)) && add_lines(&plain, slice_of(one->text)) == 0;
    buf_format(content, "Content-Transfer-Encoding: %s\r\n\r\n", is_plain ? "7bit" : "base64");
    if (is_plain)
        buf_add_slice(content, buf_slice(&plain));
    else
        add_base64(content, slice_of(one->text));
    buf_deinit(&plain);
}

static int write_all(const struct submission *one, const struct submission_facts *facts,
                     struct envelope *envelope, struct buf *content, size_t *trace_bytes,
                     struct err *err)
{
    char date[TIME_TEXT_BYTES];
    bool is_utf8 = !text_is_ascii(slice_of(one->from));
    envelope_set_sender(envelope, slice_of(one->from));
    envelope->submitter = arena_text(&envelope->arena, facts->user);
    for (size_t i = 0; i < one->to_count; i++) {
        envelope_add_recipient(envelope, slice_of(one->to[i]));
        is_utf8 = is_utf8 || !text_is_ascii(slice_of(one->to[i]));
    }
    buf_format(content, "Received: from [%s] by %s (refmta) with HTTP id %s\r\n\tfor %s; %s\r\n",
               facts->client, facts->hostname, facts->id, facts->user,
               time_to_rfc5322(facts->now_us, date));
    *trace_bytes = content->len;
    if (one->raw == NULL)
        add_message(content, one, facts);
    else if (add_lines(content, slice_of(one->raw)) != 0)
        return err_set(err, "raw: a line is longer than %d bytes, or has a CR in it",
                       LINE_BYTES_MAX);
    if (buf_overflowed(content))
        return err_set(err, "the message is too large");
    envelope->smtputf8 = is_utf8;
    envelope->body =
        text_is_ascii(buf_slice(content)) ? ENVELOPE_BODY_7BIT : ENVELOPE_BODY_8BITMIME;
    return 0;
}

int submission_message_read(struct slice json, const struct submission_facts *facts,
                            struct envelope *envelope, struct buf *content, size_t *trace_bytes,
                            struct err *err)
{
    struct submission one = {0};
    struct arena arena;
    struct config_document document = {"message", json};
    arena_init(&arena);
    int result = config_read_document(&document, &SUBMISSION, &one, &arena, err);
    if (result == 0)
        result = write_all(&one, facts, envelope, content, trace_bytes, err);
    arena_deinit(&arena);
    return result;
}
