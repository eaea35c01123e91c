#include "sim/client/client_letters.h"
#include "sim/client/client_request.h"

#include "mta-under-test/base/buf.h"
#include "tests/unit/unit.h"

static struct spec_document *document;
static struct arena arena;
static struct client_list list;
static struct err err;

/* A client that speaks HTTP and has one step. */
static int parse(const char *step)
{
    char *json = mem_text_format("[{\"id\": \"a\", \"speaks\": \"http\", \"port\": 8443, "
                                 "\"dialogue\": [%s]}]",
                                 step);
    document = spec_document_parse("x.json", slice_of(json), &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    list = (struct client_list){.hostname = "mail.a.test"};
    int result = client_list_parse(spec_root(document), &arena, &list, &err);
    free(json);
    return result;
}

static void end(void)
{
    client_list_release(&list);
    arena_deinit(&arena);
    spec_document_free(&document);
}

START_TEST(requests)
{
    static const struct {
        const char *step;
        const char *text;
    } CASES[] = {
        {"{\"get\": \"/health\"}", "GET /health HTTP/1.1\r\nHost: mail.a.test\r\n\r\n"},
        {"{\"post\": \"/v1\", \"headers\": \"X: y\", \"json\": {\"a\": [1, \"b\"]}}",
         "POST /v1 HTTP/1.1\r\nHost: mail.a.test\r\nContent-Type: application/json\r\nX: y\r\n"
         "Content-Length: 13\r\n\r\n{\"a\":[1,\"b\"]}"},
        {"{\"post\": \"/v1\", \"headers\": [\"X: y\", \"Z: 1\"], \"body\": \"{\", \"hear\": \"400 "
         "*\"}",
         "POST /v1 HTTP/1.1\r\nHost: mail.a.test\r\nX: y\r\nZ: 1\r\nContent-Length: 1\r\n\r\n{"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(parse(CASES[i].step) == 0, "%s", err.text);
        const struct client_step *step = &list.items[0].steps[0];
        ck_assert_str_eq(step->text, CASES[i].text);
        ck_assert(step->hears && !step->is_line && step->times == 1 && step->letter == NULL);
        end();
    }
}
END_TEST

static void tell(void *context, const struct client_letter *letter)
{
    buf_format(context, "%s <%s>", letter->id, letter->from);
    for (size_t i = 0; i < letter->to_count; i++)
        buf_format(context, " <%s>", letter->to[i]);
    buf_add_char(context, '\n');
}

START_TEST(mail_in_requests)
{
    static const struct {
        const char *json;
        const char *told;
    } CASES[] = {
        {"{\"from\": \"a@x.test\", \"to\": [\"b@y.test\", \"c@y.test\"], "
         "\"raw\": \"Subject: x\\nx-mailrange-id: m1 \\n\\nhi\"}",
         "m1 <a@x.test> <b@y.test> <c@y.test>\n"},
        {"{\"from\": \"\", \"to\": \"b@y.test\", \"raw\": \"X-Mailrange-Id: m1\\r\\n\\r\\nhi\"}",
         "m1 <> <b@y.test>\n"},
        {"{\"from\": \"a@x.test\", \"to\": \"b@y.test\", \"raw\": \"A: b\\n\\nX-Mailrange-Id: "
         "m1\\n\"}",
         ""},
        {"{\"from\": \"a@x.test\", \"to\": \"b@y.test\", \"text\": \"X-Mailrange-Id: m1\"}", ""},
        {"[1]", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf told;
        buf_init(&told, 1000);
        char *step = mem_text_format("{\"post\": \"/v1\", \"json\": %s}", CASES[i].json);
        ck_assert_msg(parse(step) == 0, "%s", err.text);
        client_letters_visit(&list, tell, &told);
        ck_assert_str_eq(buf_text(&told), CASES[i].told);
        free(step);
        buf_deinit(&told);
        end();
    }
}
END_TEST

START_TEST(mistakes)
{
    static const struct {
        const char *step;
        const char *text;
    } CASES[] = {
        {"\"EHLO x\"", "dialogue[0]: a step of a client that speaks HTTP is an object: {\"post\""},
        {"{\"post\": \"/a\", \"get\": \"/b\"}",
         "dialogue[0].post: a request has \"get\" or \"post\""},
        {"{\"post\": \"a\"}", "dialogue[0].post: expected a path like \"/v1/messages\""},
        {"{\"post\": \"/a b\"}", "expected a path"},
        {"{\"post\": \"/a\", \"jsn\": 1}", "did you mean \"json\"?"},
        {"{\"post\": \"/a\", \"say\": \"x\"}", "dialogue[0].say: unknown key"},
        {"{\"post\": \"/a\", \"json\": 1, \"body\": \"x\"}",
         "dialogue[0].body: a request has \"json\""},
        {"{\"post\": \"/a\", \"body\": 1}", "dialogue[0].body: expected a text"},
        {"{\"post\": \"/a\", \"headers\": [\"A: b\", \"c\"]}",
         "dialogue[0].headers[1]: expected a header line like"},
        {"{\"post\": \"/a\", \"headers\": \"A: b\\r\\nC: d\"}", "expected a header line"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_int_eq(parse(CASES[i].step), -1);
        ck_assert_msg(strstr(err.text, CASES[i].text) != NULL, "%s: %s", CASES[i].step, err.text);
        end();
    }
}
END_TEST

UNIT_MAIN(requests, mail_in_requests, mistakes)
