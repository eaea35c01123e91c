/*
 * What authcheck says when it cannot run: what is wrong, where, and what to do.
 */
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/mailauth/tool/tool.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

enum { USAGE_ARGS_MAX = 16, USAGE_TEXT_BYTES = 512 };

/* Files that cases name with "@name". */
static const struct {
    const char *name;
    const char *text;
} FILES[] = {
    {"@zone", "{}"},
    {"@comma", "{\n \"x.test\": {\"TXT\": [[\"a\"]]},\n \"y.test\": {\"A\": [\"192.0.2.1\",]}\n}"},
    {"@list", "[\"x.test\"]"},
    {"@types", "{\"x.test\": [\"a\"]}"},
    {"@records", "{\"x.test\": {\"A\": [\"192.0.2.1\", \"no\"]}}"},
    {"@kind", "{\"x.test\": {\"MX\": {\"10\": \"mx.test\"}}}"},
    {"@word", "{\"x.test\": {\"*\": \"TIMEOT\"}}"},
    {"@junk", "no key, no certificate, no report"},
    {"@message", "From: a@x.test\r\n\r\nbody\r\n"},
};
enum { FILE_COUNT = sizeof FILES / sizeof FILES[0] };

static char paths[FILE_COUNT][64];

static void make_files(void)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        snprintf(paths[i], sizeof paths[i], "/tmp/authcheck-usage-XXXXXX");
        int fd = mkstemp(paths[i]);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(file_write_fd(fd, slice_of(FILES[i].text)), 0);
        close(fd);
    }
}

static void remove_files(void)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        unlink(paths[i]);
}

static const char *path_of(const char *word)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (strcmp(word, FILES[i].name) == 0)
            return paths[i];
    }
    return word;
}

/* Runs a command line, words with spaces between; returns the exit code. */
static int run(const char *line, struct buf *out, struct err *err)
{
    char text[USAGE_TEXT_BYTES];
    char typed[64];
    char words[USAGE_ARGS_MAX][64];
    char *argv[USAGE_ARGS_MAX];
    struct slice word;
    int argc = 1;
    snprintf(text, sizeof text, "%s", line);
    snprintf(words[0], sizeof words[0], "authcheck");
    argv[0] = words[0];
    struct slice rest = slice_of(text);
    while (slice_split(&rest, ' ', &word) && argc < USAGE_ARGS_MAX) {
        snprintf(typed, sizeof typed, "%.*s", SLICE_ARG(word));
        snprintf(words[argc], sizeof words[argc], "%s", path_of(typed));
        argv[argc] = words[argc];
        argc++;
    }
    return tool_run(argc, argv, out, err);
}

/* A case: the command line, and what the error must say. */
struct usage_case {
    const char *line;
    const char *text;
};

static void run_cases(const struct usage_case *cases, size_t count, int code)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    make_files();
    for (size_t i = 0; i < count; i++) {
        struct err err = {{0}};
        buf_reset(&out);
        int got = run(cases[i].line, &out, &err);
        ck_assert_msg(got == code, "%s: %d, %s", cases[i].line, got, err.text);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s: \"%s\" is not in \"%s\"",
                      cases[i].line, cases[i].text, err.text);
    }
    remove_files();
    buf_deinit(&out);
}

START_TEST(wrong_words_are_told_with_the_nearest_right_one)
{
    static const struct usage_case CASES[] = {
        {"spg", "unknown command \"spg\"; did you mean \"spf\"?"},
        {"dkim", "unknown command \"dkim\"; behind \"dkim\" comes verify or sign"},
        {"dkim verfy", "unknown command \"dkim verfy\"; behind \"dkim\" comes verify or sign"},
        {"explain foobar", "unknown command \"foobar\"; authcheck --help lists them"},
        {"spf --hello x", "unknown option --hello; did you mean --helo?"},
        {"tlsa --names-checks", "unknown option --names-checks; did you mean --name-checks?"},
        {"sts --foo", "unknown option --foo; try authcheck sts --help"},
    };
    run_cases(CASES, sizeof CASES / sizeof CASES[0], 2);
}
END_TEST

