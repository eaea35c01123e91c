#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/tool/stub.h"
#include "mta-under-test/mailauth/tool/zone.h"

#include "mta-under-test/base/poison.h"

#define TOOL_COMMON "dns", "resolver", "time"

static const char *const TOOL_SPF_OPTIONS[] = {
    TOOL_COMMON, "ip", "helo", "mail-from", "default-explanation", "receiver", NULL};

static const char *const TOOL_DKIM_VERIFY_OPTIONS[] = {TOOL_COMMON, "allow-sha1!", "min-rsa-bits",
                                                       NULL};

static const char *const TOOL_DKIM_SIGN_OPTIONS[] = {
    TOOL_COMMON, "key",      "domain",       "selector",      "headers", "canon",
    "identity",  "lifetime", "body-length!", "copy-headers!", NULL};

static const char *const TOOL_ARC_SEAL_OPTIONS[] = {
    TOOL_COMMON,       "key",          "domain", "selector", "headers", "authserv-id",
    "canonical-form!", "min-rsa-bits", NULL};

static const char *const TOOL_DMARC_OPTIONS[] = {
    TOOL_COMMON,    "ip",  "helo", "mail-from", "receiver", "allow-sha1!",
    "min-rsa-bits", "rfc", "seed", "report",    NULL};

static const char *const TOOL_TLSA_OPTIONS[] = {
    "chain", "tlsa", "host", "ca", "name-checks!", "no-name-checks!", "smtp!", "time", NULL};

static const char *const TOOL_PEER_OPTIONS[] = {TOOL_COMMON, "ip",       "domain",
                                                "zone",      "selector", NULL};

static const char *const TOOL_LINE_OPTIONS[] = {"smtputf8!", NULL};

static const struct tool_command TOOL_COMMANDS[] = {
    {"spf", "--ip IP --helo NAME --mail-from=ADDR [--default-explanation TEXT] [--receiver NAME]",
     TOOL_SPF_OPTIONS, true, tool_spf},
    {"dkim verify", "[--time T] [--allow-sha1] [--min-rsa-bits N] FILE", TOOL_DKIM_VERIFY_OPTIONS,
     true, tool_dkim_verify},
    {"dkim sign",
     "--key PEM --domain D --selector S --headers a:b:c [--time T] [--canon relaxed/relaxed] "
     "[--identity I] [--lifetime SECONDS] [--body-length] [--copy-headers] FILE",
     TOOL_DKIM_SIGN_OPTIONS, false, tool_dkim_sign},
    {"arc verify", "[--time T] [--min-rsa-bits N] FILE", TOOL_DKIM_VERIFY_OPTIONS, true,
     tool_arc_verify},
    {"arc seal",
     "--key PEM --domain D --selector S --headers a:b:c --authserv-id ID [--time T] "
     "[--canonical-form] FILE",
     TOOL_ARC_SEAL_OPTIONS, true, tool_arc_seal},
    {"dmarc",
     "--ip IP --helo NAME --mail-from=ADDR [--time T] [--rfc 7489|9989] [--seed N] "
     "[--receiver ID] [--report REPORT.xml[.gz]] FILE",
     TOOL_DMARC_OPTIONS, true, tool_dmarc},
    {"tlsa",
     "--chain PEM --tlsa FILE --host NAME --name-checks|--no-name-checks [--ca PEM] [--smtp]",
     TOOL_TLSA_OPTIONS, false, tool_tlsa},
    {"report", "FILE    a DMARC aggregate report (XML, gzip) or a TLS report (JSON)",
     TOOL_LINE_OPTIONS, false, tool_report},
    {"iprev", "--ip IP", TOOL_PEER_OPTIONS, true, tool_iprev},
    {"dnsbl", "--zone LIST --ip IP|--domain NAME", TOOL_PEER_OPTIONS, true, tool_dnsbl},
    {"bimi", "--domain NAME [--selector S]", TOOL_PEER_OPTIONS, true, tool_bimi},
    {"sts", "< lines {\"kind\": \"sts-record|sts-policy|tlsrpt-record\", \"text\": ...}",
     TOOL_LINE_OPTIONS, false, tool_sts},
    {"addr", "[--smtputf8] < lines \"address\"", TOOL_LINE_OPTIONS, false, tool_addr},
    {"psl", "< lines \"domain\" or null", TOOL_LINE_OPTIONS, false, tool_psl},
};

enum { TOOL_COMMAND_COUNT = sizeof TOOL_COMMANDS / sizeof TOOL_COMMANDS[0] };

/* The command whose words argv starts with; *words is how many they are. NULL if there is none. */
static const struct tool_command *tool_find(int argc, char **argv, int *words)
{
    for (size_t i = 0; i < TOOL_COMMAND_COUNT; i++) {
        struct slice rest = slice_of(TOOL_COMMANDS[i].name);
        struct slice word;
        int at = 0;
        bool same = true;
        while (slice_split(&rest, ' ', &word)) {
            same = same && at < argc && slice_is(word, argv[at]);
            at++;
        }
        *words = at;
        if (same)
            return &TOOL_COMMANDS[i];
    }
    return NULL;
}

