/*
 * JUnit XML is well-formed and says the right numbers, also where a hostile server's texts are in
 * it.
 */
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>

#include "reports/report_suite.h"
#include "tests/unit/unit.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024 };

static struct report_run *runs[3];

static xmlDoc *write_and_parse(void)
{
    struct err err = {0};
    runs[0] = report_run_load("tests/fixtures/runs/greylisting", &err);
    ck_assert_msg(runs[0] != NULL, "%s", err.text);
    runs[1] = report_run_load("tests/fixtures/runs/hostile", &err);
    ck_assert_msg(runs[1] != NULL, "%s", err.text);
    runs[2] = report_run_of_problem("Broken", "scenarios/broken.json", "no </error> JSON ]]>");
    struct report_suite suite = {.runs = runs, .run_count = 3};
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    report_junit_print(&suite, &out);
    xmlDoc *document = xmlReadMemory(out.data, (int)out.len, "junit.xml", NULL, XML_PARSE_NONET);
    ck_assert_msg(document != NULL, "not well-formed: %s", buf_text(&out));
    buf_deinit(&out);
    for (size_t i = 0; i < 3; i++)
        report_run_free(&runs[i]);
    return document;
}

static char *look(xmlDoc *document, const char *path)
{
    xmlXPathContext *context = xmlXPathNewContext(document);
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)path, context);
    ck_assert_ptr_nonnull(found);
    char *text = (char *)xmlXPathCastToString(found);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return text;
}

static void is(xmlDoc *document, const char *path, const char *expected)
{
    char *text = look(document, path);
    ck_assert_msg(slice_is(slice_of(text), expected), "%s is \"%s\", not \"%s\"", path, text,
                  expected);
    xmlFree(text);
}

START_TEST(test_it_fits_the_schema)
{
    xmlDoc *document = write_and_parse();
    xmlSchemaParserCtxt *reader = xmlSchemaNewParserCtxt("tests/browser/junit.xsd");
    xmlSchema *schema = xmlSchemaParse(reader);
    ck_assert_ptr_nonnull(schema);
    xmlSchemaValidCtxt *judge = xmlSchemaNewValidCtxt(schema);
    ck_assert_int_eq(xmlSchemaValidateDoc(judge, document), 0);
    xmlSchemaFreeValidCtxt(judge);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(reader);
    xmlFreeDoc(document);
}
END_TEST

START_TEST(test_the_numbers_are_right)
{
    xmlDoc *document = write_and_parse();
    is(document, "string(/testsuites/@tests)", "3");
    is(document, "string(/testsuites/@failures)", "2");
    is(document, "string(/testsuites/@errors)", "1");
    is(document, "count(/testsuites/testsuite)", "3");
    is(document, "count(//failure)", "2");
    is(document, "string(/testsuites/testsuite[1]/@failures)", "1");
    is(document, "string(/testsuites/testsuite[1]/@name)", "retry");
    is(document, "count(//testcase)", "3");
    is(document, "string(//testsuite[1]/testcase/@name)", "Greylisting accepts the second attempt");
    is(document, "contains(//testsuite[1]//system-out, '3m 59s between')", "true");
    xmlFreeDoc(document);
}
END_TEST

START_TEST(test_a_failure_says_what_was_expected_and_where_to_look)
{
    xmlDoc *document = write_and_parse();
    is(document, "string(//testsuite[1]//failure/@message)",
       "ann@bigmail.test is delivered within 10m: expected delivered within 10m, but: delivered "
       "after 12m 0s");
    is(document, "contains(//testsuite[1]//failure, 'mx.bigmail.test#3')", "true");
    is(document, "contains(//testsuite[1]//failure, 'of capture.pcapng')", "true");
    xmlFreeDoc(document);
}
END_TEST

START_TEST(test_what_could_not_run_is_an_error_not_a_failure)
{
    xmlDoc *document = write_and_parse();
    is(document, "string(//testsuite[3]/testcase/error)", "no </error> JSON ]]>");
    is(document, "count(//testsuite[3]//failure)", "0");
    xmlFreeDoc(document);
}
END_TEST

UNIT_MAIN(test_it_fits_the_schema, test_the_numbers_are_right,
          test_a_failure_says_what_was_expected_and_where_to_look,
          test_what_could_not_run_is_an_error_not_a_failure)
