/* What a host finds out about the sender, in its events and in its rules; DNS is a small table. */
#include "sim/mx/mx_auth.h"

#include "tests/unit/sim/mx/mx_play.h"

static const struct {
    enum dns_type type;
    const char *name;
    const char *data; /* NULL: SERVFAIL */
} ZONE[] = {
    {DNS_TYPE_TXT, "a.test", "v=spf1 ip4:192.0.2.10 -all"},
    {DNS_TYPE_TXT, "_dmarc.a.test", "v=DMARC1; p=reject"},
    {DNS_TYPE_TXT, "_dmarc.b.test", "v=DMARC1; p=quarantine"},
    {DNS_TYPE_TXT, "broken.test", NULL},
    {DNS_TYPE_SOA, "a.test", ""},
    {DNS_TYPE_SOA, "broken.test", NULL},
};

static const struct dns_answer *look_up(void *context, enum dns_type type, struct slice name)
{
    static struct dns_record record;
    static struct dns_answer answer;
    (void)context;
    answer = (struct dns_answer){.status = DNS_NXDOMAIN};
    for (size_t i = 0; i < sizeof ZONE / sizeof ZONE[0]; i++) {
        if (ZONE[i].type != type || !slice_is(name, ZONE[i].name))
            continue;
        answer.status = ZONE[i].data != NULL ? DNS_OK : DNS_SERVFAIL;
        if (ZONE[i].data == NULL)
            break;
        record.data = slice_of(ZONE[i].data);
        answer.count = 1;
        answer.records = &record;
    }
    return &answer;
}

static struct dns_resolver resolver_at(void *context, int64_t now_us)
{
    (void)now_us;
    return (struct dns_resolver){context, look_up};
}

#define GREETING "< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250 \n"
#define SEND(sender, from)                                                                        \
    "> MAIL FROM:<" sender ">\n< 250\n> RCPT TO:<b@x.test>\n< 250\n> DATA\n< 354\n> From: <" from \
    ">\n> \n> text\n> .\n"

