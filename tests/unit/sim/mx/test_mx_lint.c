/*
 * The conformance linter: each finding by the client that deserves it, and none by a right one.
 */
#include "tests/unit/sim/mx/mx_play.h"

#define EHLO "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n"
#define HELO "new\n< 220\n> HELO c.test\n< 250\n"
#define TO_DATA "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n"
#define HEADER "> Date: Mon, 2 Mar 2026 09:00:00 +0000\n> From: a@s.test\n"

static const struct play_case RIGHT[] = {
    {"a right session", "",
     EHLO ">> MAIL FROM:<a@s.test> SIZE=100 BODY=8BITMIME\\r\\nRCPT TO:<b@a.test>\\r\\nDATA\\r\\n\n"
          "< 250\n< 250\n< 354\n" HEADER "> To: b@a.test\n> \n> m\xc3\xbc\n> ..\n> .\n< 250\n"
          "> QUIT\n< 221\nbye\nnolog violation\n"},
    {"TLS first, then again EHLO", "",
     EHLO
     "> STARTTLS\n< 220\ntls\n> EHLO c.test\n< 250\n< 250\n< 250\n< 250\n< 250\n" TO_DATA HEADER
     "> .\n< 250\n> QUIT\n< 221\nbye\nnolog violation\n"},
    {"no TLS although offered", "", EHLO "> QUIT\n< 221\nbye\nnolog violation\n"},
    {"a server that hung up", "\"rules\":[{\"at\":\"ehlo\",\"then\":{\"close\":true}}]",
     "new\n< 220\n> EHLO c.test\n! close\nbye\nnolog violation\n"},
    {"a client that gives up waiting", "\"rules\":[{\"at\":\"mail\",\"then\":{\"hang\":true}}]",
     EHLO "> MAIL FROM:<a@s.test>\n! hang\nbye\nnolog violation\n"},
    {"leaving after 421",
     "\"rules\":[{\"at\":\"mail\",\"then\":{\"reply\":\"421 x\",\"close\":false}}]",
     EHLO "> MAIL FROM:<a@s.test>\n< 421\nbye\nnolog violation\n"},
    {"address literals", "",
     "new\n< 220\n> EHLO [192.0.2.10]\n< 250\n< 250\n< 250\n< 250\n< 250\n< 250\n> QUIT\n< "
     "221\nbye\n"
     "nolog violation\n"},
    {"commands behind a reply that was said twice",
     "\"offers\":[\"8BITMIME\"],\"rules\":[{\"at\":\"mail\",\"then\":{\"corrupt\":\"twice\"}}]",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250\n> MAIL FROM:<a@s.test>\n< 250\n< 250\n"
     ">> RCPT TO:<b@a.test>\\r\\nDATA\\r\\n\n< 250\n< 354\nnolog violation\n"},
    {"MAIL in one group with a RSET that was refused",
     "\"rules\":[{\"at\":\"rset\",\"then\":{\"reply\":\"502 no\"}}]",
     EHLO "> MAIL FROM:<a@s.test>\n< 250\n>> RSET\\r\\nMAIL FROM:<b@s.test>\\r\\n\n< 502\n< 503\n"
          "nolog violation\n"},
    {"a chunk that follows BDAT at once", "\"offers\":[\"CHUNKING\",\"PIPELINING\"]",
     "new\n< 220\n> EHLO c.test\n< 250\n< 250\n< 250\n> MAIL FROM:<a@s.test>\n< 250\n"
     "> RCPT TO:<b@a.test>\n< 250\n>> BDAT 25 LAST\\r\\nDate: x\\r\\nFrom: a@s.test\\r\\n\n< 250\n"
     "> QUIT\n< 221\nbye\nnolog violation\n"},
};

#define OFFERS                                                                   \
    "\"offers\":[\"CHUNKING\",\"BINARYMIME\",\"8BITMIME\",\"SMTPUTF8\",\"DSN\"," \
    "\"REQUIRETLS\",\"STARTTLS\"]"
#define EHLO_CLEAR \
    "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n"
#define EHLO_TLS                                                                                \
    "> STARTTLS\n< 220\ntls\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< " \
    "250 \n"

