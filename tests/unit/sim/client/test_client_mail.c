#include "sim/client/client_letters.h"
#include "sim/client/client_mail.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"
#include "tests/unit/unit.h"

static void tell(struct buf *out, const struct client_letter *letter, const char *what, int code)
{
    buf_format(out, "%s %d %s <%s>", what, code, letter->id, letter->from);
    for (size_t i = 0; i < letter->to_count; i++)
        buf_format(out, " <%s>", letter->to[i]);
    buf_format(out, " %d\n", (int)letter->bytes);
}

static void on_submitted(void *context, const struct client_letter *letter)
{
    tell(context, letter, "said", 0);
}

static void on_decided(void *context, const struct client_letter *letter, int code)
{
    tell(context, letter, "told", code);
}

/* Plays a dialogue of lines: "> TEXT" is said with CRLF, "= TEXT" as it is ("\r" and "\n" are
 * written with a backslash in C alone), "< CODE" is heard. */
static void play(const char *dialogue, struct buf *told)
{
    const struct client_mail_options options = {on_submitted, on_decided, told};
    struct client_mail *mail = client_mail_new(&options);
    struct slice rest = slice_of(dialogue);
    struct slice step;
    buf_init(told, 10000);
    while (slice_split(&rest, '|', &step)) {
        uint64_t code = 0;
        struct slice text = slice_skip(step, 2);
        if (step.data[0] == '<') {
            ck_assert_int_eq(text_to_u64(text, &code), 0);
            client_mail_hear(mail, (int)code);
            continue;
        }
        client_mail_say(mail, text);
        if (step.data[0] == '>')
            client_mail_say(mail, SLICE("\r\n"));
    }
    client_mail_free(&mail);
}

#define ENVELOPE "< 220|> EHLO c|< 250|> MAIL FROM:<a@x.test>|< 250|> RCPT TO:<b@y.test>|< 250|"
#define HEADER "X-Mailrange-Id: m1\r\nSubject: x\r\n\r\n"

