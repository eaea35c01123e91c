#include "sim/client/client_mail.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/text.h"
#include "sim/submit/submit_message.h"

#include "mta-under-test/base/poison.h"

enum { FIELD_BYTES_MAX = 1000, RECIPIENTS_MAX = 10000, CODE_GO_ON = 354, CODE_OK = 250 };

/* What the next bytes of the client are. */
enum mail_state {
    MAIL_COMMANDS,
    MAIL_HELD_BACK, /* behind DATA: commands or content, as the reply to it says */
    MAIL_CONTENT,
    MAIL_CHUNK,
    MAIL_LOST, /* nothing is followed any more */
};

/* What a reply is the reply to. */
enum mail_command {
    MAIL_SAYS_NOTHING, /* of the transaction: also the greeting */
    MAIL_SAYS_FROM,
    MAIL_SAYS_TO,
    MAIL_SAYS_DATA,
    MAIL_SAYS_CHUNK,
    MAIL_SAYS_END, /* of the content */
    MAIL_SAYS_RESET,
};

struct mail_pending {
    enum mail_command command;
    const char *text; /* the address; of the end: the id of the message, NULL without one */
    int64_t bytes;    /* of the end */
};

struct mail_envelope {
    const char *from; /* NULL: there is no transaction */
    const char **to;
    size_t to_count;
};

struct client_mail {
    struct client_mail_options options;
    enum mail_state state;
    struct buf said; /* and not looked at so far */
    struct mail_pending *pending;
    size_t pending_count;
    size_t pending_first; /* those before have their reply */
    struct mail_envelope asked;
    struct mail_envelope taken;
    /* Of the content at hand. */
    bool is_body;
    bool is_line_start; /* behind a CRLF */
    struct buf field;   /* the line of the header that has begun */
    const char *id;
    int64_t bytes;
    uint64_t chunk_left;
    bool is_last_chunk;
    struct arena arena; /* of all addresses and ids */
};

static void lose(struct client_mail *mail)
{
    mail->state = MAIL_LOST;
    buf_reset(&mail->said);
}

/* ---- envelopes */

static void envelope_begin(struct mail_envelope *envelope, const char *from)
{
    envelope->from = from;
    envelope->to_count = 0;
}

static void envelope_add(struct client_mail *mail, struct mail_envelope *envelope, const char *to)
{
    if (envelope->from == NULL)
        return;
    if (envelope->to == NULL)
        envelope->to = mem_alloc_array(RECIPIENTS_MAX, sizeof *envelope->to);
    if (envelope->to_count == RECIPIENTS_MAX)
        lose(mail);
    else
        envelope->to[envelope->to_count++] = to;
}

static struct client_letter letter_of(const struct mail_envelope *envelope,
                                      const struct mail_pending *end)
{
    return (struct client_letter){.id = end->text,
                                  .from = envelope->from,
                                  .to = envelope->to,
                                  .to_count = envelope->to_count,
                                  .bytes = end->bytes};
}

/* ---- what replies are waited for */

static void expect_reply(struct client_mail *mail, enum mail_command command, const char *text)
{
    if (mail->pending_count - mail->pending_first == CLIENT_MAIL_REPLIES_MAX) {
        lose(mail);
        return;
    }
    if (mail->pending_first == mail->pending_count)
        mail->pending_first = mail->pending_count = 0;
    if ((mail->pending_count & (mail->pending_count - 1)) == 0)
        mail->pending =
            mem_grow(mail->pending, mail->pending_count == 0 ? 1 : mail->pending_count * 2,
                     sizeof *mail->pending);
    mail->pending[mail->pending_count++] =
        (struct mail_pending){.command = command, .text = text, .bytes = mail->bytes};
}

/* ---- content */

static void begin_content(struct client_mail *mail)
{
    mail->is_body = false;
    mail->is_line_start = true;
    mail->id = NULL;
    mail->bytes = 0;
    buf_reset(&mail->field);
}

const char *client_mail_id(struct slice line, struct arena *arena)
{
    const struct slice name = SLICE(SUBMIT_ID_HEADER ":");
    struct slice id = slice_trim(slice_skip(line, name.len));
    return slice_starts_with_nocase(line, name) && id.len > 0 ? arena_text_of(arena, id) : NULL;
}

static void end_field(struct client_mail *mail)
{
    struct slice field = buf_slice(&mail->field);
    if (slice_trim(field).len == 0)
        mail->is_body = true;
    else if (mail->id == NULL)
        mail->id = client_mail_id(field, &mail->arena);
    buf_reset(&mail->field);
}

