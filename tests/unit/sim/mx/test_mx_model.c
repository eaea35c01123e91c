/*
 * Hosts as a scenario has them: what is read, and what is refused with which words.
 */
#include "sim/mx/mx_model.h"

#include "mta-under-test/base/time_text.h"

#include "tests/unit/unit.h"

struct world {
    struct arena arena;
    struct spec_document *document;
    struct mx_model *model;
    struct err err;
};

static int world_read(struct world *world, const char *json)
{
    *world = (struct world){0};
    world->document = spec_document_parse("hosts.json", slice_of(json), &world->err);
    ck_assert_msg(world->document != NULL, "%s: %s", json, world->err.text);
    return mx_spec_parse(spec_root(world->document), ".", 1, &world->arena, &world->model,
                         &world->err);
}

static void world_close(struct world *world)
{
    mx_model_release(&world->model);
    spec_document_free(&world->document);
    arena_deinit(&world->arena);
}

#define RULES(rules) "{\"mx.a.test\":{\"rules\":[" rules "]}}"
#define RULE(at, when, then) RULES("{\"at\":" at ",\"when\":{" when "},\"then\":{" then "}}")
#define LATER "\"reply\":\"451 later\""
/* Two rules behind each other at rcpt, with these conditions. */
#define TWO(one, two)                                                                   \
    RULES("{\"name\":\"one\",\"at\":\"rcpt\",\"when\":{" one "},\"then\":{" LATER "}}," \
          "{\"name\":\"two\",\"at\":\"rcpt\",\"when\":{" two "},\"then\":{" LATER "}}")
#define UNREACHED "rules[1]: \"two\" can never fire: \"one\" stands before it, and decides whenever"

