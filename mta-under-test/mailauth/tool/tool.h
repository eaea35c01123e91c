/*
 * The commands of authcheck. Each reads its arguments, runs one check, and writes one JSON object
 * (or, for the line commands, one a line) into `out`. 0, or -1 with what kept it from running.
 */
#pragma once

#include "mta-under-test/base/json_out.h"
#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/core/ip.h"
#include "mta-under-test/mailauth/tool/args.h"

enum { TOOL_OUTPUT_BYTES_MAX = 512 * 1024 * 1024, TOOL_MESSAGE_BYTES_MAX = 256 * 1024 * 1024 };

/* What a command has at hand. */
struct tool {
    struct args args;
    struct arena arena;
    struct dns_resolver resolver;
    struct zone *zone; /* of --dns, or NULL */
    struct stub *stub; /* of --resolver, or NULL */
    struct facts facts;
    struct buf *out;
    struct json_out json;
    int64_t now_us;
};

struct tool_command {
    const char *name; /* "spf", "dkim verify", ... */
    const char *usage;
    const char *const *known; /* options */
    bool needs_dns;
    int (*run)(struct tool *tool, struct err *err);
};

/* The command whose words argv starts with; *words is how many they are. NULL if there is none. */
const struct tool_command *tool_find(int argc, char **argv, int *words);

/* Runs the program: everything but the printing. Returns the exit code; what is to be printed on
 * standard output is in `out`, an error in `err`. */
int tool_run(int argc, char **argv, struct buf *out, struct err *err);

/* The message of the file argument ("-" for standard input) with CRLF line ends: where the first
 * line ends in LF alone, as in files, all bare LFs become CRLF; else it is taken as it is. */
int tool_read_message(struct tool *tool, struct slice *message, struct err *err) MUST_CHECK;

/* Reads standard input whole. */
int tool_read_stdin(struct tool *tool, struct slice *text, struct err *err) MUST_CHECK;

/* --ip as an address. */
int tool_ip(struct tool *tool, struct ip_address *ip, struct err *err) MUST_CHECK;

int tool_spf(struct tool *tool, struct err *err) MUST_CHECK;
