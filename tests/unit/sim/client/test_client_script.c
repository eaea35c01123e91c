#include "sim/client/client_script.h"

#include "tests/unit/unit.h"

static struct spec_document *document;
static struct arena arena;
static struct client_list list;
static struct err err;

static int parse(const char *json)
{
    document = spec_document_parse("x.json", slice_of(json), &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    list = (struct client_list){.count = 0};
    return client_list_parse(spec_root(document), &arena, &list, &err);
}

static void end(void)
{
    client_list_release(&list);
    arena_deinit(&arena);
    spec_document_free(&document);
}

START_TEST(a_dialogue)
{
    struct buf text;
    ck_assert_msg(
        parse("[{\"id\": \"a\", \"from\": \"203.0.113.9\", \"at\": \"1m\", \"port\": 465,"
              "\"tls\": \"implicit\", \"dialogue\": [\"EHLO x\", {\"wait\": \"5s\", \"send\":"
              " \"y\", \"times\": 3, \"every\": \"1s\", \"hear\": \"4*\", \"closed\": true},"
              "{\"say\": \"STARTTLS\", \"tls\": true}]}]") == 0,
        "%s", err.text);
    const struct client_script *script = &list.items[0];
    ck_assert_uint_eq(script->step_count, 3);
    ck_assert(script->is_tls && script->has_source && script->port == 465);
    ck_assert(script->steps[0].is_line && script->steps[0].hears && script->steps[0].reply == NULL);
    ck_assert(!script->steps[1].is_line && script->steps[1].closed && script->steps[1].times == 3);
    ck_assert(pattern_matches(script->steps[1].reply, SLICE("421 bye")));
    ck_assert(script->steps[2].begins_tls && !script->steps[2].hears);
    buf_init(&text, 1000);
    client_list_explain(&list, &text);
    ck_assert_str_eq(buf_text(&text),
                     "\nClients that speak to the server:\n"
                     "  a: from 203.0.113.9 to port 465 in TLS, after 1m, 3 steps\n");
    buf_deinit(&text);
    end();
}
END_TEST

START_TEST(a_login_with_a_certificate)
{
    struct buf text;
    ck_assert_msg(parse("[{\"id\": \"a\", \"port\": 587, \"certificate\": {\"name\": "
                        "\"ann@b.test\", \"identity\": \"expired\"}, \"dialogue\": [{\"say\": "
                        "\"STARTTLS\", \"hear\": \"220 *\", \"tls\": true}, {\"login\": "
                        "{\"mechanism\": \"EXTERNAL\"}, \"hear\": \"535 *\"}]}]") == 0,
                  "%s", err.text);
    const struct client_script *script = &list.items[0];
    ck_assert_str_eq(script->certificate, "ann@b.test");
    ck_assert_int_eq(script->identity, TLS_IDENTITY_EXPIRED);
    ck_assert(script->steps[1].hears && script->steps[1].text == NULL);
    ck_assert_int_eq(script->steps[1].login->mechanism, CLIENT_EXTERNAL);
    buf_init(&text, 1000);
    client_list_explain(&list, &text);
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "to port 587 with a certificate of ann@b.test"));
    buf_deinit(&text);
    end();
}
END_TEST

START_TEST(mistakes)
{
    static const struct {
        const char *json;
        const char *text;
    } CASES[] = {
        {"[{}]", "x.json:1: $[0]: \"id\" is missing"},
        {"[{\"id\": \"a\"}]", "x.json:1: $[0]: \"dialogue\" is missing"},
        {"[{\"id\": \"a b\", \"dialogue\": [\"NOOP\"]}]",
         "$[0].id: expected an id of letters, digits"},
        {"[{\"id\": \"a\", \"dialog\": []}]", "did you mean \"dialogue\"?"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"sey\": \"x\"}]}]", "did you mean \"say\"?"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"say\": \"x\", \"send\": \"y\"}]}]", "not both"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"send\": 1}]}]", "dialogue[0].send: expected a text"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"send\": \"1234567890\", \"times\": 1000000},"
         "{\"send\": \"12345678901234567890123456789012345678901234567890123456789012345678901\","
         " \"times\": 1000000}]}]",
         "dialogue[1]: more than 67108864 bytes in one step"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"say\": \"x\", \"login\": {\"mechanism\": "
         "\"EXTERNAL\"}}]}]",
         "dialogue[0].say: a step with \"login\" says nothing else"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"login\": {\"mechanism\": \"PLAIN\"}}]}]",
         "dialogue[0].login: PLAIN needs"},
        {"[{\"id\": \"a\", \"certificate\": \"a@b.test\", \"dialogue\": [\"NOOP\"]}]",
         "$[0].certificate: a certificate is shown in TLS"},
        {"[{\"id\": \"a\", \"tls\": \"implicit\", \"certificate\": \"a,b\", \"dialogue\": "
         "[\"NOOP\"]}]",
         "$[0].certificate: expected a host name or a mail address"},
        {"[{\"id\": \"a\", \"tls\": \"implicit\", \"certificate\": {\"name\": \"a\", "
         "\"identity\": \"stolen\"}, \"dialogue\": [\"NOOP\"]}]",
         "$[0].certificate.identity"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"hear\": \"/(/\"}]}]", "dialogue[0].hear"},
        {"[{\"id\": \"a\", \"from\": \"x\", \"dialogue\": [\"NOOP\"]}]", "$[0].from"},
        {"[{\"id\": \"a\", \"speaks\": \"http\", \"dialogue\": [\"NOOP\"]}]",
         "$[0]: \"port\" is missing"},
        {"[{\"id\": \"a\", \"speaks\": \"lmtp\", \"dialogue\": [\"NOOP\"]}]", "$[0].speaks"},
        {"[{\"id\": \"a\", \"dialogue\": [{\"post\": \"/v1\"}]}]",
         "$[0].dialogue[0]: only a client that speaks HTTP has requests"},
        {"[{\"id\": \"a\", \"tls\": \"starttls\", \"dialogue\": [\"NOOP\"]}]", "$[0].tls"},
        {"[{\"id\": \"a\", \"dialogue\": [\"NOOP\"]}, {\"id\": \"a\", \"dialogue\": [\"NOOP\"]}]",
         "$[1]: another client has the id \"a\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_int_eq(parse(CASES[i].json), -1);
        ck_assert_msg(strstr(err.text, CASES[i].text) != NULL, "%s: %s", CASES[i].json, err.text);
        end();
    }
}
END_TEST

UNIT_MAIN(a_dialogue, a_login_with_a_certificate, mistakes)