START_TEST(missing_and_wrong_values_are_told)
{
    static const struct usage_case CASES[] = {
        {"spf --ip 192.0.2.1", "--dns FILE or --resolver HOST:PORT is missing"},
        {"spf --dns @zone", "--ip is missing; try authcheck spf --help"},
        {"spf --ip 192.0.2.1 --dns", "--dns needs a value"},
        {"spf --dns @zone --ip 1.2.3", "--ip: \"1.2.3\" is no IP address"},
        {"spf --resolver foo --ip 192.0.2.1", "--resolver foo: expected ADDRESS:PORT"},
        {"dkim verify --dns @zone --time x @message", "--time: expected a number, found \"x\""},
        {"dkim verify --dns @zone", "expected one message file"},
        {"dkim verify --dns @zone a b", "found 2"},
        {"dkim sign --domain x.test --selector s --headers from @message", "--key is missing"},
        {"dkim sign --key @junk --selector s --headers from @message", "--domain is missing"},
        {"dkim sign --key @junk --domain x.test --headers from @message", "--selector is missing"},
        {"dkim sign --key @junk --domain x.test --selector s --headers from --canon tight "
         "@message",
         "--canon: expected simple or relaxed, found \"tight\""},
        {"arc seal --dns @zone --key @junk --domain x.test --selector s --headers from @message",
         "--authserv-id is missing"},
        {"dmarc --dns @zone --ip 192.0.2.1 --rfc 1 @message", "--rfc: expected 7489 or 9989"},
        {"tlsa --tlsa @junk --host x.test", "--chain is missing; try authcheck tlsa --help"},
        {"dnsbl --dns @zone --ip 192.0.2.1", "--zone is missing"},
        {"bimi --dns @zone", "--domain is missing"},
    };
    run_cases(CASES, sizeof CASES / sizeof CASES[0], 2);
}
END_TEST

START_TEST(files_that_cannot_be_used_are_told)
{
    static const struct usage_case CASES[] = {
        {"spf --dns /nowhere --ip 192.0.2.1", "/nowhere: cannot be opened: No such file"},
        {"spf --dns /tmp --ip 192.0.2.1", "/tmp: cannot be read: Is a directory"},
        {"spf --dns @comma --ip 192.0.2.1", ": line 3, column 31: this is no valid JSON"},
        {"spf --dns @list --ip 192.0.2.1", ": expected a JSON object of names, found a list"},
        {"spf --dns @types --ip 192.0.2.1",
         ": \"x.test\": expected an object of record types, found a list"},
        {"dkim verify --dns @zone /nowhere", "/nowhere: cannot be opened"},
        {"dkim sign --key @junk --domain x.test --selector s --headers from @message",
         ": no RSA or Ed25519 private key in PEM form"},
        {"dkim sign --key /nowhere --domain x.test --selector s --headers from @message",
         "/nowhere: cannot be opened"},
        {"tlsa --chain /nowhere --tlsa @junk --host x.test", "/nowhere: cannot be opened"},
        {"tlsa --chain @junk --tlsa @junk --host x.test", "the chain holds no certificate"},
        {"report /nowhere", "/nowhere: cannot be opened"},
        {"report @junk", "the report is no well-formed XML"},
    };
    run_cases(CASES, sizeof CASES / sizeof CASES[0], 2);
}
END_TEST

START_TEST(records_that_cannot_be_read_are_told_and_left_out)
{
    static const struct usage_case CASES[] = {
        {"spf --dns @records --ip 192.0.2.1 --helo x.test --mail-from=a@x.test",
         ": \"x.test\", A, record 2 is no A record and is left out"},
        {"spf --dns @kind --ip 192.0.2.1 --helo x.test --mail-from=a@x.test",
         ": \"x.test\", MX: expected a list of records, found an object"},
        {"spf --dns @word --ip 192.0.2.1 --helo x.test --mail-from=a@x.test",
         "found \"TIMEOT\", which is taken as SERVFAIL"},
    };
    run_cases(CASES, sizeof CASES / sizeof CASES[0], 0);
}
END_TEST

START_TEST(help_shows_one_command_or_all)
{
    struct buf out;
    struct err err = {{0}};
    buf_init(&out, 1 << 20);
    ck_assert_int_eq(run("tlsa --help", &out, &err), 0);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "authcheck tlsa --chain PEM"));
    ck_assert_ptr_null(strstr(buf_text(&out), "authcheck spf"));
    buf_reset(&out);
    ck_assert_int_eq(run("--help", &out, &err), 0);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "authcheck tlsa --chain PEM"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "authcheck spf"));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(wrong_words_are_told_with_the_nearest_right_one, missing_and_wrong_values_are_told,
          files_that_cannot_be_used_are_told, records_that_cannot_be_read_are_told_and_left_out,
          help_shows_one_command_or_all)