static const struct {
    const char *json;
    const char *words; /* in the message */
} WRONG[] = {
    {"[]", "expected an object"},
    {"{\"mx a.test\":{}}", "no host name"},
    {"{\"MX.a.test\":{},\"mx.a.test.\":{}}", "twice"},
    {"{\"mx.a.test\":{\"bannner\":\"x\"}}", "did you mean \"banner\""},
    {"{\"a.test\":{\"addresses\":[\"198.18.1.1\"]},\"b.test\":{\"addresses\":[\"198.18.1.1\"]}}",
     "that of two hosts, a.test and b.test"},
    {"{\"a.test\":{\"addresses\":[\"198.18.1\"]}}", "address"},
    {"{\"a.test\":{\"profile\":\"greylisting/nothing\"}}", "no profile \"greylisting/nothing\""},
    {"{\"a.test\":{\"profile\":\"../../etc/passwd\"}}", "no profile"},
    {"{\"a.test\":{\"addresses\":\"198.18.0.0/15\"}}", "more than 4096 addresses"},
    {"{\"a.test\":{\"profile\":\"greylisting/postgray\"}}",
     "did you mean \"greylisting/postgrey\"?"},
    {"{\"a.test\":{\"offers\":[\"PIPELINNING\"]}}", "did you mean \"PIPELINING\""},
    {"{\"a.test\":{\"offers\":[\"SIZE x\"]}}", "SIZE BYTES"},
    {"{\"a.test\":{\"tls\":{\"identity\":\"expird\"}}}", "did you mean \"expired\""},
    {"{\"a.test\":{\"tls\":{\"ciphers\":\"AES-128\"}}}",
     ".tls.ciphers: expected ciphers of TLS 1.2 and below that OpenSSL knows"},
    {"{\"a.test\":{\"tls\":{\"suites\":\"AES128-SHA\"}}}",
     ".tls.suites: expected cipher suites of TLS 1.3"},
    {"{\"a.test\":{\"tls\":{\"versions\":\"1.3..1.2\"}}}", "TLS versions"},
    {"{\"a.test\":{\"dane\":\"3 1\"}}", "as \"3 1 1\""},
    {"{\"a.test\":{\"dane\":[{\"of\":\"next\"}]}}", "\"tlsa\" is missing"},
    {"{\"a.test\":{\"dane\":{\"tlsa\":\"3 1 1\",\"of\":\"nxt\"}}}", "did you mean \"next\""},
    {"{\"a.test\":{\"tls\":{\"fault\":\"explode\"}}}", "refuse-454"},
    {"{\"a.test\":{\"addresses\":[\"198.18.1.1\",\"198.18.1.1\"]}}",
     "addresses[1]: the address 198.18.1.1 stands here twice"},
    {"{\"a.test\":{\"tls\":{\"ciphers\":\"NONSENSE\"}}}", "tls.ciphers: expected ciphers"},
    {"{\"a.test\":{\"tls\":{\"suites\":\"NONSENSE\"}}}", "tls.suites: expected cipher suites"},
    {"{\"a.test\":{\"listens\":[26]}}", "25, 465 or 587"},
    {"{\"a.test\":{\"listens\":[24]}}", "LMTP is spoken on port 24, SMTP on the others"},
    {"{\"a.test\":{\"listens\":[24,25],\"protocol\":\"lmtp\"}}",
     "$[\"a.test\"].listens[1]: LMTP is"},
    {"{\"a.test\":{\"protocol\":\"lmpt\"}}", "did you mean \"lmtp\"?"},
    {"{\"a.test\":{\"latency\":\"80\"}}", "80"},
    {RULE("\"mail\"", "\"spf\":\"!pass\"", LATER), "excludes in a list only"},
    {RULE("\"mail\"", "\"calendar\":\"caturday\"", LATER), "expected days"},
    {RULE("\"mail\"", "\"calendar\":\"2026-03-02..2026-03-01\"", LATER), "expected days"},
    {RULE("\"mail\"", "\"parameters\":true", LATER), "expected parameters of MAIL"},
    {RULES("{\"at\":\"mail\",\"then\":{\"corrupt\":\"bare\"}}"), "bare-lf"},
    {RULES("{\"at\":\"mail\",\"then\":{\"corrupt\":\"nul\",\"swallow\":true}}"),
     "contradicts \"corrupt\""},
    {RULES("{\"at\":\"mail\",\"then\":{\"limit\":{}}}"), "limits nothing"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"limit\":{\"messages\":1}}}"),
     "means nothing at stage rcpt"},
    {RULE("\"mail\"", "\"reputation\":{\"of\":\"ip\",\"is\":\"..30\"}", LATER),
     "asks for a reputation, but"},
    {RULE("\"mail\"", "\"reputation\":\"..30\"", LATER), "before the end of the message"},
    {RULES("{\"at\":\"rctp\",\"then\":{" LATER "}}"), "did you mean \"rcpt\""},
    {RULES("{\"at\":[],\"then\":{" LATER "}}"), "never be asked"},
    {RULES("{\"at\":[\"rcpt\",\"rcpt\"],\"then\":{" LATER "}}"), "twice"},
    {RULES("{\"then\":{" LATER "}}"), "at"},
    {RULES("{\"at\":\"rcpt\"}"), "then"},
    {RULES("{\"at\":\"rcpt\",\"then\":{}}"), "does nothing"},
    {RULES("{\"at\":\"rcpt\",\"when\":{},\"then\":{" LATER "}}"), "leave \"when\" out"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"dealy\":\"5s\"}}"), "did you mean \"delay\""},
    {RULE("\"rcpt\"", "\"recipent\":\"x\"", LATER), "did you mean \"recipient\""},
    {RULE("\"mail\"", "\"recipient\":\"x\"", LATER), "\"recipient\" means nothing at stage mail"},
    {RULE("[\"rcpt\",\"connect\"]", "\"sender\":\"x@*\"", LATER), "means nothing at stage connect"},
    {RULE("\"rcpt\"", "\"subject\":\"x\"", LATER), "it is for data-end"},
    {RULE("\"rcpt\"", "\"attempt\":\"..0\"", LATER), "counted from 1"},
    {RULE("\"rcpt\"", "\"attempt\":{\"by\":\"body\",\"is\":\"1\"}", LATER), "not known yet"},
    {RULE("\"mail\"", "\"probability\":\"0%\"", LATER), "never holds"},
    {RULE("\"mail\"", "\"during\":\"18:00..20:00\"", LATER), "stands under \"clock\""},
    {RULE("\"mail\"", "\"clock\":\"10m..20m\"", LATER), "stands under \"during\""},
    {RULE("\"mail\"", "\"source\":[]", LATER), "never holds"},
    {RULE("\"mail\"", "\"tls\":[\"1.4\"]", LATER), "TLS versions"},
    {RULE("\"mail\"", "\"rate\":{\"of\":\"message\",\"over\":\"1/1m\"}", LATER),
     "did you mean \"messages\""},
    {RULE("\"mail\"", "\"rate\":{\"of\":\"messages\",\"over\":\"1\"}", LATER), "100/1m"},
    {RULE("\"rcpt\"", "\"rate\":{\"of\":\"messages\",\"by\":\"recipient\",\"over\":\"1/1m\"}",
          LATER),
     "counted at stage mail, where this key is not known"},
    {RULE("\"mail\"", "\"connections\":{\"by\":\"helo\",\"over\":1}", LATER),
     "source-prefix or all"},
    {RULE("\"rcpt\"", "\"greylist\":{\"delay\":\"2h\",\"window\":\"1h\"}", LATER), "ever pass"},
    {RULE("\"rcpt\"", "\"greylist\":\"3d\"", LATER), "ever pass"},
    {RULE("\"rcpt\"", "\"greylist\":{\"prefix\":\"24\"}", LATER), "24/64"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"reply\":\"later\"}}"), "three digits"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"reply\":\"650 x\"}}"), "no reply code"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"reply\":\"451 {sourceip}\"}}"), "source-ip"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"close\":true,\"hang\":true}}"), "contradicts \"close\""},
    {RULES("{\"at\":\"rcpt\",\"then\":{" LATER ",\"swallow\":true}}"), "contradicts \"reply\""},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"lose-reply\":true}}"), "it is for data-end"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"tls\":\"hang\"}}"), "it is for starttls, tls"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"delay\":\"5s..\"}}"), "how long to wait"},
    {RULES("{\"at\":\"rcpt\",\"then\":{" LATER ",\"by\":\"sender\"}}"), "needs \"for\""},
    {RULES("{\"at\":\"mail\",\"then\":{" LATER ",\"for\":\"5m\",\"by\":\"recipient\"}}"),
     "not known yet"},
    {RULES("{\"name\":\"one\",\"at\":\"rcpt\",\"then\":{" LATER "}},"
           "{\"name\":\"two\",\"at\":\"rcpt\",\"when\":{\"sender\":\"x@*\"},\"then\":{" LATER "}}"),
     "\"two\" can never fire: \"one\" stands before it"},
    {RULES("{\"name\":\"one\",\"at\":\"rcpt\",\"then\":{" LATER "},\"when\":{\"sender\":\"x@*\"}},"
           "{\"name\":\"one\",\"at\":\"rcpt\",\"then\":{" LATER "}}"),
     "called \"one\" already"},
    {"{\"mx.a.test\":{\"offers\":[],\"rules\":[{\"at\":\"starttls\",\"then\":{\"close\":true}}]}}",
     "does not offer STARTTLS"},
    {RULE("\"rcpt\"", "\"recipients\":\"..0\"", LATER), "recipients are counted from 1"},
    {RULE("\"rcpt\"", "\"authenticated\":true", LATER), "when.authenticated: never holds"},
    {RULE("\"rcpt\"", "\"tls\":[\"1.0\",\"TLSv1.1\"]", LATER), "when.tls: never holds"},
    {"{\"mx.a.test\":{\"offers\":[],\"listens\":[25],\"rules\":[{\"at\":\"rcpt\",\"when\":{\"tls\":"
     "true},"
     "\"then\":{" LATER "}}]}}",
     "when.tls: never holds"},
    {RULE("\"rcpt\"", "\"greylist\":{\"by\":\"source-ip\",\"prefix\":\"24/64\"}", LATER),
     "greylist.prefix: says how long"},
    {RULE("\"rcpt\"", "\"attempt\":{\"is\":1,\"prefix\":\"24/64\"}", LATER),
     "attempt.prefix: says how long"},
    {RULE("\"rcpt\"", "\"rate\":{\"of\":\"messages\",\"over\":\"1/1m\",\"prefix\":\"24/64\"}",
          LATER),
     "rate.prefix: says how long"},
    {RULE("\"rcpt\"", "\"greylist\":{\"allow-by\":\"source-ip\"}", LATER),
     "[\"allow-by\"]: nobody is let in altogether without \"allow-after\""},
    {RULES("{\"at\":\"data-end\",\"then\":{\"reply\":\"550 x\",\"junk\":true}}"),
     "junk: contradicts \"reply\""},
    {RULES("{\"at\":\"starttls\",\"then\":{\"reply\":\"454 x\",\"tls\":\"hang\"}}"),
     "tls: contradicts \"reply\""},
    {RULES("{\"at\":\"banner\",\"then\":{\"reply\":\"521 x\",\"teaser\":\"x\"}}"),
     "teaser: contradicts \"reply\""},
    {RULES("{\"at\":\"rcpt\",\"then\":{" LATER ",\"close\":false}}"), "after a 421"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"reply\":\"451 attempt {attempt}\"}}"),
     "reply: {attempt} is known where \"when\" has \"attempt\" or \"age\""},
    {RULES("{\"at\":[\"rcpt\",\"mail\"],\"then\":{\"reply\":\"451 {recipient}\"}}"),
     "reply: {recipient} is not known yet at the stage of the rule"},
    {RULES("{\"at\":\"connect\",\"then\":{\"reply\":\"421 {sender-domain}\"}}"),
     "{sender-domain} is not"},
    {RULES("{\"at\":\"banner\",\"then\":{\"reply\":\"421 {helo}\"}}"), "{helo} is not known"},
    {RULES("{\"at\":\"rcpt\",\"then\":{\"reply\":\"451 {message-id}\"}}"), "{message-id} is not"},
    {"{\"a.test\":{\"offers\":[],\"tls\":{\"fault\":\"refuse-454\"}}}",
     "but the host does not offer it"},
    {"{\"a.test\":{\"profile\":\"tls/stripped\",\"offers\":[\"SIZE\"]}}",
     "but the host does not offer it"},
    {"{\"a.test\":{\"users\":\"!bob\"}}", "users: \"!\" excludes in a list only: write [\"!bob\"]"},
    {RULE("\"rcpt\"", "\"sender\":\"!*@a.test\"", LATER), "excludes in a list only"},
    /* what an earlier rule decides */
    {TWO("\"sender\":\"*@a.test\"", "\"sender\":[\"x@a.test\",\"*@a.test\"]"), UNREACHED},
    {TWO("\"spf\":[\"!pass\"]", "\"spf\":[\"!pass\"],\"helo\":\"x.test\""), UNREACHED},
    {TWO("\"source\":\"192.0.2.0/24\"", "\"source\":[\"192.0.2.9\",\"192.0.2.128/25\"]"),
     UNREACHED},
    {TWO("\"attempt\":\"..5\"", "\"attempt\":\"2..3\""), UNREACHED},
    {TWO("\"age\":\"..1h\"", "\"age\":\"..5m\""), UNREACHED},
    {TWO("\"during\":\"..1h\"", "\"during\":\"5m..10m\""), UNREACHED},
    {TWO("\"clock\":\"18:00..20:00\"", "\"clock\":\"18:00..20:00\""), UNREACHED},
    {TWO("\"size\":\">1MB\"", "\"size\":\">2MB\""), UNREACHED},
    {TWO("\"connections\":10", "\"connections\":20"), UNREACHED},
    {TWO("\"rate\":{\"of\":\"messages\",\"over\":\"10/1m\"}",
         "\"rate\":{\"of\":\"messages\",\"over\":\"100/1m\"}"),
     UNREACHED},
    {TWO("\"probability\":\"100%\"", "\"sender\":\"x@a.test\""), UNREACHED},
};

