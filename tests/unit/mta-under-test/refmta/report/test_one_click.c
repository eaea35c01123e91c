#include "mta-under-test/refmta/report/one_click.h"

#include "tests/unit/unit.h"

static const char *const SENDERS[] = {"news@*"};
static const struct one_click OURS = {SENDERS, 1, "https://mail.s.test/u", {"secret", 6}};
static const struct one_click OTHER = {SENDERS, 1, "https://mail.s.test/u", {"guess", 5}};

/* The token of the fields that are written for the recipient. */
static struct slice token_of(const char *recipient, struct buf *fields)
{
    one_click_write(&OURS, recipient, fields);
    struct slice rest = buf_slice(fields);
    struct slice start = SLICE("List-Unsubscribe:\r\n <https://mail.s.test/u/");
    ck_assert(slice_starts_with(rest, start));
    ck_assert(slice_ends_with_nocase(
        rest, SLICE(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")));
    rest = slice_skip(rest, start.len);
    return slice_first(rest, slice_find(rest, '>'));
}

START_TEST(a_token_tells_its_recipient)
{
    struct buf fields;
    struct buf recipient;
    buf_init(&fields, 4096);
    buf_init(&recipient, 512);
    struct slice token = token_of("o'neil+x@y.test", &fields);
    ck_assert(one_click_read(&OURS, token, &recipient));
    ck_assert_str_eq(buf_text(&recipient), "o'neil+x@y.test");
    buf_deinit(&fields);
    buf_deinit(&recipient);
}
END_TEST

START_TEST(nobody_else_makes_one)
{
    static const char *const BAD[] = {"",
                                      "0",
                                      "zz",
                                      "00000000000000000000000000000000",
                                      "000000000000000000000000000000006140622e63",
                                      "0000000000000000000000000000000061406"};
    struct buf fields;
    struct buf recipient;
    buf_init(&fields, 4096);
    struct slice token = token_of("a@b.test", &fields);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        buf_init(&recipient, 512);
        ck_assert_msg(!one_click_read(&OURS, slice_of(BAD[i]), &recipient), "%s", BAD[i]);
        buf_deinit(&recipient);
    }
    buf_init(&recipient, 512);
    ck_assert(!one_click_read(&OTHER, token, &recipient));
    buf_deinit(&recipient);
    buf_init(&recipient, 512);
    ck_assert(!one_click_read(&OURS, slice_first(token, token.len - 2), &recipient));
    buf_deinit(&recipient);
    buf_deinit(&fields);
}
END_TEST

START_TEST(a_request_has_the_body_of_the_rfc)
{
    ck_assert(one_click_is_request(SLICE("List-Unsubscribe=One-Click")));
    ck_assert(one_click_is_request(SLICE("List-Unsubscribe=One-Click\r\n")));
    ck_assert(!one_click_is_request(SLICE("")));
    ck_assert(!one_click_is_request(SLICE("List-Unsubscribe=Yes")));
}
END_TEST

static bool is_offered(const char *sender, unsigned recipients, const char *text)
{
    struct envelope envelope;
    struct buf content;
    envelope_init(&envelope);
    envelope_set_sender(&envelope, slice_of(sender));
    for (unsigned i = 0; i < recipients; i++)
        envelope_add_recipient(&envelope, SLICE("a@b.test"));
    buf_init(&content, 4096);
    buf_format(&content, "Received: x\r\n%s", text);
    one_click_offer(&OURS, &envelope, &content, strlen("Received: x\r\n"));
    bool result = strstr(buf_text(&content), "\r\nList-Unsubscribe-Post: ") != NULL;
    ck_assert(strncmp(buf_text(&content), "Received: x\r\n", 13) == 0);
    ck_assert(slice_ends_with_nocase(buf_slice(&content), slice_of(text)));
    buf_deinit(&content);
    envelope_deinit(&envelope);
    return result;
}

START_TEST(newsletters_to_one_reader_offer_it)
{
    ck_assert(is_offered("news@s.test", 1, "Subject: x\r\n\r\nList-Unsubscribe: in the body\r\n"));
    ck_assert(!is_offered("shop@s.test", 1, "Subject: x\r\n\r\n"));
    ck_assert(!is_offered("news@s.test", 2, "Subject: x\r\n\r\n"));
    ck_assert(!is_offered("news@s.test", 1, "list-unsubscribe: <mailto:u@s.test>\r\n\r\n"));
}
END_TEST

UNIT_MAIN(newsletters_to_one_reader_offer_it, a_token_tells_its_recipient, nobody_else_makes_one,
          a_request_has_the_body_of_the_rfc)