static void add_content(struct client_mail *mail, struct slice bytes)
{
    mail->bytes += (int64_t)bytes.len;
    while (!mail->is_body && bytes.len > 0) {
        size_t end = slice_find(bytes, '\n');
        /* What does not fit is no field that counts. */
        (void)buf_add_slice(&mail->field, slice_first(bytes, end));
        if (end == SIZE_MAX)
            return;
        end_field(mail);
        bytes = slice_skip(bytes, end + 1);
    }
}

static void end_content(struct client_mail *mail)
{
    expect_reply(mail, MAIL_SAYS_END, mail->id);
    if (mail->id != NULL && mail->asked.from != NULL && mail->state != MAIL_LOST) {
        const struct mail_pending end = {.text = mail->id, .bytes = mail->bytes};
        const struct client_letter letter = letter_of(&mail->asked, &end);
        mail->options.submitted(mail->options.context, &letter);
    }
    envelope_begin(&mail->asked, NULL);
    begin_content(mail);
}

/* A line with its end. */
static void on_content_line(struct client_mail *mail, struct slice line)
{
    bool was_line_start = mail->is_line_start;
    mail->is_line_start = slice_ends_with_nocase(line, SLICE("\r\n"));
    if (was_line_start && slice_is(line, ".\r\n")) {
        mail->state = MAIL_COMMANDS;
        end_content(mail);
        return;
    }
    /* RFC 5321 4.5.2 */
    add_content(mail, slice_skip(line, was_line_start && line.data[0] == '.' ? 1 : 0));
}

/* As much of a chunk as is said; true when it is whole. */
static bool take_chunk(struct client_mail *mail)
{
    struct slice part = slice_first(buf_slice(&mail->said), mail->chunk_left);
    add_content(mail, part);
    mail->chunk_left -= part.len;
    buf_consume(&mail->said, part.len);
    if (mail->chunk_left > 0)
        return false;
    mail->state = MAIL_COMMANDS;
    if (mail->is_last_chunk)
        end_content(mail);
    else
        expect_reply(mail, MAIL_SAYS_CHUNK, NULL);
    return true;
}

/* ---- commands */

/* "<bob@a.test>" of "RCPT TO:<bob@a.test> NOTIFY=NEVER", without the brackets. */
static const char *address_in(struct client_mail *mail, struct slice line)
{
    size_t begin = slice_find(line, '<');
    struct slice rest = slice_skip(line, begin == SIZE_MAX ? line.len : begin + 1);
    size_t end = slice_find(rest, '>');
    return arena_text_of(&mail->arena, slice_first(rest, end == SIZE_MAX ? 0 : end));
}

static void on_bdat(struct client_mail *mail, struct slice line)
{
    struct slice rest = slice_trim(slice_skip(line, strlen("BDAT ")));
    struct slice size;
    uint64_t bytes = 0;
    if (!slice_split(&rest, ' ', &size) || text_to_u64(size, &bytes) != 0) {
        expect_reply(mail, MAIL_SAYS_NOTHING, NULL);
        return;
    }
    mail->chunk_left = bytes;
    mail->is_last_chunk = slice_is_nocase(slice_trim(rest), "LAST");
    mail->state = MAIL_CHUNK;
}

static void on_from(struct client_mail *mail, struct slice line)
{
    const char *from = address_in(mail, line);
    expect_reply(mail, MAIL_SAYS_FROM, from);
    envelope_begin(&mail->asked, from);
    begin_content(mail);
}

static void on_to(struct client_mail *mail, struct slice line)
{
    const char *to = address_in(mail, line);
    expect_reply(mail, MAIL_SAYS_TO, to);
    envelope_add(mail, &mail->asked, to);
}

static void on_data(struct client_mail *mail, struct slice line)
{
    (void)line;
    mail->state = MAIL_HELD_BACK;
    expect_reply(mail, MAIL_SAYS_DATA, NULL);
    begin_content(mail);
}

static void on_reset(struct client_mail *mail, struct slice line)
{
    (void)line;
    expect_reply(mail, MAIL_SAYS_RESET, NULL);
    envelope_begin(&mail->asked, NULL);
}

/* HAProxy's header comes before the session and has no reply. */
static void on_proxy(struct client_mail *mail, struct slice line)
{
    (void)mail;
    (void)line;
}