START_TEST(test_wrong_hosts)
{
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct world world;
        ck_assert_msg(world_read(&world, WRONG[i].json) != 0, "taken: %s", WRONG[i].json);
        ck_assert_msg(strstr(world.err.text, WRONG[i].words) != NULL, "%s\nsays: %s\nnot: %s",
                      WRONG[i].json, world.err.text, WRONG[i].words);
        ck_assert_msg(strncmp(world.err.text, "hosts.json:1: $", 15) == 0, "no place: %s",
                      world.err.text);
        ck_assert_ptr_null(world.model);
        world_close(&world);
    }
}
END_TEST

static const char *const RIGHT[] = {
    "{}",
    /* not unreachable: the first goes on, has a condition, or is for another stage */
    RULES("{\"at\":\"rcpt\",\"then\":{\"delay\":\"1s\"},\"continue\":true},"
          "{\"at\":\"rcpt\",\"then\":{" LATER "}}"),
    RULES("{\"at\":\"mail\",\"then\":{" LATER "}},"
          "{\"at\":[\"mail\",\"rcpt\"],\"then\":{" LATER "}}"),
    /* own rules may stand before all of a profile's */
    "{\"mx.a.test\":{\"profile\":[\"greylisting/postgrey\",\"greylisting/spamd\"],"
    "\"rules\":[{\"at\":\"rcpt\",\"then\":{" LATER "}}]}}",
    /* nor behind one that does not take in all of it, or counts for itself */
    TWO("\"sender\":\"x@a.test\"", "\"sender\":\"*@a.test\""),
    TWO("\"sender\":[\"*@a.test\",\"!y@a.test\"]", "\"sender\":\"x@a.test\""),
    TWO("\"sender\":\"?@a.test\"", "\"sender\":\"*@a.test\""),
    TWO("\"sender\":\"*@a.test\",\"tls\":true", "\"sender\":\"x@a.test\""),
    TWO("\"source\":\"192.0.2.0/24\"", "\"source\":[\"192.0.2.9\",\"198.51.100.1\"]"),
    TWO("\"attempt\":\"..3\"", "\"attempt\":\"..5\""),
    TWO("\"attempt\":\"..5\"", "\"attempt\":{\"by\":\"sender\",\"is\":\"..3\"}"),
    TWO("\"greylist\":\"5m\"", "\"greylist\":\"5m\""),
    TWO("\"probability\":\"50%\"", "\"probability\":\"50%\""),
    TWO("\"rate\":{\"of\":\"messages\",\"over\":\"100/1m\"}",
        "\"rate\":{\"of\":\"messages\",\"over\":\"10/1m\"}"),
    TWO("\"rate\":{\"of\":\"messages\",\"over\":\"10/1m\"}",
        "\"rate\":{\"of\":\"messages\",\"over\":\"100/1h\"}"),
    RULES("{\"at\":\"mail\",\"when\":{\"sender\":\"x@a.test\"},\"then\":{" LATER "}},"
          "{\"at\":[\"mail\",\"rcpt\"],\"when\":{\"sender\":\"x@a.test\"},\"then\":{" LATER "}}"),
    "{\"mx.a.test\":{\"offers\":[\"AUTH PLAIN\"],\"tls\":{\"versions\":\"1.0..1.1\"},\"rules\":["
    "{\"at\":\"rcpt\",\"when\":{\"tls\":\"1.1\",\"authenticated\":true},\"then\":{" LATER "}}]}}",
    RULES("{\"at\":\"rcpt\",\"when\":{\"greylist\":{\"by\":\"sender\",\"prefix\":\"16/48\","
          "\"allow-after\":2}},\"then\":{" LATER "}},"
          "{\"at\":\"rcpt\",\"then\":{\"close\":false,\"reply\":\"421 x\"}}"),
    "{\"mx.a.test\":{\"down\":true},\"b.test\":{\"down\":\"10m..2h\",\"listens\":[465]}}",
};

