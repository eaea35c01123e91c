/*
 * Runs authcheck over the vectors in tests/unit/mta-under-test/mailauth/vectors/: each file is one
 * topic, each case one call. What a case expects must be in the answer; the answer may say more.
 *
 *     { "topic": "...", "run": ["spf", ...], "zone": {...}, "cases": [
 *         { "name": "...", "section": "RFC 7208 4.6.4", "run": [more arguments], "zone": {more
 * names}, "message": "...", "stdin": [values, one a line], "expect": {...} } ] }
 */
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/mailauth/tool/tool.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

#define VECTORS "tests/unit/mta-under-test/mailauth/vectors/"

enum { VECTOR_ARGS_MAX = 64, VECTOR_BYTES_MAX = 64 * 1024 * 1024 };

static bool contains(const cJSON *have, const cJSON *want)
{
    if (cJSON_IsObject(want)) {
        for (const cJSON *item = want->child; item != NULL; item = item->next) {
            if (!contains(cJSON_GetObjectItemCaseSensitive(have, item->string), item))
                return false;
        }
        return cJSON_IsObject(have);
    }
    if (cJSON_IsArray(want)) {
        if (!cJSON_IsArray(have) || cJSON_GetArraySize(have) != cJSON_GetArraySize(want))
            return false;
        for (int i = 0; i < cJSON_GetArraySize(want); i++) {
            if (!contains(cJSON_GetArrayItem(have, i), cJSON_GetArrayItem(want, i)))
                return false;
        }
        return true;
    }
    return have != NULL && cJSON_Compare(have, want, true);
}

/* A file of the test's own with these bytes. */
static void write_temporary(char path[64], const char *text)
{
    snprintf(path, 64, "/tmp/mailauth-vector-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(file_write_fd(fd, slice_of(text)), 0);
    close(fd);
}

static char *merged_zone(const cJSON *topic, const cJSON *one)
{
    cJSON *zone = cJSON_CreateObject();
    const cJSON *parts[] = {cJSON_GetObjectItem(topic, "zone"), cJSON_GetObjectItem(one, "zone")};
    for (size_t i = 0; i < 2; i++) {
        const cJSON *item = NULL;
        cJSON_ArrayForEach(item, parts[i])
        {
            cJSON_DeleteItemFromObjectCaseSensitive(zone, item->string);
            cJSON_AddItemToObject(zone, item->string, cJSON_Duplicate(item, true));
        }
    }
    char *text = cJSON_Print(zone);
    cJSON_Delete(zone);
    return text;
}

static void add_args(const cJSON *list, char **argv, int *argc)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        ck_assert_int_lt(*argc, VECTOR_ARGS_MAX - 6);
        argv[(*argc)++] = item->valuestring;
    }
}

/* The values of "stdin" as the standard input of this process, one a line. */
static void set_stdin(const cJSON *values)
{
    FILE *file = tmpfile();
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, values)
    {
        char *line = cJSON_PrintUnformatted(item);
        fprintf(file, "%s\n", line);
        free(line);
    }
    fflush(file);
    lseek(fileno(file), 0, SEEK_SET);
    ck_assert_int_ge(dup2(fileno(file), STDIN_FILENO), 0);
    fclose(file);
}

/* The output as one value, or as an array of the lines' values. */
static cJSON *read_output(const char *text, bool is_list)
{
    struct slice rest = slice_of(text);
    struct slice line;
    cJSON *values = cJSON_CreateArray();
    while (slice_split(&rest, '\n', &line)) {
        if (line.len > 0)
            cJSON_AddItemToArray(values, cJSON_ParseWithLength(line.data, line.len));
    }
    if (is_list)
        return values;
    cJSON *first = cJSON_DetachItemFromArray(values, 0);
    cJSON_Delete(values);
    return first;
}

static bool run_case(const cJSON *topic, const cJSON *one)
{
    char program[] = "authcheck";
    char dns[] = "--dns";
    char *argv[VECTOR_ARGS_MAX] = {program};
    char zone_path[64] = "";
    char message_path[64] = "";
    int argc = 1;
    struct buf out;
    struct err err = {{0}};
    const cJSON *message = cJSON_GetObjectItem(one, "message");
    const cJSON *input = cJSON_GetObjectItem(one, "stdin");
    add_args(cJSON_GetObjectItem(topic, "run"), argv, &argc);
    add_args(cJSON_GetObjectItem(one, "run"), argv, &argc);
    if (cJSON_HasObjectItem(topic, "zone") || cJSON_HasObjectItem(one, "zone")) {
        char *zone = merged_zone(topic, one);
        write_temporary(zone_path, zone);
        free(zone);
        argv[argc++] = dns;
        argv[argc++] = zone_path;
    }
    if (message != NULL) {
        write_temporary(message_path, message->valuestring);
        argv[argc++] = message_path;
    }
    if (input != NULL)
        set_stdin(input);
    buf_init(&out, VECTOR_BYTES_MAX);
    int code = tool_run(argc, argv, &out, &err);
    const cJSON *want = cJSON_GetObjectItem(one, "expect");
    cJSON *have = code == 0 ? read_output(buf_text(&out), cJSON_IsArray(want)) : NULL;
    bool good = have != NULL && contains(have, want);
    if (!good) {
        char *wanted = cJSON_PrintUnformatted(want);
        printf("%s / %s: wanted %s, got %s%s\n", cJSON_GetObjectItem(topic, "topic")->valuestring,
               cJSON_GetObjectItem(one, "name")->valuestring, wanted, buf_text(&out), err.text);
        free(wanted);
        fflush(stdout);
    }
    if (zone_path[0] != '\0')
        unlink(zone_path);
    if (message_path[0] != '\0')
        unlink(message_path);
    cJSON_Delete(have);
    buf_deinit(&out);
    return good;
}