static void on_command(struct client_mail *mail, struct slice line)
{
    static const struct {
        const char *verb;
        void (*run)(struct client_mail *mail, struct slice line);
    } VERBS[] = {
        {"MAIL FROM:", on_from}, {"RCPT TO:", on_to},    {"DATA\r\n", on_data},
        {"BDAT ", on_bdat},      {"RSET", on_reset},     {"EHLO", on_reset},
        {"HELO", on_reset},      {"STARTTLS", on_reset}, {"XCLIENT", on_reset},
        {"PROXY ", on_proxy},
    };
    for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++) {
        if (slice_starts_with_nocase(line, slice_of(VERBS[i].verb))) {
            VERBS[i].run(mail, line);
            return;
        }
    }
    expect_reply(mail, MAIL_SAYS_NOTHING, NULL);
}

/* ---- */

/* Looks at what is said, as far as it is whole and can be understood before the next reply. */
static void look(struct client_mail *mail)
{
    size_t done = 0; /* of what is said; taken off in one go, since lines are short and many */
    while (mail->state == MAIL_COMMANDS || mail->state == MAIL_CONTENT ||
           mail->state == MAIL_CHUNK) {
        if (mail->state == MAIL_CHUNK) {
            buf_consume(&mail->said, done);
            done = 0;
            if (!take_chunk(mail))
                return;
            continue;
        }
        struct slice rest = slice_skip(buf_slice(&mail->said), done);
        size_t end = slice_find(rest, '\n');
        if (end == SIZE_MAX)
            break;
        done += end + 1;
        if (mail->state == MAIL_COMMANDS)
            on_command(mail, slice_first(rest, end + 1));
        else
            on_content_line(mail, slice_first(rest, end + 1));
    }
    if (mail->state != MAIL_LOST)
        buf_consume(&mail->said, done);
}

void client_mail_say(struct client_mail *mail, struct slice bytes)
{
    if (mail->state == MAIL_LOST)
        return;
    if (buf_add_slice(&mail->said, bytes))
        look(mail);
    else
        lose(mail);
}

static void on_end(struct client_mail *mail, const struct mail_pending *end, int code)
{
    if (end->text != NULL && mail->taken.from != NULL) {
        const struct client_letter letter = letter_of(&mail->taken, end);
        mail->options.decided(mail->options.context, &letter, code);
    }
    envelope_begin(&mail->taken, NULL);
}

static void on_reply(struct client_mail *mail, const struct mail_pending *pending, int code)
{
    bool is_good = code / 100 == 2;
    switch (pending->command) {
    case MAIL_SAYS_FROM:
        envelope_begin(&mail->taken, is_good ? pending->text : NULL);
        break;
    case MAIL_SAYS_TO:
        if (is_good)
            envelope_add(mail, &mail->taken, pending->text);
        break;
    case MAIL_SAYS_DATA:
        mail->state = code == CODE_GO_ON ? MAIL_CONTENT : MAIL_COMMANDS;
        look(mail);
        break;
    case MAIL_SAYS_END:
        on_end(mail, pending, code);
        break;
    case MAIL_SAYS_RESET:
        if (is_good)
            envelope_begin(&mail->taken, NULL);
        break;
    case MAIL_SAYS_CHUNK:
    case MAIL_SAYS_NOTHING:
        break;
    }
}

bool client_mail_waits(const struct client_mail *mail)
{
    return mail->state != MAIL_LOST && mail->pending_first < mail->pending_count;
}

int client_mail_good_code(const struct client_mail *mail)
{
    return client_mail_waits(mail) && mail->pending[mail->pending_first].command == MAIL_SAYS_DATA
               ? CODE_GO_ON
               : CODE_OK;
}

void client_mail_hear(struct client_mail *mail, int code)
{
    if (!client_mail_waits(mail))
        return;
    const struct mail_pending pending = mail->pending[mail->pending_first++];
    on_reply(mail, &pending, code);
}

struct client_mail *client_mail_new(const struct client_mail_options *options)
{
    struct client_mail *mail = mem_alloc(sizeof *mail);
    mail->options = *options;
    buf_init(&mail->said, CLIENT_MAIL_BYTES_MAX);
    buf_init(&mail->field, FIELD_BYTES_MAX);
    expect_reply(mail, MAIL_SAYS_NOTHING, NULL);
    return mail;
}

void client_mail_free(struct client_mail **mail_at)
{
    struct client_mail *mail = *mail_at;
    *mail_at = NULL;
    if (mail == NULL)
        return;
    buf_deinit(&mail->said);
    buf_deinit(&mail->field);
    free(mail->pending);
    free(mail->asked.to);
    free(mail->taken.to);
    arena_deinit(&mail->arena);
    free(mail);
}