START_TEST(test_right_hosts)
{
    for (size_t i = 0; i < sizeof RIGHT / sizeof RIGHT[0]; i++) {
        struct world world;
        ck_assert_msg(world_read(&world, RIGHT[i]) == 0, "%s", world.err.text);
        world_close(&world);
    }
}
END_TEST

START_TEST(test_hosts_and_addresses)
{
    struct world world;
    struct address address;
    ck_assert_int_eq(world_read(&world,
                                "{\"MX1.a.test\":{\"addresses\":[\"198.18.1.1\",\"2001:db8::1\"]},"
                                "\"mx2.a.test\":{\"addresses\":\"198.18.1.2\"}}"),
                     0);
    ck_assert_uint_eq(mx_model_host_count(world.model), 2);
    struct mx_host *host = mx_model_host(world.model, 0);
    ck_assert_str_eq(mx_host_name(host), "mx1.a.test");
    ck_assert_uint_eq(mx_host_address_count(host), 2);
    ck_assert_int_eq(address_from_text(SLICE("2001:db8::1"), &address), 0);
    ck_assert_ptr_eq(mx_model_find_address(world.model, &address), host);
    struct mx_host *inbox = mx_model_add_host(world.model, "inbox.sender.test");
    ck_assert_int_eq(mx_model_add_address(world.model, inbox, &address, &world.err), -1);
    ck_assert_int_eq(address_from_text(SLICE("198.18.1.9"), &address), 0);
    ck_assert_int_eq(mx_model_add_address(world.model, inbox, &address, &world.err), 0);
    ck_assert_ptr_eq(mx_model_find_address(world.model, &address), inbox);
    ck_assert_ptr_eq(mx_model_find_host(world.model, "inbox.sender.test"), inbox);
    ck_assert_ptr_null(mx_model_find_host(world.model, "mx3.a.test"));
    world_close(&world);
}
END_TEST

