#include "mta-under-test/refmta/http/submission_message.h"

#include "tests/unit/unit.h"

static const struct submission_facts FACTS = {
    .hostname = "mail.s.test", .user = "shop", .id = "1a", .client = "192.0.2.7", .now_us = 0};
static struct envelope envelope;
static struct buf content;
static struct err err;
static size_t trace_bytes;

static int read(const char *json)
{
    envelope_init(&envelope);
    buf_init(&content, 1 << 16);
    return submission_message_read(slice_of(json), &FACTS, &envelope, &content, &trace_bytes, &err);
}

static void done(void)
{
    envelope_deinit(&envelope);
    buf_deinit(&content);
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(buf_text(&content), part) != NULL, "no \"%s\" in: %s", part,
                  buf_text(&content));
}

START_TEST(a_message_is_made)
{
    ck_assert_msg(read("{\"from\": \"a@s.test\", \"to\": [\"b@x.test\", \"c@y.test\"],"
                       "\"subject\": \"Hi\", \"text\": \"one\\ntwo\"}") == 0,
                  "%s", err.text);
    ck_assert_str_eq(envelope.sender, "a@s.test");
    ck_assert_uint_eq(envelope.recipient_count, 2);
    ck_assert_int_eq(strncmp(content.data, "Received: from [192.0.2.7] by mail.s.test", 41), 0);
    ck_assert_int_eq(strncmp(content.data + trace_bytes, "Date: Thu, 01 Jan 1970", 22), 0);
    expect(
        "From: <a@s.test>\r\nMessage-ID: <1a@mail.s.test>\r\nTo: <b@x.test>,\r\n <c@y.test>\r\n");
    expect("Subject: Hi\r\n");
    expect("Content-Transfer-Encoding: 7bit\r\n\r\none\r\ntwo\r\n");
    done();
}
END_TEST

START_TEST(other_scripts_are_encoded)
{
    ck_assert_int_eq(read("{\"from\": \"a@s.test\", \"to\": [\"b@x.test\"],"
                          "\"subject\": \"Gr\\u00fc\\u00dfe\", \"text\": \"\\u00fc\"}"),
                     0);
    expect("Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n");
    expect("Content-Transfer-Encoding: base64\r\n\r\nw7w=\r\n");
    ck_assert_int_eq(envelope.body, ENVELOPE_BODY_7BIT);
    done();
}
END_TEST

START_TEST(a_whole_message_stays_as_it_is)
{
    ck_assert_int_eq(read("{\"from\": \"a@s.test\", \"to\": [\"b@x.test\"],"
                          "\"raw\": \"From: x@s.test\\n\\nbody\\r\\n.\\r\\n\"}"),
                     0);
    ck_assert_str_eq(content.data + trace_bytes, "From: x@s.test\r\n\r\nbody\r\n.\r\n");
    done();
}
END_TEST

START_TEST(mistakes_are_told_with_their_place)
{
    static const char *const CASES[][2] = {
        {"", "message: is empty"},
        {"{}", "needs \"from\""},
        {"{\"from\": \"a\", \"to\": [\"b@x.test\"], \"text\": \"x\"}", "from: expected an address"},
        {"{\"from\": \"a@s.test\", \"to\": [\"b@x.test\", \"<c>\"], \"text\": \"x\"}",
         "to[1]: expected an address"},
        {"{\"from\": \"a@s.test\", \"to\": [], \"text\": \"x\"}", "to: needs at least 1"},
        {"{\"from\": \"a@s.test\", \"to\": [\"b@x.test\"]}", "or \"raw\" alone"},
        {"{\"from\": \"a@s.test\", \"to\": [\"b@x.test\"], \"text\": \"x\","
         "\"subject\": \"a\\r\\nBcc: z@x.test\"}",
         "subject: has a control character"},
        {"{\"from\": \"a@s.test\", \"to\": [\"b@x.test\"], \"raw\": \"a\\rb\"}", "raw: a line"},
        {"{\"from\": \"a@s.test\", \"to\": [\"b@x.test\"], \"txt\": \"x\"}", "did you mean"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(read(CASES[i][0]) == -1, "%s", CASES[i][0]);
        ck_assert_msg(strstr(err.text, CASES[i][1]) != NULL, "%s: %s", CASES[i][0], err.text);
        done();
    }
}
END_TEST

UNIT_MAIN(a_message_is_made, other_scripts_are_encoded, a_whole_message_stays_as_it_is,
          mistakes_are_told_with_their_place)