static const struct play_case EXTENSIONS[] = {
    {"UTF-8 with SMTPUTF8", OFFERS,
     EHLO_CLEAR
     "> MAIL FROM:<m\xc3\xbc@s.test> SMTPUTF8\n< 250\n> RCPT TO:<\xc3\xbc@a.test>\n< 250\n"
     "> DATA\n< 354\n" HEADER
     "> Subject: \xc3\xbc\n> .\n< 250\n> QUIT\n< 221\nbye\nnolog violation\n"
     "log \"mail-parameters\":\"SMTPUTF8\"\nlog \"transfer\":\"data\"\n"},
    {"notifications", OFFERS,
     EHLO_CLEAR
     "> MAIL FROM:<a@s.test> RET=HDRS ENVID=a+2Bb\n< 250\n"
     "> RCPT TO:<b@a.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+40a.test\n< 250\n> RCPT "
     "TO:<c@a.test>\n< 250\n"
     "> DATA\n< 354\n" HEADER "> .\n< 250\n> QUIT\n< 221\nbye\nnolog violation\n"
     "log \"rcpt-parameters\":[\"NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+40a.test\",\"\"]\n"},
    {"an address for a name", "",
     "new\n< 220\n> EHLO [192.0.2.10]\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n"
     "> EHLO [IPv6:2001:db8::10]\nnolog violation\n"},
    {"a priority", "\"offers\":[\"MT-PRIORITY\"]",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250 MT-PRIORITY\n> MAIL FROM:<a@s.test> "
     "MT-PRIORITY=-9\n< 250\nnolog violation\n"},
    {"REQUIRETLS inside TLS", OFFERS,
     EHLO_CLEAR EHLO_TLS "> MAIL FROM:<a@s.test> REQUIRETLS\n< 250\nnolog violation\n"},
    {"a binary message in two chunks", OFFERS,
     EHLO_CLEAR
     "> MAIL FROM:<a@s.test> BODY=BINARYMIME\n< 250\n> RCPT TO:<b@a.test>\n< 250\n"
     ">> BDAT 25\\r\\nDate: x\\r\\nFrom: a@s.test\\r\\n\n< 250\n"
     ">> BDAT 6 LAST\\r\\n\\r\\n\\0a\\nb\n< 250\nnolog violation\nlog \"transfer\":\"bdat\"\n"},
};

#define FOUND(word) "log \"what\":\"" word "\"\n"