START_TEST(test_recipients)
{
    struct world world;
    ck_assert_int_eq(world_read(&world, "{\"mx.a.test\":{}}"), 0);
    struct mx_host *host = mx_model_host(world.model, 0);
    ck_assert_int_eq(mx_host_judge_recipient(host, SLICE("x@any.test")), MX_RECIPIENT_KNOWN);
    mx_host_add_domain(host, "A.test");
    ck_assert_int_eq(mx_host_judge_recipient(host, SLICE("x@a.TEST")), MX_RECIPIENT_KNOWN);
    ck_assert_int_eq(mx_host_judge_recipient(host, SLICE("x@b.test")), MX_RECIPIENT_FOREIGN);
    ck_assert_int_eq(mx_host_judge_recipient(host, SLICE("postmaster")), MX_RECIPIENT_KNOWN);
    world_close(&world);
}
END_TEST

START_TEST(test_listening)
{
    struct world world;
    ck_assert_int_eq(
        world_read(&world, "{\"a.test\":{\"down\":\"10m..20m\"},\"b.test\":{\"listens\":[587]}}"),
        0);
    const struct mx_host *a = mx_model_host(world.model, 0);
    const struct mx_host *b = mx_model_host(world.model, 1);
    ck_assert(mx_host_listens(a, 25, 0, 9 * TIME_MINUTE));
    ck_assert(!mx_host_listens(a, 25, 0, 10 * TIME_MINUTE));
    ck_assert(mx_host_listens(a, 25, 0, 20 * TIME_MINUTE));
    ck_assert(!mx_host_listens(a, MX_PORT_LMTP, 0, 0));
    ck_assert(!mx_host_listens(b, 25, 0, 0));
    ck_assert(mx_host_listens(b, 587, 0, 0));
    world_close(&world);
}
END_TEST

