#include "mta-under-test/refmta/server/server_content.h"

#include "tests/unit/unit.h"

struct outcome {
    bool done;
    enum server_content_fault fault;
    char content[256];
    char left[256];
};

/* Feeds the text in parts of `part` bytes. */
static struct outcome feed(const char *text, size_t text_len, size_t part)
{
    struct outcome outcome = {.done = false};
    struct server_content content;
    struct buf in;
    struct buf out;
    buf_init(&in, 1 << 16);
    buf_init(&out, sizeof outcome.content - 1);
    server_content_init(&content, &out);
    for (size_t at = 0; at < text_len; at += part) {
        buf_add(&in, text + at, text_len - at < part ? text_len - at : part);
        if (!outcome.done)
            outcome.done = server_content_feed(&content, &in);
    }
    outcome.fault = content.fault;
    if (out.len > 0)
        memcpy(outcome.content, out.data, out.len);
    if (in.len > 0)
        memcpy(outcome.left, in.data, in.len);
    buf_deinit(&in);
    buf_deinit(&out);
    return outcome;
}

START_TEST(content_ends_at_the_lone_dot_only)
{
    static const struct {
        const char *text;
        bool done;
        enum server_content_fault fault;
        const char *content;
        const char *left;
    } CASES[] = {
        {"a\r\n.\r\nQUIT\r\n", true, SERVER_CONTENT_GOOD, "a\r\n", "QUIT\r\n"},
        {".\r\nQUIT\r\n", true, SERVER_CONTENT_GOOD, "", "QUIT\r\n"},
        {"..a\r\n.b\r\n.\r\n", true, SERVER_CONTENT_GOOD, ".a\r\nb\r\n", ""},
        {"...\r\n.\r\n", true, SERVER_CONTENT_GOOD, "..\r\n", ""},
        {"a\n.\n", false, SERVER_CONTENT_BARE_LF, "", ""},
        {"a\r\n.\n", false, SERVER_CONTENT_BARE_LF, "a\r\n", ""},
        {"a\n.\r\n", false, SERVER_CONTENT_BARE_LF, "", ""},
        {"a\n.\r\nMAIL\r\n.\r\nx", true, SERVER_CONTENT_BARE_LF, "", "x"},
        {"a\r.\r\n.\r\n", true, SERVER_CONTENT_BARE_CR, "", ""},
        {"a\r\r\n.\r\n", true, SERVER_CONTENT_BARE_CR, "", ""},
        {"a\r\n\r.\r\n.\r\n", true, SERVER_CONTENT_BARE_CR, "a\r\n", ""},
        {"a.\r\n", false, SERVER_CONTENT_GOOD, "a.\r\n", ""},
        {"a\r\n. \r\n.\r\n", true, SERVER_CONTENT_GOOD, "a\r\n \r\n", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        size_t len = strlen(CASES[i].text);
        for (size_t part = 1; part <= len; part++) {
            struct outcome outcome = feed(CASES[i].text, len, part);
            ck_assert_msg(outcome.done == CASES[i].done, "case %zu in parts of %zu", i, part);
            ck_assert_int_eq(outcome.fault, CASES[i].fault);
            ck_assert_str_eq(outcome.content, CASES[i].content);
            ck_assert_str_eq(outcome.left, CASES[i].left);
        }
    }
}
END_TEST

START_TEST(too_much_is_noted_and_the_end_still_found)
{
    char text[1024];
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 5, "\r\n.\r\n", 5);
    struct outcome outcome = feed(text, sizeof text, 100);
    ck_assert(outcome.done);
    ck_assert_int_eq(outcome.fault, SERVER_CONTENT_TOO_LARGE);
}
END_TEST

START_TEST(headers_are_counted_until_the_empty_line)
{
    struct server_content content;
    struct buf in;
    struct buf out;
    buf_init(&in, 4096);
    buf_init(&out, 4096);
    server_content_init(&content, &out);
    buf_add_text(&in, "Received: a\r\nreceived: b\r\n more\r\nDate: x\r\nMESSAGE-ID: y\r\n\r\n"
                      "Received: not this\r\n.\r\n");
    ck_assert(server_content_feed(&content, &in));
    server_content_end(&content, 0);
    ck_assert_uint_eq(content.received_count, 2);
    ck_assert(!content.has_8bit);
    buf_deinit(&in);
    buf_deinit(&out);
}
END_TEST

START_TEST(long_lines_without_end_are_taken_in_parts)
{
    struct server_content content;
    struct buf in;
    struct buf out;
    buf_init(&in, 1 << 17);
    buf_init(&out, 1 << 20);
    server_content_init(&content, &out);
    char part[1000];
    memset(part, '.', sizeof part);
    for (unsigned i = 0; i < 100; i++) {
        buf_add(&in, part, sizeof part);
        ck_assert(!server_content_feed(&content, &in));
        ck_assert(in.len <= 10000);
    }
    buf_add_text(&in, "\r");
    ck_assert(!server_content_feed(&content, &in));
    buf_add_text(&in, "\n.\r\n");
    ck_assert(server_content_feed(&content, &in));
    ck_assert_int_eq(content.fault, SERVER_CONTENT_GOOD);
    ck_assert_uint_eq(out.len, 100 * sizeof part - 1 + 2);
    buf_deinit(&in);
    buf_deinit(&out);
}
END_TEST

START_TEST(bare_newlines_can_be_made_whole)
{
    struct server_content content;
    struct buf in;
    struct buf out;
    buf_init(&in, 1000);
    buf_init(&out, 1000);
    server_content_init(&content, &out);
    content.normalises = true;
    buf_add_text(&in, "a\nb\rc\n.\r\nd\r\n.\n.\r\r\n.\r\nQUIT\r\n");
    ck_assert(server_content_feed(&content, &in));
    ck_assert_int_eq(content.fault, SERVER_CONTENT_GOOD);
    ck_assert_str_eq(buf_text(&out), "a\r\nb\r\nc\r\n.\r\nd\r\n\r\n.\r\n\r\n");
    ck_assert_str_eq(buf_text(&in), "QUIT\r\n");
    buf_deinit(&in);
    buf_deinit(&out);
}
END_TEST

START_TEST(long_lines_are_found)
{
    for (size_t len = 10; len <= 11; len++) {
        struct server_content content;
        struct buf in;
        struct buf out;
        buf_init(&in, 1000);
        buf_init(&out, 1000);
        server_content_init(&content, &out);
        content.line_bytes_max = 10;
        buf_format(&in, "a\r\n%.*s\r\nb\r\n.\r\n", (int)len, "xxxxxxxxxxxx");
        ck_assert(server_content_feed(&content, &in));
        ck_assert_int_eq(content.fault, len <= 10 ? SERVER_CONTENT_GOOD : SERVER_CONTENT_LONG_LINE);
        buf_deinit(&in);
        buf_deinit(&out);
    }
}
END_TEST

UNIT_MAIN(bare_newlines_can_be_made_whole, long_lines_are_found, content_ends_at_the_lone_dot_only,
          too_much_is_noted_and_the_end_still_found, headers_are_counted_until_the_empty_line,
          long_lines_without_end_are_taken_in_parts)
