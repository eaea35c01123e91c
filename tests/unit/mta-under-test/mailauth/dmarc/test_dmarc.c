#include <libxml/xmlschemas.h>

#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/dmarc/dmarc_external.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

/* The reason of the sample's row. */
static struct dmarc_report_reason reason;

static struct dmarc_report sample(struct dmarc_report_row *row, struct dmarc_report_result *dkim,
                                  struct dmarc_report_result *spf)
{
    reason = (struct dmarc_report_reason){.type = SLICE("other"),
                                          .comment = SLICE("a < b & c > d \x01")};
    *dkim = (struct dmarc_report_result){
        .domain = SLICE("x.test"), .selector = SLICE("s"), .result = SLICE("pass")};
    *spf = (struct dmarc_report_result){
        .domain = SLICE("x.test"), .scope = SLICE("mfrom"), .result = SLICE("fail")};
    *row = (struct dmarc_report_row){.source_ip = SLICE("192.0.2.1"),
                                     .count = 3,
                                     .disposition = SLICE("none"),
                                     .dkim = SLICE("pass"),
                                     .spf = SLICE("fail"),
                                     .reason_count = 1,
                                     .reasons = &reason,
                                     .header_from = SLICE("x.test"),
                                     .dkim_count = 1,
                                     .dkim_results = dkim,
                                     .spf_count = 1,
                                     .spf_results = spf};
    return (struct dmarc_report){.version = SLICE("1.0"),
                                 .org_name = SLICE("R"),
                                 .email = SLICE("r@r.test"),
                                 .report_id = SLICE("id-1"),
                                 .begin_s = 1000,
                                 .end_s = 2000,
                                 .domain = SLICE("x.test"),
                                 .p = SLICE("reject"),
                                 .sp = SLICE("none"),
                                 .pct = SLICE("100"),
                                 .fo = SLICE("0"),
                                 .count = 1,
                                 .rows = row};
}

