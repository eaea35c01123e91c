/*
 * The commands of authcheck. Each reads its arguments, runs one check, and writes one JSON object
 * (or, for the line commands, one a line) into `out`. 0, or -1 with what kept it from running.
 */
#pragma once

#include "mta-under-test/base/json_out.h"
#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/core/ip.h"
#include "mta-under-test/mailauth/dkim/dkim_verify.h"
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
    const char *verdict; /* in one sentence, for explain; NULL if the command has none */
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

/* Runs the program: everything but the printing. Returns the exit code; what is to be printed on
 * standard output is in `out`, an error in `err`. */
int tool_run(int argc, char **argv, struct buf *out, struct err *err);

/* The message of the file argument ("-" for standard input) with CRLF line ends: where a line
 * of the header ends in LF alone, as in files, all bare LFs become CRLF; else it is taken as is. */
int tool_read_message(struct tool *tool, struct slice *message, struct err *err) MUST_CHECK;

/* Reads standard input whole. */
int tool_read_stdin(struct tool *tool, struct slice *text, struct err *err) MUST_CHECK;

/* --ip as an address. */
int tool_ip(struct tool *tool, struct ip_address *ip, struct err *err) MUST_CHECK;

/* The message of the file argument, cut. */
int tool_read_parsed(struct tool *tool, struct message *message, struct err *err) MUST_CHECK;

/* --key as a private key; release with EVP_PKEY_free(). */
int tool_read_key(struct tool *tool, EVP_PKEY **key, struct err *err) MUST_CHECK;

/* --time, --allow-sha1 and --min-rsa-bits. */
int tool_verify_options(struct tool *tool, struct dkim_verify_options *options,
                        struct err *err) MUST_CHECK;

/* Writes the outcomes as an array. */
void tool_dkim_results(struct json_out *json, const char *key,
                       const struct dkim_outcomes *outcomes);

int tool_spf(struct tool *tool, struct err *err) MUST_CHECK;
int tool_dkim_verify(struct tool *tool, struct err *err) MUST_CHECK;
int tool_dkim_sign(struct tool *tool, struct err *err) MUST_CHECK;
int tool_arc_verify(struct tool *tool, struct err *err) MUST_CHECK;
int tool_arc_seal(struct tool *tool, struct err *err) MUST_CHECK;
int tool_dmarc(struct tool *tool, struct err *err) MUST_CHECK;
int tool_iprev(struct tool *tool, struct err *err) MUST_CHECK;
int tool_dnsbl(struct tool *tool, struct err *err) MUST_CHECK;
int tool_bimi(struct tool *tool, struct err *err) MUST_CHECK;
int tool_report(struct tool *tool, struct err *err) MUST_CHECK;
int tool_tlsa(struct tool *tool, struct err *err) MUST_CHECK;
int tool_sts(struct tool *tool, struct err *err) MUST_CHECK;
int tool_addr(struct tool *tool, struct err *err) MUST_CHECK;
int tool_psl(struct tool *tool, struct err *err) MUST_CHECK;
