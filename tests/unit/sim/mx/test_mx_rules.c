/*
 * Conditions and actions, each in a dialogue.
 */
#include "tests/unit/sim/mx/mx_play.h"

#define RULE(at, when, then) \
    "\"rules\":[{\"name\":\"r\",\"at\":" at ",\"when\":{" when "},\"then\":{" then "}}]"
#define ALWAYS(at, then) "\"rules\":[{\"name\":\"r\",\"at\":" at ",\"then\":{" then "}}]"
#define LATER "\"reply\":\"451 4.7.1 later\""
/* HELO, so that the reply is one line whatever the host offers. */
#define HELLO "new\n< 220\n> HELO c.test\n< 250\n"
#define WITH_BODY(text, code)                                                                \
    "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n> \n> " text \
    "\n> .\n< " code "\n"
#define MAIL(sender) "> MAIL FROM:<" sender ">\n"
#define RCPT(recipient) "> RCPT TO:<" recipient ">\n"
#define TO_RCPT \
    "new\n< 220\n> EHLO c\n< 250\n< 250\n> MAIL FROM:<>\n< 250\n" RCPT("b@a.test") "< 250\n"
#define CHUNKS(at, then) \
    "\"offers\":[\"CHUNKING\"],\"rules\":[{\"name\":\"only\",\"at\":" at ",\"then\":{" then "}}]"
#define TO_DATA MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 250\n> DATA\n< 354\n"