struct visit {
    unsigned count;
    bool postgrey;
};

static void visit_rule(void *context, const char *host, const char *list, const char *rule,
                       uint64_t fired)
{
    struct visit *visit = context;
    visit->count++;
    visit->postgrey |= strcmp(host, "mx.a.test") == 0 &&
                       strcmp(list, "greylisting/postgrey") == 0 && strcmp(rule, "postgrey") == 0 &&
                       fired == 0;
}

START_TEST(test_explain_and_visit)
{
    struct world world;
    struct buf text;
    struct visit visit = {0};
    ck_assert_int_eq(
        world_read(&world, "{\"mx.a.test\":{\"addresses\":\"198.18.1.1\",\"profile\":"
                           "\"greylisting/postgrey\",\"rules\":[{\"name\":\"full\",\"at\":\"rcpt\","
                           "\"when\":{\"recipient\":\"f*\"},\"then\":{" LATER "}}]}}"),
        0);
    buf_init(&text, 100000);
    mx_host_explain(mx_model_host(world.model, 0), &text);
    static const char *const PARTS[] = {
        "mx.a.test at 198.18.1.1", "STARTTLS", "certificate \"valid\"",
        "\"full\" at rcpt, when the recipient is f*: replies \"451 later\"\n",
        "rules of greylisting/postgrey"};
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        ck_assert_msg(strstr(buf_text(&text), PARTS[i]) != NULL, "%s", buf_text(&text));
    mx_model_visit_rules(world.model, visit_rule, &visit);
    ck_assert_uint_eq(visit.count, 2);
    ck_assert(visit.postgrey);
    buf_deinit(&text);
    world_close(&world);
}
END_TEST