static void tool_command_usage(const struct tool_command *command, struct buf *out)
{
    buf_format(out, "  authcheck %s %s%s\n", command->name,
               command->needs_dns ? "(--dns ZONE.json | --resolver HOST:PORT) " : "",
               command->usage);
}

static void tool_usage(struct buf *out)
{
    buf_add_text(out, "authcheck checks mail authentication and prints one JSON object.\n\n");
    for (size_t i = 0; i < TOOL_COMMAND_COUNT; i++)
        tool_command_usage(&TOOL_COMMANDS[i], out);
    buf_add_text(out, "  authcheck explain COMMAND ...: the same, as a tree of facts for people\n");
}

static int tool_open_dns(struct tool *tool, struct err *err)
{
    const char *zone = args_get(&tool->args, "dns");
    const char *server = args_get(&tool->args, "resolver");
    if (zone != NULL) {
        if (zone_load(zone, &tool->zone, err) != 0)
            return -1;
        tool->resolver = zone_resolver(tool->zone);
        /* A record that cannot be read is told of, but keeps nothing from running. */
        if (zone_check(tool->zone, err) != 0)
            err_prefix(err, "%s", zone);
        return 0;
    }
    if (server == NULL)
        return err_set(err,
                       "--dns FILE or --resolver HOST:PORT is missing; try authcheck %s --help",
                       tool->args.command);
    if (stub_open(server, &tool->stub, err) != 0)
        return -1;
    tool->resolver = stub_resolver(tool->stub);
    return 0;
}

static int tool_run_command(struct tool *tool, const struct tool_command *command, bool explain,
                            struct err *err)
{
    uint64_t now_s = 0;
    size_t before = tool->out->len;
    if (args_number(&tool->args, "time", (uint64_t)(time_now_us() / TIME_SECOND), &now_s, err) != 0)
        return -1;
    if (now_s > INT64_MAX / TIME_SECOND)
        now_s = INT64_MAX / TIME_SECOND;
    tool->now_us = (int64_t)now_s * TIME_SECOND;
    if (command->needs_dns && tool_open_dns(tool, err) != 0)
        return -1;
    if (command->run(tool, err) != 0)
        return -1;
    if (explain && tool->facts.count > 0) {
        buf_truncate(tool->out, before);
        if (tool->verdict != NULL)
            buf_format(tool->out, "%s\n\n", tool->verdict);
        facts_to_tree(&tool->facts, tool->out);
    } else if (tool->out->len > before && tool->out->data[tool->out->len - 1] != '\n') {
        buf_add_char(tool->out, '\n');
    }
    return 0;
}

/* No such command: what may follow the first word, or the nearest name. */
static void tool_unknown(int argc, char **argv, struct err *err)
{
    const char *names[TOOL_COMMAND_COUNT + 1] = {NULL};
    char typed[64] = "";
    char follows[64] = "";
    const char *first = argc > 0 ? argv[0] : "";
    for (size_t i = 0; i < TOOL_COMMAND_COUNT; i++) {
        const char *space = strchr(TOOL_COMMANDS[i].name, ' ');
        names[i] = TOOL_COMMANDS[i].name;
        if (space != NULL && slice_is(slice_from(names[i], (size_t)(space - names[i])), first))
            snprintf(follows + strlen(follows), sizeof follows - strlen(follows), "%s%s",
                     follows[0] != '\0' ? " or " : "", space + 1);
    }
    snprintf(typed, sizeof typed, "%s%s%s", first, follows[0] != '\0' && argc > 1 ? " " : "",
             follows[0] != '\0' && argc > 1 ? argv[1] : "");
    const char *near = text_nearest(typed, names);
    if (follows[0] != '\0')
        err_set(err, "unknown command \"%s\"; behind \"%s\" comes %s", typed, first, follows);
    else if (near != NULL)
        err_set(err, "unknown command \"%s\"; did you mean \"%s\"?", typed, near);
    else
        err_set(err, "unknown command \"%s\"; authcheck --help lists them", typed);
}

int tool_run(int argc, char **argv, struct buf *out, struct err *err)
{
    int words = 0;
    bool explain = argc > 1 && strcmp(argv[1], "explain") == 0;
    int skip = explain ? 2 : 1;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        tool_usage(out);
        return argc < 2 ? 2 : 0;
    }
    const struct tool_command *command = tool_find(argc - skip, argv + skip, &words);
    if (command == NULL) {
        tool_unknown(argc - skip, argv + skip, err);
        return 2;
    }
    if (argc > skip + words && strcmp(argv[skip + words], "--help") == 0) {
        tool_command_usage(command, out);
        return 0;
    }
    struct tool tool = {.out = out};
    skip += words;
    arena_init(&tool.arena);
    facts_init(&tool.facts, &tool.arena);
    json_out_init(&tool.json, out);
    tool.args.command = command->name;
    int status = args_parse(&tool.args, argc - skip, argv + skip, command->known, err);
    if (status == 0)
        status = tool_run_command(&tool, command, explain, err);
    zone_free(&tool.zone);
    stub_close(&tool.stub);
    arena_deinit(&tool.arena);
    return status == 0 ? 0 : 2;
}