static const struct play_case CONDITIONS[] = {
    {"sender", RULE("\"mail\"", "\"sender\":[\"*@bad.test\",\"x@y.test\"]", LATER),
     HELLO MAIL("a@bad.test") "< 451 4.7.1 later\n" MAIL("a@good.test") "< 250\nfired 1 r\n"},
    {"null sender", RULE("\"mail\"", "\"sender\":\"<>\"", LATER),
     HELLO MAIL("") "< 451\n" MAIL("a@good.test") "< 250\n"},
    {"recipient", RULE("\"rcpt\"", "\"recipient\":\"full-*@a.test\"", LATER),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("full-1@a.test") "< 451\n" RCPT("b@a.test") "< 250\n"},
    {"any recipient at the end", RULE("\"data-end\"", "\"recipient\":\"c@*\"", LATER),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 250\n" RCPT(
         "c@a.test") "< 250\n> DATA\n< 354\n> .\n< 451\n" TO_DATA "> .\n< 250\n"},
    {"helo", RULE("\"ehlo\"", "\"helo\":\"bad.*\"", "\"reply\":\"550 5.7.1 no\""),
     "new\n< 220\n> HELO bad.test\n< 550 5.7.1 no\n> HELO c.test\n< 250\n"},
    {"client name", RULE("\"banner\"", "\"client-name\":\"client.*\"", LATER), "new\n< 451\n"},
    {"source", RULE("\"connect\"", "\"source\":[\"192.0.2.0/28\",\"2001:db8::1\"]", LATER),
     "new 192.0.2.15\n< 451\nnew 192.0.2.16\n< 220\nnew 2001:db8::1\n< 451\nnew 2001:db8::2\n< "
     "220\n"},
    {"subject", RULE("\"data-end\"", "\"subject\":\"*free*\"", LATER),
     HELLO TO_DATA "> Subject: all\n>  for Free today\n> \n> .\n< 451\n" TO_DATA
                   "> Subject: other\n> .\n< 250\n"},
    {"header", RULE("\"data-end\"", "\"header\":{\"Precedence\":\"bulk\",\"X-A\":\"*\"}", LATER),
     HELLO TO_DATA "> Precedence: bulk\n> X-A: 1\n> .\n< 451\n" TO_DATA
                   "> Precedence: bulk\n> .\n< 250\n"},
    {"size", RULE("[\"mail\",\"data-end\"]", "\"size\":\">=1kB\"", LATER),
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n"
     "> MAIL FROM:<a@s.test> SIZE=2000\n< 451\n" MAIL("a@s.test") "< 250\n"},
    {"tls", RULE("\"mail\"", "\"tls\":false", "\"reply\":\"530 5.7.0 STARTTLS first\""),
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n" MAIL(
         "a@s.test") "< 530\n> STARTTLS\n< 220\ntls\n> HELO c.test\n< 250\n" MAIL("a@s.test") "< "
                                                                                              "250"
                                                                                              "\n"},
    {"tls version", RULE("\"mail\"", "\"tls\":[\"1.0\",\"1.3\"]", LATER),
     HELLO MAIL("a@s.test") "< 250\n> RSET\n< 250\n> STARTTLS\n< 220\ntls\n> HELO c\n< 250\n" MAIL(
         "a@s.test") "< 451\n"},
    {"attempt at rcpt",
     RULE("\"rcpt\"", "\"recipient\":\"f*@*\",\"attempt\":\"..2\"",
          "\"reply\":\"452 4.2.2 attempt {attempt} for {recipient}\""),
     HELLO
         MAIL("a@s.test") "< 250\n" RCPT("f1@a.test") "< 452 4.2.2 attempt 1 for f1@a.test\n" RCPT("f2@a.test") "< 452 4.2.2 attempt 1\n" RCPT(
             "f1@a.test") "< 452 4.2.2 attempt 2\n" RCPT("f1@a.test") "< 250\n" RCPT("f2@a.test") "< 452\n" RCPT("F2@A.test") "< 250\n"},
    {"attempt at connect", RULE("\"connect\"", "\"attempt\":\"2\"", LATER),
     "new\n< 220\nnew\n< 451\nnew\n< 220\nnew 192.0.2.99\n< 220\n"},
    {"attempt of a message", RULE("\"data-end\"", "\"attempt\":1", LATER),
     HELLO TO_DATA "> Message-ID: <1@x>\n> .\n< 451\n" TO_DATA
                   "> Message-ID: <2@x>\n> .\n< 451\n" TO_DATA "> Message-ID: <1@x>\n> .\n< 250\n"},
    {"attempt by a key of its own",
     RULE("\"rcpt\"", "\"attempt\":{\"by\":[\"source-prefix\",\"sender\"],\"is\":\"..1\"}", LATER),
     "new 192.0.2.1\n< 220\n> HELO c\n< 250\n" MAIL("a@s.test") "< 250\n" RCPT(
         "b@a.test") "< 451\nnew 192.0.2.200\n< 220\n> HELO c\n< "
                     "250\n" MAIL("a@s.test") "< 250\n" RCPT("c@a.test") "< 250\n"},
    {"age",
     RULE("\"rcpt\"", "\"age\":\"..10m\"", "\"reply\":\"451 4.7.1 {remaining} s, no. {attempt}\""),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 451 4.7.1 600 s, no. 1\n+ 9m\n" RCPT(
         "b@a.test") "< 451 4.7.1 60 s, no. 2\n+ 2m\n" RCPT("b@a.test") "< 250\n"},
    {"during", RULE("\"mail\"", "\"during\":\"10m..20m\"", LATER),
     HELLO MAIL("a@s.test") "< 250\n> RSET\n< 250\n+ 10m\n" MAIL("a@s.test") "< 451\n+ 10m\n" MAIL(
         "a@s.test") "< 250\n"},
    {"clock", RULE("\"mail\"", "\"clock\":\"18:00..06:00\"", LATER),
     HELLO MAIL("a@s.test") "< 250\n> RSET\n< 250\n+ 9h\n" MAIL("a@s.test") "< 451\n+ 11h\n" MAIL(
         "a@s.test") "< 451\n+ 1h\n" MAIL("a@s.test") "< 250\n"},
    {"recipients", RULE("\"rcpt\"", "\"recipients\":\"3..\"", "\"reply\":\"452 4.5.3 many\""),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("1@a.test") "< 250\n" RCPT("2@a.test") "< 250\n" RCPT(
         "3@a.test") "< 452\n" RCPT("4@a.test") "< 452\n"},
    {"messages", RULE("\"mail\"", "\"messages\":\"1..\"", "\"reply\":\"421 one is enough\""),
     HELLO TO_DATA "> .\n< 250\n" MAIL("a@s.test") "< 421 one is enough\n! close\n"},
    {"connections",
     RULE("\"connect\"", "\"connections\":{\"by\":\"source-prefix\",\"over\":2}", LATER),
     "also 192.0.2.1\nalso 192.0.2.2\nnew 192.0.2.3\n< 451\nnew 192.0.3.3\n< 220\n"
     "also 192.0.3.1\nnew 192.0.3.2\n< 220\n"},
    {"rate",
     RULE("\"mail\"", "\"rate\":{\"of\":\"messages\",\"by\":\"source-ip\",\"over\":\"2/1m\"}",
          "\"reply\":\"421 4.7.28 wait {remaining}\",\"close\":false"),
     HELLO MAIL("1@s.test") "< 250\n> RSET\n< 250\n+ 20s\n" MAIL(
         "2@s.test") "< 250\n> RSET\n< 250\n+ 20s\n" MAIL("3@s.test") "< 421 4.7.28 wait 20\n+ "
                                                                      "20s\n" MAIL(
                                                                          "3@s.test") "< "
                                                                                      "250"
                                                                                      "\n>"
                                                                                      " RS"
                                                                                      "ET"
                                                                                      "\n<"
                                                                                      " 25"
                                                                                      "0"
                                                                                      "\n" MAIL(
                                                                                          "4@s."
                                                                                          "test") "< 421 4.7.28 wait 20\n"},
    {"rate that counts refused ones",
     RULE("\"mail\"", "\"rate\":{\"of\":\"messages\",\"over\":\"1/1m\",\"refused\":true}", LATER),
     HELLO MAIL("1@s.test") "< 250\n> RSET\n< 250\n+ 50s\n" MAIL("2@s.test") "< 451\n+ 50s\n" MAIL(
         "3@s.test") "< 451\n+ 61s\n" MAIL("4@s.test") "< 250\n"},
    {"rate of recipients by domain",
     RULE("\"rcpt\"",
          "\"rate\":{\"of\":\"recipients\",\"by\":\"recipient-domain\",\"over\":\"1/1h\"}", LATER),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("1@a.test") "< 250\n" RCPT("1@b.test") "< 250\n" RCPT(
         "2@a.test") "< 451\n"},
    {"rate of errors",
     "\"users\":\"bob\"," RULE("\"mail\"",
                               "\"rate\":{\"of\":\"unknown-recipients\",\"over\":\"1/1h\"}", LATER),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("1@a.test") "< 550\n" RCPT(
         "2@a.test") "< 550\n> RSET\n< 250\n" MAIL("a@s.test") "< 451\n"},
    {"greylist",
     RULE("\"rcpt\"", "\"greylist\":{\"delay\":\"5m\",\"window\":\"2h\",\"keep\":\"1d\"}",
          "\"reply\":\"451 4.7.1 {remaining}\""),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 451 4.7.1 300\n+ 4m\n" RCPT("b@a.test") "< 451 4.7.1 60\n" RCPT("c@a.test") "< 451 4.7.1 300\n+ 1m\n" RCPT(
         "b@a.test") "< 250\n+ 23h\n" RCPT("b@a.test") "< 250\n" RCPT("c@a.test") "< 451 4.7.1 "
                                                                                  "300\n+ "
                                                                                  "25h\n" RCPT(
                                                                                      "b@"
                                                                                      "a."
                                                                                      "tes"
                                                                                      "t") "< "
                                                                                           "451\n"},
    {"greylist by network", RULE("\"rcpt\"", "\"greylist\":{\"prefix\":\"24/64\"}", LATER),
     "new 192.0.2.1\n< 220\n> HELO c\n< 250\n" MAIL("a@s.test") "< 250\n" RCPT(
         "b@a.test") "< "
                     "451\n+ "
                     "6m\nnew"
                     " 192.0."
                     "2.9\n< "
                     "220\n> "
                     "HELO "
                     "c\n< "
                     "250"
                     "\n" MAIL("a@s.test") "< 250\n" RCPT(
                         "b@a.test") "< 250\nnew 192.0.3.9\n< "
                                     "220\n> HELO c\n< 250\n" MAIL(
                                         "a@"
                                         "s."
                                         "tes"
                                         "t") "< 250\n" RCPT("b@a."
                                                             "tes"
                                                             "t") "< 451\n"},
    {"greylist that allows a client",
     RULE("\"rcpt\"",
          "\"greylist\":{\"delay\":\"1m\",\"allow-after\":2,\"allow-every\":\"1h\",\"allow-for\":"
          "\"1d\"}",
          LATER),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("1@a.test") "< 451\n+ 2m\n" RCPT(
         "1@a.test") "< 250\n" RCPT("1@a.test") "< 250\n" RCPT("2@a.test") "< 451\n+ 1h\n" RCPT("2@"
                                                                                                "a."
                                                                                                "te"
                                                                                                "s"
                                                                                                "t") "< 250\n" RCPT("3@a.test") "< 250\n+ 25h\n" RCPT("4@a.test") "< 451\n"},
};