START_TEST(reports_survive_writing_and_reading)
{
    struct arena arena;
    struct buf xml;
    struct buf packed;
    struct err err;
    struct dmarc_report_row row;
    struct dmarc_report_result dkim;
    struct dmarc_report_result spf;
    struct dmarc_report report = sample(&row, &dkim, &spf);
    struct dmarc_report read;
    arena_init(&arena);
    buf_init(&xml, 1 << 20);
    buf_init(&packed, 1 << 20);
    dmarc_report_write(&report, &xml);
    dmarc_report_gzip(buf_slice(&xml), &packed);
    ck_assert_msg(dmarc_report_read(&arena, buf_slice(&packed), &read, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(read.count, 1);
    ck_assert_uint_eq(read.rows[0].count, 3);
    ck_assert(slice_is(read.rows[0].source_ip, "192.0.2.1"));
    ck_assert(slice_is(read.rows[0].reasons[0].comment, "a < b & c > d \xef\xbf\xbd"));
    ck_assert(slice_is(read.rows[0].dkim_results[0].selector, "s"));
    ck_assert(slice_is(read.rows[0].spf_results[0].scope, "mfrom"));
    ck_assert_int_eq(read.end_s, 2000);
    buf_reset(&packed);
    dmarc_report_file_name(&report, SLICE("r.test"), &packed);
    ck_assert_str_eq(buf_text(&packed), "r.test!x.test!1000!2000.xml.gz");
    buf_deinit(&xml);
    buf_deinit(&packed);
    arena_deinit(&arena);
}
END_TEST

#define SCHEMA_7489 "tests/unit/mta-under-test/mailauth/dmarc/aggregate.xsd"
#define SCHEMA_9990 "tests/unit/mta-under-test/mailauth/dmarc/aggregate-9990.xsd"

/* The schema's verdict on a document: 0 if it is as it must be. */
static int check_schema(const char *path, struct slice xml)
{
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(parser);
    ck_assert_ptr_nonnull(schema);
    xmlSchemaValidCtxt *context = xmlSchemaNewValidCtxt(schema);
    xmlDoc *document = xmlReadMemory(xml.data, (int)xml.len, "report.xml", NULL, XML_PARSE_NONET);
    ck_assert_ptr_nonnull(document);
    int verdict = xmlSchemaValidateDoc(context, document);
    xmlFreeDoc(document);
    xmlSchemaFreeValidCtxt(context);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    return verdict;
}

START_TEST(reports_keep_to_the_schema)
{
    struct buf xml;
    struct dmarc_report_row row;
    struct dmarc_report_result dkim;
    struct dmarc_report_result spf;
    struct dmarc_report report = sample(&row, &dkim, &spf);
    buf_init(&xml, 1 << 20);
    /* The null reverse-path has no domain, and yet its element. */
    ck_assert_uint_eq(row.envelope_from.len, 0);
    dmarc_report_write(&report, &xml);
    ck_assert_int_eq(check_schema(SCHEMA_7489, buf_slice(&xml)), 0);
    buf_reset(&xml);
    row.source_ip = SLICE("2001:db8::1");
    row.envelope_from = SLICE("x.test");
    row.envelope_to = SLICE("y.test");
    reason = (struct dmarc_report_reason){.type = SLICE("sampled_out")};
    row.dkim_count = 0;
    report.adkim = SLICE("s");
    report.extra_contact_info = SLICE("https://r.test/");
    dmarc_report_write(&report, &xml);
    ck_assert_int_eq(check_schema(SCHEMA_7489, buf_slice(&xml)), 0);
    buf_reset(&xml);
    row.disposition = SLICE("tolerate");
    dmarc_report_write(&report, &xml);
    ck_assert_int_ne(check_schema(SCHEMA_7489, buf_slice(&xml)), 0);
    buf_deinit(&xml);
}
END_TEST

START_TEST(the_newer_form_has_its_own_words)
{
    struct arena arena;
    struct buf xml;
    struct err err;
    struct dmarc_report_row row;
    struct dmarc_report_result dkim;
    struct dmarc_report_result spf;
    struct dmarc_report report = sample(&row, &dkim, &spf);
    struct dmarc_report_reason reasons[] = {
        {.type = SLICE("local_policy"), .comment = SLICE("a rule of ours")},
        {.type = SLICE("policy_test_mode")},
    };
    struct dmarc_report read;
    arena_init(&arena);
    buf_init(&xml, 1 << 20);
    report.form = DMARC_RFC9989;
    report.np = SLICE("reject");
    report.testing = SLICE("y");
    report.discovery_method = SLICE("treewalk");
    report.generator = SLICE("G 1");
    report.error = SLICE("two records");
    row.disposition = SLICE("pass");
    row.reasons = reasons;
    row.reason_count = 2;
    dmarc_report_write(&report, &xml);
    ck_assert_int_eq(check_schema(SCHEMA_9990, buf_slice(&xml)), 0);
    ck_assert_msg(dmarc_report_read(&arena, buf_slice(&xml), &read, &err) == 0, "%s", err.text);
    ck_assert_int_eq(read.form, DMARC_RFC9989);
    ck_assert(slice_is(read.np, "reject"));
    ck_assert(slice_is(read.testing, "y"));
    ck_assert(slice_is(read.discovery_method, "treewalk"));
    ck_assert(slice_is(read.generator, "G 1"));
    ck_assert(slice_is(read.error, "two records"));
    ck_assert(slice_is(read.rows[0].disposition, "pass"));
    ck_assert_uint_eq(read.rows[0].reason_count, 2);
    ck_assert(slice_is(read.rows[0].reasons[0].comment, "a rule of ours"));
    ck_assert(slice_is(read.rows[0].reasons[1].type, "policy_test_mode"));
    ck_assert_uint_eq(read.pct.len, 0);
    /* The older form knows none of these, and the newer one not the older's pct. */
    buf_reset(&xml);
    report.form = DMARC_RFC7489;
    row.disposition = SLICE("none");
    reasons[0].type = SLICE("sampled_out");
    row.reason_count = 1;
    dmarc_report_write(&report, &xml);
    ck_assert_int_eq(check_schema(SCHEMA_7489, buf_slice(&xml)), 0);
    ck_assert_int_eq(dmarc_report_read(&arena, buf_slice(&xml), &read, &err), 0);
    ck_assert_int_eq(read.form, DMARC_RFC7489);
    ck_assert_uint_eq(read.np.len, 0);
    ck_assert(slice_is(read.pct, "100"));
    buf_deinit(&xml);
    arena_deinit(&arena);
}
END_TEST

START_TEST(bad_reports_are_refused)
{
    static const char WITH_ENTITY[] =
        "<!DOCTYPE feedback [<!ENTITY a \"x\">]><feedback><report_metadata><report_id>1"
        "</report_id></report_metadata><policy_published><domain>&a;</domain></policy_published>"
        "</feedback>";
    static const char *const BAD[] = {
        "", "no xml", "<feedback>", "<other/>", "<feedback/>", "\x1f\x8b broken", WITH_ENTITY};
    struct arena arena;
    struct dmarc_report report;
    struct err err;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        ck_assert_int_eq(dmarc_report_read(&arena, slice_of(BAD[i]), &report, &err), -1);
    arena_deinit(&arena);
}
END_TEST

START_TEST(a_zip_bomb_is_cut)
{
    struct buf zeros;
    struct buf packed;
    struct buf out;
    buf_init(&zeros, 8 << 20);
    buf_init(&packed, 1 << 20);
    buf_init(&out, 8 << 20);
    char *room = buf_reserve(&zeros, 4 << 20);
    memset(room, 0, 4 << 20);
    buf_commit(&zeros, 4 << 20);
    dmarc_report_gzip(buf_slice(&zeros), &packed);
    ck_assert_int_eq(dmarc_report_gunzip(buf_slice(&packed), 1 << 20, &out), -1);
    ck_assert_uint_lt(out.len, 2 << 20);
    buf_deinit(&zeros);
    buf_deinit(&packed);
    buf_deinit(&out);
}
END_TEST

START_TEST(failure_options_are_read)
{
    static const struct {
        const char *text;
        const char *options; /* those that are on: 0, 1, d, s */
    } CASES[] = {{"v=DMARC1; p=none", "0"},
                 {"v=DMARC1; p=none; fo=0", "0"},
                 {"v=DMARC1; p=none; fo=1", "1"},
                 {"v=DMARC1; p=none; fo=d:s", "ds"},
                 {"v=DMARC1; p=none; fo=1 : D", "1d"},
                 {"v=DMARC1; p=none; fo=0:1:d:s", "01ds"},
                 {"v=DMARC1; p=none; fo=x", "0"},
                 {"v=DMARC1; p=none; fo=1:", "0"},
                 {"v=DMARC1; p=none; fo=", "0"}};
    struct arena arena;
    struct dmarc_record record;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char options[5] = "";
        dmarc_record_parse(&arena, slice_of(CASES[i].text), &record);
        snprintf(options, sizeof options, "%s%s%s%s", record.reports_all ? "0" : "",
                 record.reports_any ? "1" : "", record.reports_dkim ? "d" : "",
                 record.reports_spf ? "s" : "");
        ck_assert_msg(strcmp(options, CASES[i].options) == 0, "%s: %s", CASES[i].text, options);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(external_addresses_need_consent)
{
    struct arena arena;
    struct dns_cache cache;
    struct dmarc_record record;
    struct dmarc_uri other;
    arena_init(&arena);
    dns_cache_init(&cache);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    struct dmarc_context context = {.resolver = &resolver, .arena = &arena};
    dmarc_record_parse(&arena,
                       SLICE("v=DMARC1; p=none; rua=mailto:a@sub.x.test!10m,mailto:b@y.test,"
                             "https://z.test/, bad"),
                       &record);
    ck_assert_uint_eq(record.aggregate_count, 3);
    ck_assert_uint_eq(record.aggregate[0].bytes_max, 10 << 20);
    ck_assert_int_eq(dmarc_external_check(&context, SLICE("x.test"), &record.aggregate[0], &other),
                     DMARC_EXTERNAL_OK);
    ck_assert_int_eq(dmarc_external_check(&context, SLICE("x.test"), &record.aggregate[1], &other),
                     DMARC_EXTERNAL_PENDING);
    struct dns_answer none = {.status = DNS_NXDOMAIN};
    dns_cache_put(&cache, DNS_TYPE_TXT, SLICE("x.test._report._dmarc.y.test"), &none);
    ck_assert_int_eq(dmarc_external_check(&context, SLICE("x.test"), &record.aggregate[1], &other),
                     DMARC_EXTERNAL_REFUSED);
    struct dns_record consent = {.data = SLICE("v=DMARC1; rua=mailto:new@y.test")};
    struct dns_answer some = {.status = DNS_OK, .count = 1, .records = &consent};
    dns_cache_put(&cache, DNS_TYPE_TXT, SLICE("x.test._report._dmarc.y.test"), &some);
    ck_assert_int_eq(dmarc_external_check(&context, SLICE("x.test"), &record.aggregate[1], &other),
                     DMARC_EXTERNAL_OK);
    ck_assert(slice_is(other.address, "new@y.test"));
    ck_assert_int_eq(dmarc_external_check(&context, SLICE("x.test"), &record.aggregate[2], &other),
                     DMARC_EXTERNAL_BAD);
    dns_cache_deinit(&cache);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(reports_survive_writing_and_reading, reports_keep_to_the_schema,
          the_newer_form_has_its_own_words, bad_reports_are_refused, a_zip_bomb_is_cut,
          failure_options_are_read, external_addresses_need_consent)