static const struct play_case CASES[] = {
    {"all is looked at where the host says so", "\"verify\": true",
     "new 192.0.2.10\n" GREETING SEND(
         "n@a.test",
         "n@a.test") "< 250\n"
                     "log \"auth\":{\"spf\":{\"result\":\"pass\"\n"
                     "log \"domain\":\"a.test\",\"identity\":\"mailfrom\",\"aligned\":true\n"
                     "log \"dkim\":{\"result\":\"none\"\n"
                     "log \"policy\":\"reject\",\"disposition\":\"none\"\n"
                     "log \"arc\":{\"result\":\"none\"\nlog \"iprev\":{\"result\":\"permerror\"\n"},
    {"nothing is looked at where nobody asks", "",
     "new 192.0.2.10\n" GREETING SEND("n@a.test", "n@a.test") "< 250\nnolog \"auth\"\n"},
    {"SPF refuses at MAIL",
     "\"rules\": [{\"at\": \"mail\", \"when\": {\"spf\": \"fail\"}, \"then\": {\"reply\": \"550 "
     "5.7.23 no\"}}]",
     "new 192.0.2.66\n" GREETING "> MAIL FROM:<n@a.test>\n< 550 5.7.23\n"
     "new 192.0.2.10\n" GREETING "> MAIL FROM:<n@a.test>\n< 250\n"},
    {"one transaction's result is not the next one's",
     "\"rules\": [{\"at\": \"rcpt\", \"when\": {\"spf\": \"pass\"}, \"then\": {\"reply\": \"550 "
     "5.7.1 no\"}}]",
     "new 192.0.2.10\n" GREETING "> MAIL FROM:<n@a.test>\n< 250\n> RCPT TO:<b@x.test>\n< 550\n"
     "> RSET\n< 250\n> MAIL FROM:<n@none.test>\n< 250\n> RCPT TO:<b@x.test>\n< 250\n"},
    {"a sender of no domain",
     "\"rules\": [{\"at\": \"mail\", \"when\": {\"soa\": \"fail\"}, \"then\": {\"reply\": \"554 "
     "5.1.8 no\"}}, {\"at\": \"mail\", \"when\": {\"soa\": \"temperror\"}, \"then\": {\"reply\": "
     "\"451 4.1.8 no\"}}]",
     "new 192.0.2.10\n" GREETING "> MAIL FROM:<n@a.test>\n< 250\n> RSET\n< 250\n"
     "> MAIL FROM:<n@none.test>\n< 554 5.1.8\n> MAIL FROM:<n@broken.test>\n< 451 4.1.8\n"
     "> MAIL FROM:<>\n< 250\n"},
    {"a failure of DNS is temporary",
     "\"rules\": [{\"at\": \"rcpt\", \"when\": {\"spf\": \"temperror\"}, \"then\": {\"reply\": "
     "\"451 4.7.24 no\"}}]",
     "new 192.0.2.10\n" GREETING
     "> MAIL FROM:<n@broken.test>\n< 250\n> RCPT TO:<b@x.test>\n< 451\n"},
    {"DMARC and the policy",
     "\"rules\": [{\"at\": \"data-end\", \"when\": {\"dmarc\": \"fail\", \"dmarc-policy\": "
     "\"reject\"}, "
     "\"then\": {\"reply\": \"550 5.7.1 no\"}}]",
     "new 192.0.2.66\n" GREETING SEND("n@a.test", "n@a.test") "< 550\n" SEND(
         "n@b.test", "n@b.test") "< 250\nlog \"disposition\":\"quarantine\"\n"
                                 "log nothing that passed is aligned with From: b.test\n"},
    {"what is refused is told with all that was found out",
     "\"rules\": [{\"name\": \"strict\", \"at\": \"data-end\", \"when\": {\"dmarc\": \"fail\"}, "
     "\"then\": {\"reply\": \"550 5.7.1 no\"}}]",
     "new 192.0.2.66\n" GREETING SEND(
         "n@a.test",
         "n@a.test") "< 550\nlog \"kind\":\"declined\"\n"
                     "log \"code\":550,\"rule\":\"strict\",\"auth\":{\"spf\":{\"result\":\"fail\"\n"
                     "log {\"kind\":\"record\",\"text\":\"the record: v=spf1 ip4:192.0.2.10 "
                     "-all\"}\nnolog "
                     "\"kind\":\"accepted\"\n"},
    {"no signature",
     "\"rules\": [{\"at\": \"data-end\", \"when\": {\"dkim\": \"none\"}, \"then\": {\"reply\": "
     "\"550 5.7.20 no\"}}]",
     "new 192.0.2.10\n" GREETING SEND("n@a.test", "n@a.test") "< 550 5.7.20\n"},
    {"an address without a name",
     "\"rules\": [{\"at\": \"connect\", \"when\": {\"iprev\": \"permerror\"}, \"then\": "
     "{\"reply\": \"554 5.7.25 no\"}}]",
     "new 192.0.2.10\n< 554 5.7.25\n"},
};

START_TEST(test_what_a_host_finds_out)
{
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct play play;
        struct mx_verifier *verifier = mx_verifier_new(resolver_at, NULL);
        play_open(&play, CASES[i].name, CASES[i].settings);
        play.verifier = verifier;
        play_script(&play, CASES[i].script);
        play_close(&play);
        mx_verifier_free(&verifier);
    }
}
END_TEST

static void check_refused(const char *settings, const char *wanted)
{
    struct err err = {0};
    struct arena arena = {0};
    struct mx_model *model = NULL;
    char *json = mem_text_format("{\"mx.a.test\": {%s}}", settings);
    struct spec_document *document = spec_document_parse("x", slice_of(json), &err);
    ck_assert_ptr_nonnull(document);
    ck_assert_int_eq(mx_spec_parse(spec_root(document), ".", 1, &arena, &model, &err), -1);
    ck_assert_msg(strstr(err.text, wanted) != NULL, "%s", err.text);
    spec_document_free(&document);
    arena_deinit(&arena);
    free(json);
}

#define RULE(at, when) \
    "\"rules\": [{\"at\": \"" at "\", \"when\": {" when "}, \"then\": {\"reply\": \"550 no\"}}]"

START_TEST(test_mistakes)
{
    check_refused(RULE("rcpt", "\"spf\": \"fial\""), "fail");
    check_refused(RULE("rcpt", "\"dkim\": \"pass\""), "means nothing at stage rcpt");
    check_refused(RULE("ehlo", "\"spf\": \"pass\""), "means nothing at stage ehlo");
    check_refused(RULE("data-end", "\"dmarc-policy\": \"junk\""), "quarantine");
    check_refused("\"verify\": false, " RULE("rcpt", "\"spf\": \"fail\""), "\"verify\" is false");
}
END_TEST

UNIT_MAIN(test_what_a_host_finds_out, test_mistakes)