START_TEST(which_mail_is_taken)
{
    static const struct {
        const char *dialogue;
        const char *told;
    } CASES[] = {
        {ENVELOPE "> DATA|< 354|= " HEADER "hi\r\n.\r\n|< 250",
         "said 0 m1 <a@x.test> <b@y.test> 38\ntold 250 m1 <a@x.test> <b@y.test> 38\n"},
        {ENVELOPE "> DATA|< 354|= " HEADER "hi\r\n.\r\n|< 554",
         "said 0 m1 <a@x.test> <b@y.test> 38\ntold 554 m1 <a@x.test> <b@y.test> 38\n"},
        /* Without an id nobody knows it again; an id in the body is none. */
        {ENVELOPE "> DATA|< 354|= Subject: x\r\n\r\nX-Mailrange-Id: m1\r\n.\r\n|< 250", ""},
        {ENVELOPE "> DATA|< 354|= X-Mailrange-Id: \r\n\r\n.\r\n|< 250", ""},
        /* The reply has not come, or DATA was refused: then nothing is content. */
        {ENVELOPE "> DATA|< 354|= " HEADER "hi\r\n.\r\n", "said 0 m1 <a@x.test> <b@y.test> 38\n"},
        {ENVELOPE "> DATA|< 554|= " HEADER ".\r\n|< 250", ""},
        /* Recipients that were refused did not get it; RSET begins anew. */
        {ENVELOPE "> RCPT TO:<c@y.test>|< 550|> DATA|< 354|= " HEADER ".\r\n|< 250",
         "said 0 m1 <a@x.test> <b@y.test> <c@y.test> 34\ntold 250 m1 <a@x.test> <b@y.test> 34\n"},
        {ENVELOPE "> RSET|< 250|> MAIL FROM:<>|< 250|> RCPT TO:<d@y.test> NOTIFY=NEVER|< 250|> "
                  "DATA|< 354|= " HEADER ".\r\n|< 250",
         "said 0 m1 <> <d@y.test> 34\ntold 250 m1 <> <d@y.test> 34\n"},
        /* Two in one session; a dot that is doubled counts once. */
        {ENVELOPE "> DATA|< 354|= " HEADER "..\r\n.\r\n|< 250|> MAIL FROM:<e@x.test>|< 250|"
                  "> RCPT TO:<f@y.test>|< 250|> DATA|< 354|= x-mailrange-id:m2\r\n\r\n.\r\n|< 250",
         "said 0 m1 <a@x.test> <b@y.test> 37\ntold 250 m1 <a@x.test> <b@y.test> 37\n"
         "said 0 m2 <e@x.test> <f@y.test> 21\ntold 250 m2 <e@x.test> <f@y.test> 21\n"},
        /* All at once, as PIPELINING allows (RFC 2920); content in pieces. */
        {"< 220|= MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n|< 250|< 250|< 354|"
         "= X-Mailran|= ge-Id: m1\r\n\r|= \n.\r|= \n|< 250",
         "said 0 m1 <a@x.test> <b@y.test> 22\ntold 250 m1 <a@x.test> <b@y.test> 22\n"},
        /* Other endings end nothing (RFC 5321 4.1.1.4). */
        {ENVELOPE "> DATA|< 354|= " HEADER "a\n.\nb\r\n.\nc\n.\r\n|< 250", ""},
        /* In chunks (RFC 3030), of which one holds what looks like commands. */
        {ENVELOPE "= BDAT 10\r\nX-Mailrang|< 250|= BDAT 22 LAST\r\ne-Id: m1\r\n\r\nRSET\r\nDATA|"
                  "< 250",
         "said 0 m1 <a@x.test> <b@y.test> 32\ntold 250 m1 <a@x.test> <b@y.test> 32\n"},
        {"< 220|= MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nBDAT 24 LAST\r\nX-Mailrange-Id: "
         "m1\r\n\r\nhi|< 250|< 250|< 250",
         "said 0 m1 <a@x.test> <b@y.test> 24\ntold 250 m1 <a@x.test> <b@y.test> 24\n"},
        {"< 220|= BDAT 22 LAST\r\nX-Mailrange-Id: m1\r\n\r\n|< 503", ""},
        {"< 220|> BDAT x|< 501|> QUIT|< 221", ""},
        /* A proxy's header has no reply of its own; XCLIENT begins anew. */
        {"> PROXY TCP4 203.0.113.9 192.0.2.10 4711 25|" ENVELOPE
         "> XCLIENT ADDR=192.0.2.7|< 220|> DATA|< 503|> NOOP|< 250",
         ""},
        {"> PROXY TCP4 203.0.113.9 192.0.2.10 4711 25|" ENVELOPE "> DATA|< 354|= " HEADER
         ".\r\n|< 250",
         "said 0 m1 <a@x.test> <b@y.test> 34\ntold 250 m1 <a@x.test> <b@y.test> 34\n"},
        /* More replies than commands. */
        {"< 220|< 250|< 421", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf told;
        play(CASES[i].dialogue, &told);
        ck_assert_msg(strcmp(buf_text(&told), CASES[i].told) == 0, "case %zu: %s", i,
                      buf_text(&told));
        buf_deinit(&told);
    }
}
END_TEST

START_TEST(a_flood_is_not_followed)
{
    struct buf told;
    buf_init(&told, 1000);
    const struct client_mail_options options = {on_submitted, on_decided, &told};
    struct client_mail *mail = client_mail_new(&options);
    for (size_t i = 0; i < CLIENT_MAIL_REPLIES_MAX; i++)
        client_mail_say(mail, SLICE("NOOP\r\n"));
    ck_assert(!client_mail_waits(mail));
    client_mail_say(mail, SLICE("NOOP\r\n"));
    client_mail_hear(mail, 250);
    client_mail_free(&mail);
    buf_deinit(&told);
}
END_TEST

START_TEST(what_a_script_would_hand_in)
{
    static const char SCRIPT[] =
        "[{\"id\": \"a\", \"dialogue\": [{\"hear\": \"220 *\"}, \"MAIL FROM:<a@x.test>\","
        "\"RCPT TO:<b@y.test>\", \"DATA\", {\"say\": \"X-Mailrange-Id: m1\\r\\n\\r\\nhi\\r\\n.\","
        "\"hear\": \"5*\"}]}, {\"id\": \"b\", \"dialogue\": [\"NOOP\"]}]";
    struct arena arena = {0};
    struct client_list list = {.count = 0};
    struct err err = {0};
    struct buf told;
    buf_init(&told, 1000);
    struct spec_document *document = spec_document_parse("x.json", slice_of(SCRIPT), &err);
    ck_assert_msg(client_list_parse(spec_root(document), &arena, &list, &err) == 0, "%s", err.text);
    client_letters_visit(&list, on_submitted, &told);
    ck_assert_str_eq(buf_text(&told), "said 0 m1 <a@x.test> <b@y.test> 26\n");
    buf_deinit(&told);
    client_list_release(&list);
    spec_document_free(&document);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(which_mail_is_taken, a_flood_is_not_followed, what_a_script_would_hand_in)