static const struct play_case WRONG[] = {
    {"MAIL although RSET was refused",
     "\"rules\":[{\"at\":\"rset\",\"then\":{\"reply\":\"502 no\"}}]",
     EHLO "> MAIL FROM:<a@s.test>\n< 250\n> RSET\n< 502\n> MAIL FROM:<b@s.test>\n< "
          "503\n" FOUND("nested-mail")},
    {"name", "", "new\n< 220\n> EHLO mail_1.test\n" FOUND("helo-name")},
    {"an address without brackets", "",
     "new\n< 220\n> EHLO 192.0.2.10\n" FOUND("helo-name") "log an address without brackets\n"},
    {"an IPv6 address without brackets", "",
     "new\n< 220\n> EHLO 2001:db8::10\n" FOUND("helo-name")},
    {"a name without a domain", "",
     "new\n< 220\n> HELO localhost\n" FOUND(
         "helo-not-qualified") "log not a fully-qualified name\n"},
    {"no name", "", "new\n< 220\n> EHLO\n" FOUND("helo-name")},
    {"MAIL first", "", "new\n< 220\n> MAIL FROM:<a@s.test>\n" FOUND("no-ehlo")},
    {"bare LF", "", "new\n< 220\n>> NOOP\\n\n< 250\n" FOUND("command-bare-lf")},
    {"bare CR", "", "new\n< 220\n>> NO\\rOP\\r\\n\n" FOUND("command-bare-cr")},
    {"unknown", "", "new\n< 220\n> XYZ\n" FOUND("unknown-command")},
    {"syntax of MAIL", "", EHLO "> MAIL FROM:a@s.test\n" FOUND("syntax")},
    {"syntax of RCPT", "", EHLO "> MAIL FROM:<>\n> RCPT TO:b\n" FOUND("syntax")},
    {"DATA x", "", EHLO "> MAIL FROM:<>\n> RCPT TO:<b@a.test>\n> DATA x\n" FOUND("syntax")},
    {"space", "", EHLO "> MAIL FROM: <a@s.test>\n< 250\n" FOUND("space-after-colon")},
    {"space in RCPT", "",
     EHLO "> MAIL FROM:<>\n> RCPT TO: <b@a.test>\n" FOUND("space-after-colon")},
    {"long path", "",
     EHLO "> MAIL "
          "FROM:<aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg@s.test>\n" FOUND(
              "path-too-long")},
    {"route", "", EHLO "> MAIL FROM:<@r.test:a@s.test>\n< 250\n" FOUND("source-route")},
    {"twice MAIL", "", EHLO "> MAIL FROM:<>\n> MAIL FROM:<>\n" FOUND("nested-mail")},
    {"order", "", EHLO "> MAIL FROM:<>\n> STARTTLS\n" FOUND("order")},
    {"MAIL refused, RCPT all the same",
     "\"rules\":[{\"at\":\"mail\",\"then\":{\"reply\":\"450 x\"}}]",
     EHLO "> MAIL FROM:<>\n< 450\n> RCPT TO:<b@a.test>\n< 503\n" FOUND("reply-ignored")},
    {"RCPT refused, DATA all the same",
     "\"rules\":[{\"at\":\"rcpt\",\"then\":{\"reply\":\"450 x\"}}]",
     EHLO
     "> MAIL FROM:<>\n< 250\n> RCPT TO:<b@a.test>\n< 450\n> DATA\n< 554\n" FOUND("reply-ignored")},
    {"pipelining after HELO", "",
     HELO
     ">> MAIL FROM:<a@s.test>\\r\\nRCPT TO:<b@a.test>\\r\\n\n" FOUND("pipelining-not-offered")},
    {"pipelining not offered", "\"offers\":[]",
     "new\n< 220\n> EHLO c.test\n< 250 \n>> MAIL FROM:<a@s.test>\\r\\nRCPT "
     "TO:<b@a.test>\\r\\n\n" FOUND("pipelining-not-offered")},
    {"something behind EHLO", "",
     "new\n< 220\n>> EHLO c.test\\r\\nMAIL FROM:<>\\r\\n\n" FOUND("pipelining-wrong")},
    {"something behind DATA", "",
     EHLO
     "> MAIL FROM:<>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n>> DATA\\r\\nSubject: x\\r\\n\n" FOUND(
         "pipelining-wrong")},
    {"something behind STARTTLS", "",
     EHLO ">> STARTTLS\\r\\nNOOP\\r\\n\ntls\n" FOUND("starttls-pipelined")},
    {"BODY not offered", "\"offers\":[\"SIZE\"]",
     "new\n< 220\n> EHLO c.test\n< 250\n< 250\n> MAIL FROM:<a@s.test> BODY=8BITMIME\n< 555\n" FOUND(
         "parameter-not-offered")},
    {"BDAT not offered", "",
     EHLO
     "> MAIL FROM:<>\n> RCPT TO:<b@a.test>\n>> BDAT 1\\r\\nx\n" FOUND("parameter-not-offered")},
    {"STARTTLS not offered", "\"offers\":[]",
     "new\n< 220\n> EHLO c.test\n< 250\n> STARTTLS\n< 502\n" FOUND("parameter-not-offered")},
    {"larger than allowed", "\"offers\":[\"SIZE 10\"]",
     "new\n< 220\n> EHLO c.test\n< 250\n< 250\n> MAIL FROM:<a@s.test> SIZE=11\n< 552\n" FOUND(
         "size-exceeded")},
    {"larger than declared", "",
     EHLO
     "> MAIL FROM:<a@s.test> SIZE=5\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n" HEADER
     "> .\n< 250\n" FOUND("size-wrong")},
    {"8-bit without a word", "",
     EHLO TO_DATA HEADER "> \n> m\xc3\xbc\n> .\n< 250\n" FOUND("eight-bit")},
    {"UTF-8 in an address", "",
     EHLO "> MAIL FROM:<m\xc3\xbc@s.test>\n< 553\n" FOUND("utf8-address")},
    {"bare LF in a message", "", EHLO TO_DATA ">> a\\nb\\r\\n.\\r\\n\n< 250\n" FOUND("bare-lf")},
    {"bare CR in a message", "", EHLO TO_DATA ">> a\\rb\\r\\n.\\r\\n\n< 250\n" FOUND("bare-cr")},
    {"NUL", "", EHLO TO_DATA ">> a\\0b\\r\\n.\\r\\n\n< 250\n" FOUND("nul")},
    {"dots not doubled", "", EHLO TO_DATA "> .dot\n> .\n< 250\n" FOUND("dot-not-stuffed")},
    {"no Date", "", EHLO TO_DATA "> From: a@s.test\n> .\n< 250\n" FOUND("header-missing")},
    {"two Subjects", "",
     EHLO TO_DATA HEADER "> Subject: 1\n> Subject: 2\n> .\n< 250\n" FOUND("header-twice")},
    {"after 421", "\"rules\":[{\"at\":\"mail\",\"then\":{\"reply\":\"421 x\",\"close\":false}}]",
     EHLO "> MAIL FROM:<>\n< 421\n> NOOP\n" FOUND("command-after-421")},
    {"after QUIT", "\"rules\":[{\"at\":\"quit\",\"then\":{\"reply\":\"450 x\"}}]",
     EHLO "> QUIT\n< 450\n> NOOP\n" FOUND("command-after-quit")},
    {"no QUIT", "", EHLO "bye\n" FOUND("no-quit")},
    {"UTF-8 in a header", "",
     EHLO TO_DATA HEADER "> Subject: \xc3\xbc\n> .\n< 250\n" FOUND("utf8-header")},
    {"REQUIRETLS in clear", OFFERS,
     EHLO_CLEAR "> MAIL FROM:<a@s.test> REQUIRETLS\n< 555\n" FOUND("parameter-not-offered")},
    {"a priority that was not offered", OFFERS,
     EHLO_CLEAR "> MAIL FROM:<a@s.test> MT-PRIORITY=3\n< 555\n" FOUND("parameter-not-offered")},
    {"a priority above nine", "\"offers\":[\"MT-PRIORITY\"]",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250 \n> MAIL FROM:<a@s.test> MT-PRIORITY=10\n< "
     "501\n" FOUND("syntax")},
    {"DATA for a binary message", OFFERS,
     EHLO_CLEAR "> MAIL FROM:<a@s.test> BODY=BINARYMIME\n< 250\n> RCPT TO:<b@a.test>\n< 250\n"
                "> DATA\n< 503\n" FOUND("binary-with-data")},
    {"an envelope id that is no xtext", OFFERS,
     EHLO_CLEAR "> MAIL FROM:<a@s.test> ENVID=a+2b\n< 501\n" FOUND("syntax")},
    {"NOTIFY=NEVER with another word", OFFERS,
     EHLO_CLEAR
     "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test> NOTIFY=NEVER,DELAY\n< 501\n" FOUND(
         "syntax")},
    {"one more chunk after a refused one",
     OFFERS ",\"rules\":[{\"at\":\"bdat\",\"then\":{\"reply\":\"452 x\"}}]",
     EHLO_CLEAR "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n"
                ">> BDAT 1\\r\\nx\n< 452\n>> BDAT 1 LAST\\r\\nx\n< 503\n" FOUND("reply-ignored")},
    {"password in clear", "\"offers\":[\"AUTH PLAIN\"]",
     "new\n< 220\n> EHLO c.test\n< 250\n< 250\n> AUTH PLAIN AHUAcA==\n" FOUND("auth-in-clear")},
};