static void run_topic(const char *name, int cases_min)
{
    char path[256];
    struct buf text;
    struct err err = {{0}};
    int bad = 0;
    snprintf(path, sizeof path, VECTORS "%s.json", name);
    buf_init(&text, VECTOR_BYTES_MAX);
    ck_assert_msg(file_read(path, &text, &err) == 0, "%s", err.text);
    cJSON *topic = cJSON_Parse(buf_text(&text));
    ck_assert_msg(topic != NULL, "%s is no JSON", path);
    const cJSON *cases = cJSON_GetObjectItem(topic, "cases");
    const cJSON *one = NULL;
    ck_assert_int_ge(cJSON_GetArraySize(cases), cases_min);
    cJSON_ArrayForEach(one, cases)
    {
        bad += !run_case(topic, one);
    }
    ck_assert_msg(bad == 0, "%d of %d vectors of %s failed", bad, cJSON_GetArraySize(cases), name);
    cJSON_Delete(topic);
    buf_deinit(&text);
}

START_TEST(spf)
{
    run_topic("spf", 250);
}
END_TEST

START_TEST(dkim)
{
    run_topic("dkim", 200);
}
END_TEST

START_TEST(arc)
{
    run_topic("arc", 170);
}
END_TEST

START_TEST(seal)
{
    run_topic("seal", 8);
}
END_TEST

START_TEST(dmarc)
{
    run_topic("dmarc", 60);
}
END_TEST

START_TEST(addr)
{
    run_topic("addr", 6);
}
END_TEST

START_TEST(sts)
{
    run_topic("sts", 6);
}
END_TEST

START_TEST(psl)
{
    run_topic("psl", 1);
}
END_TEST

START_TEST(peer)
{
    run_topic("peer", 19);
}
END_TEST

/* Checks one message by `rfc`, lets the report be written, and reads it back into *out. */
static void write_and_read_report(const char *rfc, const char *record, struct buf *out)
{
    char zone[64];
    char message[64];
    char report[80];
    char text[512];
    struct err err = {{0}};
    snprintf(text, sizeof text,
             "{\"x.test\": {\"TXT\": [[\"v=spf1 ip4:192.0.2.1 -all\"]]}, "
             "\"_dmarc.x.test\": {\"TXT\": [[\"%s\"]]}}",
             record);
    write_temporary(zone, text);
    write_temporary(message, "From: a@x.test\r\n\r\nbody\r\n");
    snprintf(report, sizeof report, "%s.xml.gz", message);
    char *check[] = {"authcheck",   "dmarc",    "--dns",      zone,        "--ip",
                     "192.0.2.1",   "--helo",   "h.test",     "--rfc",     (char *)(uintptr_t)rfc,
                     "--mail-from", "b@x.test", "--receiver", "mx.y.test", "--report",
                     report,        message};
    char *read[] = {"authcheck", "report", report};
    ck_assert_msg(tool_run(17, check, out, &err) == 0, "%s", err.text);
    buf_reset(out);
    ck_assert_msg(tool_run(3, read, out, &err) == 0, "%s", err.text);
    unlink(report);
    unlink(zone);
    unlink(message);
}

START_TEST(an_aggregate_report_is_written_and_read)
{
    static const struct {
        const char *rfc;
        const char *record;
        const char *parts[4];
    } CASES[] = {
        {"7489",
         "v=DMARC1; p=reject; np=none",
         {"\"kind\":\"dmarc-aggregate\"", "\"form\":\"RFC 7489\"",
          "\"spf_results\":[{\"domain\":\"x.test\",\"scope\":\"mfrom\",\"result\":\"pass\"}]",
          "\"spf\":\"pass\",\"header_from\":\"x.test\""}},
        {"9989",
         "v=DMARC1; p=reject; np=none; t=y",
         {"\"form\":\"RFC 9990\",\"np\":\"none\",\"testing\":\"y\"",
          "\"discovery_method\":\"treewalk\"", "\"disposition\":\"pass\"",
          "\"generator\":\"Mailrange authcheck\""}},
        {"9989",
         "v=DMARC1; p=none",
         {"\"form\":\"RFC 9990\"", "\"testing\":\"n\"", "\"disposition\":\"none\"",
          "\"p\":\"none\""}}};
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        buf_reset(&out);
        write_and_read_report(CASES[i].rfc, CASES[i].record, &out);
        for (size_t k = 0; k < 4; k++)
            ck_assert_msg(strstr(buf_text(&out), CASES[i].parts[k]) != NULL, "%s not in %s",
                          CASES[i].parts[k], buf_text(&out));
    }
    buf_deinit(&out);
}
END_TEST

START_TEST(a_tls_report_is_read)
{
    char report[64];
    struct buf out;
    struct err err = {{0}};
    write_temporary(report, "{\"report-id\": \"1\", \"policies\": [{\"policy\": "
                            "{\"policy-type\": \"sts\", \"policy-domain\": \"x.test\"}}]}");
    char *read[] = {"authcheck", "report", report};
    buf_init(&out, 1 << 20);
    ck_assert_msg(tool_run(3, read, &out, &err) == 0, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"kind\":\"tls\""));
    unlink(report);
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(spf, dkim, arc, seal, dmarc, addr, sts, psl, peer,
          an_aggregate_report_is_written_and_read, a_tls_report_is_read)