/* One rule as `explain` tells it. */
static void check_sentence(const char *rule, const char *sentence)
{
    struct world world;
    struct buf text;
    char json[600];
    snprintf(json, sizeof json, "{\"mx.a.test\":{\"rules\":[{\"name\":\"r\",%s}]}}", rule);
    ck_assert_int_eq(world_read(&world, json), 0);
    buf_init(&text, 100000);
    mx_host_explain(mx_model_host(world.model, 0), &text);
    ck_assert_msg(strstr(buf_text(&text), sentence) != NULL, "%s", buf_text(&text));
    buf_deinit(&text);
    world_close(&world);
}

START_TEST(test_a_rule_is_explained_by_a_sentence)
{
    check_sentence("\"at\":\"banner\",\"then\":{\"delay\":\"30s\"},\"continue\":true",
                   "1. \"r\" at banner, always: waits 30s; then the next rules are asked\n");
    check_sentence(
        "\"at\":[\"mail\",\"rcpt\"],\"when\":{\"attempt\":\"..2\",\"tls\":false},"
        "\"then\":{\"reply\":\"450 4.2.0 no\",\"for\":\"10m\",\"by\":\"sender\"}",
        " at mail, rcpt, when it is one of the first 2 attempts, and the connection is in "
        "clear text: replies \"450 4.2.0 no\"; from then on so for 10m to the same "
        "sender\n");
    check_sentence("\"at\":\"connect\",\"when\":{\"rate\":{\"of\":\"connections\",\"over\":"
                   "\"60/1m\",\"by\":\"source-ip\"}},\"then\":{\"close\":true}",
                   "when more connections came than 60/1m, for each source-ip: closes the "
                   "connection\n");
    check_sentence("\"at\":\"data-end\",\"when\":{\"during\":\"10m..2h\",\"header\":{\"X-A\":"
                   "\"b\"}},\"then\":{\"junk\":true}",
                   "when it is from 10m to 2h after the start, and the header has X-A b: puts the "
                   "message into the junk folder\n");
    /* With all that holds where nothing is said. */
    check_sentence(
        "\"at\":\"rcpt\",\"when\":{\"greylist\":\"10m\"},\"then\":{\"reply\":\"450 no\"}",
        "when the greylist does not let it pass yet, for each source-prefix, sender, "
        "recipient: a retry passes after 10m, if it comes within 2d, and is remembered "
        "for 35d: replies");
    check_sentence(
        "\"at\":\"rcpt\",\"when\":{\"greylist\":{\"allow-after\":3,\"prefix\":\"16/48\"}},"
        "\"then\":{\"reply\":\"450 no\"}",
        "recipient (networks are 16/48): a retry passes after 5m, if it comes within 2d, "
        "and is remembered for 35d; all pass after so many: 3 of a source-prefix, and do "
        "so for 35d: replies");
    check_sentence("\"at\":\"connect\",\"when\":{\"connections\":5},\"then\":{\"close\":true}",
                   "when more connections are open than 5, for each source-ip: closes");
    check_sentence("\"at\":\"mail\",\"when\":{\"rate\":{\"of\":\"messages\",\"over\":\"2/1m\","
                   "\"refused\":true}},\"then\":{\"reply\":\"450 no\"}",
                   "when more messages came than 2/1m, for each source-ip, what was refused as "
                   "well: replies");
}
END_TEST

/* A word without a phrase would stand there bare. */
START_TEST(test_each_condition_and_action_has_its_phrase)
{
    for (const struct mx_condition_kind *kind = MX_CONDITION_KINDS; kind->word != NULL; kind++)
        ck_assert_msg(mx_rule_has_phrase(kind->word, true), "%s", kind->word);
    for (const struct mx_action_kind *kind = MX_ACTION_KINDS; kind->word != NULL; kind++)
        ck_assert_msg(mx_rule_has_phrase(kind->word, false), "%s", kind->word);
    ck_assert(!mx_rule_has_phrase("greylst", true));
}
END_TEST

UNIT_MAIN(test_wrong_hosts, test_right_hosts, test_hosts_and_addresses, test_recipients,
          test_listening, test_explain_and_visit, test_a_rule_is_explained_by_a_sentence,
          test_each_condition_and_action_has_its_phrase)