START_TEST(test_right_clients)
{
    for (size_t i = 0; i < sizeof RIGHT / sizeof RIGHT[0]; i++)
        play_case(&RIGHT[i]);
    for (size_t i = 0; i < sizeof EXTENSIONS / sizeof EXTENSIONS[0]; i++)
        play_case(&EXTENSIONS[i]);
}
END_TEST

START_TEST(test_wrong_clients)
{
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        play_case(&WRONG[i]);
}
END_TEST

static void say_long(struct play *play, char c, size_t len)
{
    char *text = mem_alloc(len + 3);
    memset(text, c, len);
    memcpy(text + len, "\r\n", 2);
    play_feed(play, slice_of(text));
    free(text);
}

START_TEST(test_lengths)
{
    struct play play;
    play_open(&play, "lengths", "");
    play_script(&play, EHLO);
    say_long(&play, 'x', 510);
    play_script(&play, "< 500\nnolog command-too-long\n");
    say_long(&play, 'x', 511);
    play_script(&play, "< 500\n" FOUND("command-too-long") TO_DATA);
    say_long(&play, 'x', 998);
    play_script(&play, "> .\n< 250\nnolog long-line\n" TO_DATA);
    say_long(&play, 'x', 999);
    play_script(&play, "> .\n< 250\n" FOUND("long-line"));
    play_close(&play);
}
END_TEST

START_TEST(test_early_talk)
{
    struct play play;
    play_open(&play, "early", "\"rules\":[{\"at\":\"banner\",\"then\":{\"delay\":\"6s\"}}]");
    play_script(&play, "new\n! delay 6s\n");
    ck_assert(mx_session_awaits_greeting(play.session));
    mx_session_note_early_input(play.session);
    play_script(&play, "go\n< 220\n" FOUND("early-talk"));
    ck_assert(!mx_session_awaits_greeting(play.session));
    play_close(&play);
}
END_TEST

/* Each finding once a session, and it says which rule of which RFC. */
START_TEST(test_once)
{
    struct play play;
    play_open(&play, "once", "");
    play_script(&play, "new\n< 220\n> XYZ\n> XYY\n"
                       "log \"what\":\"unknown-command\",\"text\":\"\\\"XYZ\\\" is no command\","
                       "\"rfc\":\"RFC 5321 4.1.1\",\"level\":\"must\"\nnolog XYY\\\\\" is\n");
    play_close(&play);
}
END_TEST

UNIT_MAIN(test_right_clients, test_wrong_clients, test_lengths, test_early_talk, test_once)