static const struct play_case ACTIONS[] = {
    {"reply of several lines", ALWAYS("\"mail\"", "\"reply\":[\"550 5.7.1 one\",\"two {sender}\"]"),
     HELLO MAIL("a@s.test") "< 550-5.7.1 one\n< 550 5.7.1 two a@s.test\n.\nlog \"rule\":\"r\"\n"},
    {"reply with the client's own words",
     ALWAYS("\"rcpt\"", "\"reply\":\"550 {helo} {source-ip} {host}\""),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 550 c.test 192.0.2.10 mx.a.test\n"},
    {"a good reply in other words", ALWAYS("\"rcpt\"", "\"reply\":\"251 2.1.5 will forward\""),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 251\n> DATA\n< 354\n"},
    {"421 closes", ALWAYS("\"mail\"", "\"reply\":\"421 4.3.2 bye\""),
     HELLO MAIL("a@s.test") "< 421\n! close\n"},
    {"421 that does not close", ALWAYS("\"mail\"", "\"reply\":\"421 4.3.2 bye\",\"close\":false"),
     HELLO MAIL("a@s.test") "< 421\n! input\n> NOOP\n< 250\nlog command-after-421\n"},
    {"a greeting that refuses", ALWAYS("\"banner\"", "\"reply\":\"554 no\""),
     "new\n< 554 no\n! input\n> HELO c.test\n< 503\n> QUIT\n< 221\n! close\nlog reply-ignored\n"},
    {"refused at connect", ALWAYS("\"connect\"", "\"reply\":\"421 4.3.2 full\""),
     "new\n< 421\n! close\nlog \"stage\":\"connect\",\"code\":421\n"},
    {"close without a word", ALWAYS("\"rcpt\"", "\"close\":true"),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") ".\n! close\n"},
    {"reply and close", ALWAYS("\"rcpt\"", "\"reply\":\"450 x\",\"close\":true"),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 450\n! close\n"},
    {"raw bytes", ALWAYS("\"mail\"", "\"raw\":\"2x0 what\\r\\n\""),
     HELLO MAIL("a@s.test") "< 2x0 what\n.\n! input\n" RCPT(
         "b@a.test") "< 503\nlog \"code\":0,\"enhanced\":\"\",\"text\":\"2x0 "
                     "what\\r\\n\",\"rule\":\"r\"\n"},
    {"a raw greeting", ALWAYS("\"connect\"", "\"raw\":\"hi\\r\\n\""), "new\n< hi\n.\n! input\n"},
    {"reset", ALWAYS("\"connect\"", "\"reset\":true"), "new\n.\n! reset\n"},
    {"hang", ALWAYS("\"data\"", "\"hang\":true"),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 250\n> DATA\n.\n! hang\n"},
    {"half close", ALWAYS("\"ehlo\"", "\"half-close\":true"),
     "new\n< 220\n> HELO c.test\n< 250\n! half-close\ngo\n! hang\n"},
    {"swallow", ALWAYS("\"rcpt\"", "\"swallow\":true"),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") ".\n! input\n> DATA\n< 354\n"},
    {"delay", ALWAYS("\"mail\"", "\"delay\":\"30s\""),
     HELLO MAIL("a@s.test") ".\n! delay 30s\ngo\n< 250\n! input\n"},
    {"delay and refuse", ALWAYS("\"mail\"", "\"delay\":\"1m\",\"reply\":\"450 x\",\"close\":true"),
     HELLO MAIL("a@s.test") ".\n! delay 1m\ngo\n< 450\n! close\n"},
    {"a slow greeting", ALWAYS("\"banner\"", "\"delay\":\"6s\""),
     "new\n.\n! delay 6s\ngo\n< 220\n"},
    {"STARTTLS after a delay", ALWAYS("\"starttls\"", "\"delay\":\"2s\""),
     HELLO "> STARTTLS\n.\n! delay 2s\ngo\n< 220\n! tls\n"},
    {"STARTTLS refused", ALWAYS("\"starttls\"", "\"reply\":\"454 4.7.0 no\""),
     HELLO "> STARTTLS\n< 454\n! input\n"},
    {"the last reply is lost", ALWAYS("\"data-end\"", "\"lose-reply\":true"),
     HELLO TO_DATA
     "> X-Mailrange-Id: m9\n> .\n.\n! close\nlog \"message\":\"m9\"\nlog \"reply-sent\":false\n"},
    {"the client leaves while the last reply waits", ALWAYS("\"data-end\"", "\"delay\":\"11m\""),
     HELLO TO_DATA
     "> .\n.\n! delay 11m\nnolog accepted\",\"session\nbye\nlog \"reply-sent\":false\n"},
    {"junk", ALWAYS("\"data-end\"", "\"junk\":true"),
     HELLO TO_DATA "> .\n< 250\nlog \"placement\":\"junk\"\n"},
    {"refused at the end", ALWAYS("\"data-end\"", "\"reply\":\"554 5.7.1 spam\""),
     HELLO TO_DATA "> .\n< 554\nnolog \"kind\":\"accepted\"\n! input\n" MAIL("a@s.test") "< 250\n"},
    {"cut in the middle", ALWAYS("\"data-body\"", "\"reset\":true"),
     HELLO TO_DATA "! input\n> x\n.\n! reset\nnolog \"kind\":\"accepted\"\n"},
    {"refused in the middle", ALWAYS("\"data-body\"", "\"reply\":\"451 4.3.0 enough\""),
     HELLO TO_DATA
     "> x\n< 451\n> y\n.\n> .\n.\n! input\n> NOOP\n< 250\nnolog \"kind\":\"accepted\"\n"},
    {"cut in the middle of a chunk",
     "\"offers\":[\"CHUNKING\"]," ALWAYS("\"data-body\"", "\"close\":true"),
     "new\n< 220\n> EHLO c\n< 250\n< 250\n> MAIL FROM:<>\n< 250\n" RCPT(
         "b@a.test") "< 250\n>> BDAT 10\\r\\nabc\n.\n! close\nnolog \"kind\":\"accepted\"\n"},
    {"refused in the middle of a chunk",
     "\"offers\":[\"CHUNKING\"]," ALWAYS("\"data-body\"", "\"reply\":\"451 enough\""),
     "new\n< 220\n> EHLO c\n< 250\n< 250\n> MAIL FROM:<>\n< 250\n" RCPT(
         "b@a.test") "< 250\n>> BDAT 4\\r\\nabcdBDAT 2 LAST\\r\\nef\n< 451\n.\n! input\n> NOOP\n< "
                     "250\n"
                     "nolog \"kind\":\"accepted\"\n"},
    {"a rule of bdat is asked for each chunk, the last too",
     CHUNKS("\"bdat\"", "\"log\":\"a chunk\""),
     TO_RCPT ">> BDAT 2\\r\\nab\n< 250 2 bytes\nfired 1 only\n>> BDAT 2\\r\\ncd\n< 250 4 bytes\n"
             "fired 2 only\n>> BDAT 1 LAST\\r\\ne\n< 250 Ok\nfired 3 only\n"},
    {"a rule of data-end is asked once for all chunks",
     CHUNKS("\"data-end\"", "\"log\":\"the end\""),
     TO_RCPT ">> BDAT 2\\r\\nab\n< 250 2 bytes\nfired 0 only\n>> BDAT 1 LAST\\r\\ne\n< 250 Ok\n"
             "fired 1 only\n"},
    {"a rule of both is asked once for the last chunk",
     CHUNKS("[\"bdat\",\"data-end\"]", "\"log\":\"seen\""),
     TO_RCPT ">> BDAT 2\\r\\nab\n< 250 2 bytes\nfired 1 only\n>> BDAT 1 LAST\\r\\ne\n< 250 Ok\n"
             "fired 2 only\nlog \"stage\":\"bdat\"\nlog \"stage\":\"data-end\"\n"},
    {"the only chunk is refused by a rule of bdat",
     CHUNKS("\"bdat\"", "\"reply\":\"452 4.3.1 full\""),
     TO_RCPT ">> BDAT 3 LAST\\r\\nabc\n< 452 4.3.1 full\n! input\nfired 1 only\n"
             "nolog \"kind\":\"accepted\"\n"},
    {"a rule of bdat has no part in DATA", CHUNKS("\"bdat\"", "\"reply\":\"452 4.3.1 full\""),
     TO_RCPT "> DATA\n< 354\n> .\n< 250 Ok\nfired 0 only\n"},
    {"DATA refused", ALWAYS("\"data\"", "\"reply\":\"451 4.3.0 no\""),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 250\n> DATA\n< 451\n> NOOP\n< 250\n"},
    {"a fault for the handshake", ALWAYS("\"tls\"", "\"tls\":\"garbage\""),
     HELLO "> STARTTLS\n< 220\n! tls\nlog \"effect\":\"tls\"\n"},
    {"closed instead of a handshake", ALWAYS("\"tls\"", "\"close\":true"),
     HELLO "> STARTTLS\n< 220\n! close\n"},
    {"QUIT that hangs", ALWAYS("\"quit\"", "\"hang\":true"), HELLO "> QUIT\n.\n! hang\n"},
    {"QUIT without a reply", ALWAYS("\"quit\"", "\"delay\":\"1s\""),
     HELLO "> QUIT\n! delay 1s\ngo\n< 221\n! close\n"},
    {"log", ALWAYS("\"mail\"", "\"log\":\"seen one\""),
     HELLO MAIL("a@s.test") "< 250\nlog \"effect\":\"log\",\"text\":\"seen one\"\n"},
    {"an effect that lasts",
     RULE("\"mail\"", "\"sender\":\"bad@*\"",
          "\"reply\":\"450 {remaining}\",\"for\":\"10m\",\"by\":\"source-ip\""),
     HELLO MAIL("a@s.test") "< 250\n> RSET\n< 250\n" MAIL("bad@s.test") "< 450 600\n+ 4m\n" MAIL(
         "a@s.test") "< 450 360\n+ 6m\n" MAIL("a@s.test") "< 250\nnew 192.0.2.77\n< 220\n> HELO "
                                                          "c\n< 250\n" MAIL("a@s.test") "< 250\n"},
    {"going on",
     "\"rules\":[{\"name\":\"slow\",\"at\":\"mail\",\"then\":{\"delay\":\"5s\"},\"continue\":true},"
     "{\"name\":\"no\",\"at\":\"mail\",\"when\":{\"sender\":\"x@*\"},\"then\":{\"reply\":\"450 "
     "x\"}}]",
     HELLO MAIL("x@s.test") "! delay 5s\ngo\n< 450\n" MAIL(
         "y@s.test") "! delay 5s\ngo\n< 250\nfired 2 slow\nfired 1 no\n"},
    {"the first decides",
     "\"rules\":[{\"name\":\"one\",\"at\":\"mail\",\"when\":{\"sender\":\"x@*\"},\"then\":{"
     "\"reply\":\"450 1\"}},"
     "{\"name\":\"two\",\"at\":\"mail\",\"then\":{\"reply\":\"450 2\"}}]",
     HELLO MAIL("x@s.test") "< 450 1\n" MAIL("y@s.test") "< 450 2\nfired 1 one\nfired 1 two\n"},
    {"own rules before the profile's",
     "\"profile\":\"greylisting/postgrey\",\"rules\":[{\"name\":\"friend\",\"at\":\"rcpt\","
     "\"when\":{\"sender\":\"friend@*\"},\"then\":{\"reply\":\"250 2.1.5 welcome\"}}]",
     HELLO MAIL("friend@s.test") "< 250\n" RCPT("b@a.test") "< 250 2.1.5 welcome\n> RSET\n< "
                                                            "250\n" MAIL("a@s.test") "< 250\n" RCPT(
                                                                "b@a.test") "< 450 4.2.0\nfired 1 "
                                                                            "postgrey\n"},
    {"another profile from now on",
     "\"rules\":[{\"name\":\"suspect\",\"at\":\"ehlo\",\"when\":{\"helo\":\"bad.*\"},"
     "\"then\":{\"profile\":\"greylisting/postgrey\"}}]",
     "new\n< 220\n> HELO bad.test\n< 250\n" MAIL("a@s.test") "< 250\n" RCPT(
         "b@a.test") "< 450 4.2.0\n" HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "< 250\n"},
};

START_TEST(test_conditions)
{
    for (size_t i = 0; i < sizeof CONDITIONS / sizeof CONDITIONS[0]; i++)
        play_case(&CONDITIONS[i]);
}
END_TEST

START_TEST(test_actions)
{
    for (size_t i = 0; i < sizeof ACTIONS / sizeof ACTIONS[0]; i++)
        play_case(&ACTIONS[i]);
}
END_TEST

static const struct play_case MORE[] = {
    {"days of the week", RULE("\"mail\"", "\"calendar\":\"tue..wed\"", "\"reply\":\"450 x\""),
     HELLO MAIL("a@s.test") "< 250\n> RSET\n< 250\n+ 24h\n" MAIL("a@s.test") "< 450\n+ 24h\n" MAIL(
         "a@s.test") "< 450\n+ 24h\n" MAIL("a@s.test") "< 250\n"},
    {"over the end of a week", RULE("\"mail\"", "\"calendar\":\"sun..mon\"", "\"reply\":\"450 x\""),
     HELLO MAIL("a@s.test") "< 450\n+ 24h\n" MAIL("a@s.test") "< 250\n"},
    {"dates",
     RULE("\"mail\"", "\"calendar\":[\"2026-03-01\",\"2026-03-03..2026-03-04\"]",
          "\"reply\":\"450 x\""),
     HELLO MAIL("a@s.test") "< 250\n> RSET\n< 250\n+ 15h\n" MAIL("a@s.test") "< 450\n+ 47h\n" MAIL(
         "a@s.test") "< 450\n+ 1h\n" MAIL("a@s.test") "< 250\n"},
    {"parameters", RULE("\"mail\"", "\"parameters\":{\"SIZE\":\"1*\"}", "\"reply\":\"450 x\""),
     HELLO "> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n> MAIL FROM:<a@s.test> "
           "SIZE=200\n< 250\n"
           "> RSET\n< 250\n> MAIL FROM:<a@s.test> SIZE=100\n< 450\n"},
    {"accepted messages by the domain of a link, which not each has",
     RULE("\"data-end\"", "\"rate\":{\"of\":\"accepted\",\"by\":\"url-domain\",\"over\":\"1/1h\"}",
          "\"reply\":\"450 x\""),
     HELLO WITH_BODY("plain", "250") WITH_BODY("plain", "250") WITH_BODY("http://One.test/a", "250")
         WITH_BODY("see http://one.test/b", "450") WITH_BODY("http://two.test/", "250")},
    {"the author's domain",
     RULE("\"data-end\"", "\"rate\":{\"of\":\"bytes\",\"by\":\"from-domain\",\"over\":\"30/1h\"}",
          "\"reply\":\"450 x\""),
     HELLO MAIL("a@s.test") "< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n> From: A "
                            "<a@One.test>\n> .\n< 250\n" MAIL(
                                "a@s.test") "< 250\n> RCPT "
                                            "TO:<b@a.test>\n< 250\n> "
                                            "DATA\n< 354\n> From: "
                                            "b@two.test\n> .\n< "
                                            "250\n" MAIL("c@s.test") "< 250\n> "
                                                                     "RCPT "
                                                                     "TO:<b@a."
                                                                     "test>\n< "
                                                                     "250\n> "
                                                                     "DATA\n< "
                                                                     "354\n> "
                                                                     "From: "
                                                                     "c@one."
                                                                     "test\n> "
                                                                     ".\n< "
                                                                     "450\n"},
    {"a limit of recipients and messages",
     ALWAYS("\"ehlo\"", "\"limit\":{\"recipients\":1,\"messages\":1}"),
     HELLO MAIL("a@s.test") "< 250\n> RCPT TO:<b@a.test>\n< 250\n> RCPT TO:<c@a.test>\n< 452 \n> "
                            "DATA\n< 354\n> x\n> .\n"
                            "< 250\n" MAIL("a@s.test") "< 421\n! close\n"},
    {"a limit of size", ALWAYS("\"banner\"", "\"limit\":{\"size\":\"100B\"}"),
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-SIZE 100\n< 250-\n< 250-\n< 250 \n> MAIL "
     "FROM:<a@s.test> SIZE=101\n< 552\n"},
    {"a limit of commands", ALWAYS("\"banner\"", "\"limit\":{\"commands\":2}"),
     HELLO "> NOOP\n< 250\n> NOOP\n< 421\n! close\n"},
    {"a call back", ALWAYS("\"rcpt\"", "\"call-back\":{\"refuse\":\"550 5.1.8 nobody\"}"),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") ".\n! call\ncalled 2\n< 250 \n" RCPT(
         "c@a.test") "called 5\n< 550 5.1.8 nobody\n" RCPT("d@a.test") "called 0\n< 450 4.1.7\n> "
                                                                       "DATA\n< 354\n> x\n> .\n< "
                                                                       "250\nlog "
                                                                       "\"to\":[\"b@a.test\"]\nlog "
                                                                       "\"kind\":\"call-back\"\n"},
    {"no recipient is left behind a call back", ALWAYS("\"rcpt\"", "\"call-back\":true"),
     HELLO MAIL("a@s.test") "< 250\n" RCPT("b@a.test") "called 5\n< 550 5.1.0\n> DATA\n< 554\n"},
    {"nobody is called back for a bounce", ALWAYS("\"rcpt\"", "\"call-back\":true"),
     HELLO MAIL("") "< 250\n" RCPT("b@a.test") "< 250\n"},
    {"two class codes in one reply", ALWAYS("\"mail\"", "\"corrupt\":\"mixed-codes\""),
     HELLO MAIL("a@s.test") "< 450-\n< 250 \n.\n"},
    {"a reply twice", ALWAYS("\"mail\"", "\"corrupt\":\"twice\""),
     HELLO MAIL("a@s.test") "< 250 \n< 250 \n.\n"},
    {"a long reply", ALWAYS("\"mail\"", "\"corrupt\":\"long\""),
     HELLO MAIL("a@s.test") "< 250 Sender ok xxxx\n.\n"},
    {"8-bit text in a reply", ALWAYS("\"mail\"", "\"corrupt\":\"eight-bit\""),
     HELLO MAIL("a@s.test") "< 250 Sender ok (n\xe4her)\n.\n"},
};

/* Spoiled ends of lines, as the bytes are. */
START_TEST(test_replies_without_a_good_end)
{
    static const struct {
        const char *kind;
        const char *said;
        size_t len;
    } ENDS[] = {
        {"bare-lf", "250 Sender ok\n", 14},
        {"no-end", "250 Sender ok", 13},
        {"nul", "250 \0Sender ok\r\n", 16},
    };
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        struct play play;
        char *settings = mem_text_format(
            "\"rules\":[{\"at\":\"mail\",\"then\":{\"corrupt\":\"%s\"}}]", ENDS[i].kind);
        play_open(&play, ENDS[i].kind, settings);
        play_script(&play, HELLO MAIL("a@s.test"));
        ck_assert_msg(slice_equal(buf_slice(&play.said), slice_from(ENDS[i].said, ENDS[i].len)),
                      "%s: \"%s\"", ENDS[i].kind, buf_text(&play.said));
        play_close(&play);
        free(settings);
    }
}
END_TEST

START_TEST(test_more_conditions_and_actions)
{
    for (size_t i = 0; i < sizeof MORE / sizeof MORE[0]; i++)
        play_case(&MORE[i]);
}
END_TEST

static unsigned count_refused(unsigned seed_steps)
{
    struct play play;
    unsigned refused = 0;
    play_open(&play, "probability",
              RULE("\"mail\"", "\"probability\":\"30%\"", "\"reply\":\"450 x\""));
    play_script(&play, HELLO);
    for (unsigned i = 0; i < seed_steps; i++) {
        play_script(&play, MAIL("a@s.test"));
        refused += buf_text(&play.said)[0] == '4';
        buf_reset(&play.said);
        play_script(&play, "> RSET\n< 250\n");
    }
    play_close(&play);
    return refused;
}

START_TEST(test_probability_is_seeded)
{
    unsigned refused = count_refused(1000);
    ck_assert_uint_ge(refused, 250);
    ck_assert_uint_le(refused, 350);
    ck_assert_uint_eq(refused, count_refused(1000));
}
END_TEST

START_TEST(test_a_delay_is_drawn_from_its_range)
{
    struct play play;
    play_open(&play, "range", ALWAYS("\"mail\"", "\"delay\":\"20s..40s\""));
    play_script(&play, HELLO);
    int64_t first_us = 0;
    bool differs = false;
    for (int i = 0; i < 20; i++) {
        play_script(&play, MAIL("a@s.test"));
        int64_t delay_us = mx_session_delay_us(play.session);
        ck_assert_int_ge(delay_us, 20 * TIME_SECOND);
        ck_assert_int_le(delay_us, 40 * TIME_SECOND);
        differs |= first_us != 0 && delay_us != first_us;
        first_us = delay_us;
        play_script(&play, "go\n< 250\n> RSET\n< 250\n");
    }
    ck_assert(differs);
    play_close(&play);
}
END_TEST

START_TEST(test_drip)
{
    struct play play;
    play_open(&play, "drip", ALWAYS("\"mail\"", "\"drip\":7"));
    play_script(&play, HELLO);
    mx_session_feed(play.session, play.now_us, SLICE("MAIL FROM:<a@s.test>\r\nNOOP\r\n"));
    ck_assert_int_eq(mx_session_drip(play.session), 7);
    ck_assert(slice_is(buf_slice(mx_session_output(play.session)), "250 Sender ok\r\n"));
    ck_assert_uint_eq(mx_session_feed(play.session, play.now_us, SLICE("NOOP\r\n")), 0);
    play_close(&play);
}
END_TEST

/* Hosts of one provider count together, others do not. */
START_TEST(test_providers_share_their_state)
{
    static const char HOST[] = "{\"provider\":\"p\",\"profile\":\"greylisting/postgrey\"}";
    struct err err;
    struct arena arena = {0};
    char *json = mem_text_format("{\"a.test\":%s,\"b.test\":%s,\"c.test\":{}}", HOST, HOST);
    struct spec_document *document = spec_document_parse("x", slice_of(json), &err);
    struct mx_model *model;
    ck_assert_msg(mx_spec_parse(spec_root(document), ".", 1, &arena, &model, &err) == 0, "%s",
                  err.text);
    struct mx_host *a = mx_model_find_host(model, "a.test");
    struct mx_host *b = mx_model_find_host(model, "b.test");
    struct mx_host *c = mx_model_find_host(model, "c.test");
    ck_assert_ptr_eq(mx_model_state(model, a, 10), mx_model_state(model, b, 10));
    ck_assert_ptr_ne(mx_model_state(model, a, 10), mx_model_state(model, c, 10));
    ck_assert_ptr_eq(mx_model_state(model, c, 10), mx_model_state(model, c, 10));
    mx_model_release(&model);
    spec_document_free(&document);
    arena_deinit(&arena);
    free(json);
}
END_TEST

UNIT_MAIN(test_conditions, test_actions, test_more_conditions_and_actions,
          test_replies_without_a_good_end, test_probability_is_seeded,
          test_a_delay_is_drawn_from_its_range, test_drip, test_providers_share_their_state)
