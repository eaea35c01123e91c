#include "sim/policy/http_request.h"

#include "tests/unit/unit.h"

/* Feeds a request in pieces of `step` bytes. */
static enum http_step feed(struct http_reader *reader, const char *text, size_t step)
{
    struct slice rest = slice_of(text);
    enum http_step result = HTTP_STEP_MORE;
    http_reader_init(reader);
    while (rest.len > 0) {
        result = http_reader_feed(reader, slice_first(rest, step));
        rest = slice_skip(rest, step);
    }
    return result;
}

START_TEST(test_requests_are_read_whatever_the_pieces)
{
    static const char GET[] = "GET /.well-known/mta-sts.txt?x=1 HTTP/1.1\r\nHost: a.test\r\n"
                              "User-Agent: me/1\r\n\r\n";
    for (size_t step = 1; step < sizeof GET; step++) {
        struct http_reader reader;
        ck_assert_int_eq(feed(&reader, GET, step), HTTP_STEP_DONE);
        ck_assert(slice_is(reader.request.method, "GET"));
        ck_assert(slice_is(reader.request.path, "/.well-known/mta-sts.txt"));
        ck_assert(slice_is(reader.request.target, "/.well-known/mta-sts.txt?x=1"));
        ck_assert(slice_is(reader.request.host, "a.test"));
        ck_assert(slice_is(reader.request.user_agent, "me/1"));
        ck_assert_uint_eq(reader.request.body.len, 0);
        http_reader_deinit(&reader);
    }
}
END_TEST

START_TEST(test_bodies_by_length_and_in_chunks)
{
    static const char *const POSTS[] = {
        "POST /v1 HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world",
        ("POST /v1 HTTP/1.1\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"),
        "POST /v1 HTTP/1.1\nContent-Type: text/plain\nContent-Length: 11\n\nhello world",
    };
    for (size_t i = 0; i < sizeof POSTS / sizeof POSTS[0]; i++) {
        for (size_t step = 1; step < 40; step++) {
            struct http_reader reader;
            ck_assert_int_eq(feed(&reader, POSTS[i], step), HTTP_STEP_DONE);
            ck_assert(slice_is(reader.request.body, "hello world"));
            ck_assert(slice_is(reader.request.content_type, "text/plain"));
            http_reader_deinit(&reader);
        }
    }
}
END_TEST

START_TEST(test_what_is_no_request_is_refused)
{
    static const struct {
        const char *text;
        int status;
    } CASES[] = {
        {"GET\r\n\r\n", 400},
        {"GET http://a.test/ HTTP/1.1\r\n\r\n", 400},
        {"G@T / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\n\r\n", 505},
        {"GET / HTTP/1.1 x\r\n\r\n", 505},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", 413},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct http_reader reader;
        ck_assert_msg(feed(&reader, CASES[i].text, 1000) == HTTP_STEP_BAD, "%s", CASES[i].text);
        ck_assert_msg(reader.status == CASES[i].status, "%s: %d", CASES[i].text, reader.status);
        ck_assert_int_eq(http_reader_feed(&reader, SLICE("more")), HTTP_STEP_BAD);
        http_reader_deinit(&reader);
    }
}
END_TEST

START_TEST(test_endless_headers_and_bodies_end)
{
    struct http_reader reader;
    enum http_step step = HTTP_STEP_MORE;
    http_reader_init(&reader);
    step = http_reader_feed(&reader, SLICE("GET / HTTP/1.1\r\n"));
    for (int i = 0; i < 10000 && step == HTTP_STEP_MORE; i++)
        step = http_reader_feed(&reader, SLICE("X: aaaaaaaaaaaaaaaaaaaa\r\n"));
    ck_assert_int_eq(step, HTTP_STEP_BAD);
    ck_assert_int_eq(reader.status, 431);
    http_reader_deinit(&reader);

    http_reader_init(&reader);
    step =
        http_reader_feed(&reader, SLICE("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
    char *chunk = mem_alloc(0x10000 + 1);
    memset(chunk, 'a', 0x10000);
    for (int i = 0; i < 1000 && step == HTTP_STEP_MORE; i++) {
        step = http_reader_feed(&reader, SLICE("10000\r\n"));
        if (step == HTTP_STEP_MORE)
            step = http_reader_feed(&reader, slice_of(chunk));
        if (step == HTTP_STEP_MORE)
            step = http_reader_feed(&reader, SLICE("\r\n"));
    }
    free(chunk);
    ck_assert_int_eq(step, HTTP_STEP_BAD);
    ck_assert_int_eq(reader.status, 413);
    http_reader_deinit(&reader);
}
END_TEST

START_TEST(test_a_client_may_wait_for_100)
{
    struct http_reader reader;
    http_reader_init(&reader);
    ck_assert_int_eq(http_reader_feed(&reader, SLICE("POST / HTTP/1.1\r\nExpect: 100-continue\r\n"
                                                     "Content-Length: 2\r\n")),
                     HTTP_STEP_MORE);
    ck_assert(!http_reader_has_head(&reader));
    ck_assert_int_eq(http_reader_feed(&reader, SLICE("\r\n")), HTTP_STEP_MORE);
    ck_assert(http_reader_has_head(&reader) && reader.request.expects_continue);
    ck_assert_int_eq(http_reader_feed(&reader, SLICE("ok")), HTTP_STEP_DONE);
    http_reader_deinit(&reader);
}
END_TEST

UNIT_MAIN(test_requests_are_read_whatever_the_pieces, test_bodies_by_length_and_in_chunks,
          test_what_is_no_request_is_refused, test_endless_headers_and_bodies_end,
          test_a_client_may_wait_for_100)
