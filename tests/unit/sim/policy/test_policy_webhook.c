#include "sim/policy/policy_webhook.h"

#include <sys/mman.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

enum { SIGNED_AT_S = 1772442000 };

static const struct policy_webhook WEBHOOK = {.secret = "key", .signature = "X-Signed"};

#define EVENTS                                                                                \
    "[{\"event\":\"delivered\",\"id\":7,\"recipient\":\"ann@a.test\",\"host\":\"mx.a.test\"," \
    "\"status\":\"2.0.0\",\"reply\":\"250 ok\",\"attempts\":2},{\"event\":\"unsubscribed\","  \
    "\"recipient\":\"bob@a.test\"}]"
/* By Python's hmac, over "1772442000." and the body. */
#define EVENTS_HEX "74f2f44ca13504df263dc40540180d79af74b276da911670265968d71c130a76"

static void post(struct http_reader *reader, const char *method, const char *signature,
                 const char *body)
{
    struct buf text;
    buf_init(&text, 10000);
    buf_format(&text, "%s /hook HTTP/1.1\r\nHost: a.test\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
               method, signature != NULL ? "x-signed: " : "", signature != NULL ? signature : "",
               signature != NULL ? "\r\n" : "", strlen(body), body);
    http_reader_init(reader);
    ck_assert_int_eq(http_reader_feed(reader, buf_slice(&text)), HTTP_STEP_DONE);
    buf_deinit(&text);
}

START_TEST(what_is_signed_is_taken)
{
    static const char OBJECT_HEX[] =
        "t=1772442000,v1=b41ac2df96ed2cd5e6e6495c854213016659bf5e79bf55957c24deb9437b8bad";
    static const char NAMELESS_HEX[] =
        "t=1772442000,v1=c31443c20ff86cd4370053ab9fc8e6fe4589429e24dae7ccdc7cf7f71dcbe641";
    static const char NONE_HEX[] =
        "t=1772442000,v1=d804617e03ec05da8a8df17c9024c127168af6e83d30002a1508006495627e2c";
    static const struct {
        const char *method;
        const char *signature;
        const char *body;
        int later_s;
        int status;
        const char *problem;
    } CASES[] = {
        {"POST", "t=1772442000,v1=" EVENTS_HEX, EVENTS, 0, 200, NULL},
        {"POST", "v1=" EVENTS_HEX ", t=1772442000, v0=x", EVENTS, 300, 200, NULL},
        {"POST", NONE_HEX, "[]", -300, 200, NULL},
        {"GET", "t=1772442000,v1=" EVENTS_HEX, EVENTS, 0, 405, "a webhook is a POST"},
        {"POST", NULL, EVENTS, 0, 401, "not signed"},
        {"POST", "t=1772442000", EVENTS, 0, 401, "not signed"},
        {"POST", "t=soon,v1=" EVENTS_HEX, EVENTS, 0, 401, "the time of the signature is none"},
        {"POST", "t=99999999999999999999999,v1=ab", EVENTS, 0, 401,
         "the time of the signature is none"},
        {"POST", "t=1772442000,v1=" EVENTS_HEX, EVENTS, 301, 401,
         "the signature is of another time"},
        {"POST", "t=1772442000,v1=" EVENTS_HEX, EVENTS, -301, 401,
         "the signature is of another time"},
        {"POST", "t=1772442001,v1=" EVENTS_HEX, EVENTS, 0, 401, "the signature does not fit"},
        {"POST", "t=1772442000,v1=" EVENTS_HEX, "[]", 0, 401, "the signature does not fit"},
        {"POST", "t=1772442000,v1=ab", EVENTS, 0, 401, "the signature does not fit"},
        {"POST", OBJECT_HEX, "{\"event\":\"delivered\"}", 0, 400,
         "the body is no JSON array of objects with \"event\""},
        {"POST", NAMELESS_HEX, "[{\"evnt\":\"x\"}]", 0, 400,
         "the body is no JSON array of objects with \"event\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct http_reader reader;
        const char *problem = "";
        post(&reader, CASES[i].method, CASES[i].signature, CASES[i].body);
        int status = policy_webhook_judge(&WEBHOOK, &reader.request,
                                          (SIGNED_AT_S + CASES[i].later_s) * TIME_SECOND, &problem);
        ck_assert_msg(status == CASES[i].status, "case %zu: %d, %s", i, status,
                      problem != NULL ? problem : "");
        ck_assert_pstr_eq(problem, CASES[i].problem);
        http_reader_deinit(&reader);
    }
}
END_TEST

START_TEST(each_event_is_told)
{
    struct http_reader reader;
    struct err err;
    struct buf lines;
    char path[64];
    int fd = memfd_create("events", 0);
    struct event_log *log = event_log_new(dup(fd), time_now_us());
    post(&reader, "POST", NULL, EVENTS);
    policy_webhook_log(log, "hooks.a.test", &reader.request);
    http_reader_deinit(&reader);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    buf_init(&lines, 10000);
    ck_assert_int_eq(file_read(path, &lines, &err), 0);
    ck_assert_ptr_nonnull(strstr(
        buf_text(&lines), "\"kind\":\"webhook\",\"host\":\"hooks.a.test\",\"what\":\"delivered\","
                          "\"id\":7,\"recipient\":\"ann@a.test\",\"remote\":\"mx.a.test\","
                          "\"status\":\"2.0.0\",\"text\":\"250 ok\",\"attempts\":2}\n"));
    ck_assert_ptr_nonnull(
        strstr(buf_text(&lines),
               "\"kind\":\"webhook\",\"host\":\"hooks.a.test\",\"what\":"
               "\"unsubscribed\",\"id\":0,\"recipient\":\"bob@a.test\",\"attempts\":0}\n"));
    buf_deinit(&lines);
    close(fd);
}
END_TEST

START_TEST(mistakes)
{
    static const struct {
        const char *json;
        const char *text;
    } CASES[] = {
        {"{}", "x.json:1: $: \"secret\" is missing"},
        {"{\"secret\": 1}", "$.secret"},
        {"{\"secret\": \"x\", \"signature\": 1}", "$.signature"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err err;
        struct policy_webhook webhook;
        struct spec_document *document =
            spec_document_parse("x.json", slice_of(CASES[i].json), &err);
        ck_assert_int_eq(policy_webhook_read(spec_root(document), &webhook, &err), -1);
        ck_assert_msg(strstr(err.text, CASES[i].text) != NULL, "%s", err.text);
        spec_document_free(&document);
    }
}
END_TEST

UNIT_MAIN(what_is_signed_is_taken, each_event_is_told, mistakes)
