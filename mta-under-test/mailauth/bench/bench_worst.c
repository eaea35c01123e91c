#include "mta-under-test/mailauth/bench/bench_worst.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/authres/authres.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

#include "mta-under-test/base/poison.h"

enum {
    WORST_MEGABYTE = 1024 * 1024,
    WORST_BYTES_MAX = 256 * WORST_MEGABYTE,
    WORST_RESULT_BYTES = 64,
    WORST_KEYS_MAX = 1000
};

/* What a case builds and what came of it. */
struct worst {
    struct buf message;
    struct slice mail_from;
    struct dns_cache cache; /* what DNS knows; all other names do not exist */
    unsigned questions;
    char result[WORST_RESULT_BYTES];
};

/* What a case's process tells the one that started it. */
struct worst_told {
    unsigned questions;
    char result[WORST_RESULT_BYTES];
};

static const struct dns_answer *worst_lookup(void *context, enum dns_type type, struct slice name)
{
    static const struct dns_answer NONE = {.status = DNS_NXDOMAIN};
    struct worst *worst = context;
    const struct dns_answer *known = dns_cache_get(&worst->cache, type, name);
    worst->questions++;
    return known != NULL ? known : &NONE;
}

static void worst_put(struct worst *worst, const char *name, struct slice text)
{
    struct dns_record record = {.data = text};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(&worst->cache, DNS_TYPE_TXT, slice_of(name), &answer);
}

static void worst_repeat(struct buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_add_text(out, text);
}

/* All checks over the message. */
static void worst_check(struct worst *worst)
{
    struct arena arena;
    struct facts facts;
    struct message message;
    struct dkim_key_cache keys;
    struct auth_outcome outcome;
    struct dns_resolver resolver = {worst, worst_lookup};
    arena_init(&arena);
    facts_init(&facts, &arena);
    dkim_key_cache_init(&keys, WORST_KEYS_MAX);
    if (message_parse(&arena, buf_slice(&worst->message), &message)) {
        struct auth_request request = {.helo = SLICE("h.test"),
                                       .mail_from = worst->mail_from,
                                       .message = &message,
                                       .receiver = SLICE("mx.test"),
                                       .dmarc_version = DMARC_RFC9989};
        auth_check(&request, &resolver, &keys, &arena, &facts, &outcome);
        snprintf(worst->result, sizeof worst->result, "spf %s, %zu dkim, arc %s, dmarc %s",
                 spf_result_name(outcome.spf.result), outcome.dkim.count,
                 arc_status_name(outcome.arc.status), dmarc_result_name(outcome.dmarc.result));
    } else {
        snprintf(worst->result, sizeof worst->result, "refused: too many fields");
    }
    dkim_key_cache_deinit(&keys);
    arena_deinit(&arena);
}

static void worst_add_signature(struct buf *out, size_t limit, const char *names)
{
    buf_format(out,
               "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=x.test; s=s; l=%zu;\r\n"
               " bh=AAAA; b=AAAA; h=from%s\r\n",
               limit, names);
}

static void worst_end(struct worst *worst)
{
    buf_add_text(&worst->message, "From: a@x.test\r\n\r\nbody\r\n");
    worst_check(worst);
}

static void worst_signatures(struct worst *worst)
{
    for (size_t i = 0; i < 10000; i++)
        worst_add_signature(&worst->message, i % 7, ":to:subject:date");
    worst_end(worst);
}

static void worst_sets(struct worst *worst)
{
    for (size_t i = 0; i < 10000; i++)
        buf_format(&worst->message,
                   "ARC-Seal: i=%zu; a=rsa-sha256; cv=pass; d=x.test; s=s; b=AAAA\r\n"
                   "ARC-Message-Signature: i=%zu; a=rsa-sha256; d=x.test; s=s; h=from; bh=AAAA; "
                   "b=AAAA\r\nARC-Authentication-Results: i=%zu; mx.test; none\r\n",
                   i % 50 + 1, i % 50 + 1, i % 50 + 1);
    worst_end(worst);
}

static void worst_long_field(struct worst *worst)
{
    for (size_t i = 0; i < 50; i++)
        worst_add_signature(&worst->message, 0, ":subject");
    buf_add_text(&worst->message, "Subject:");
    worst_repeat(&worst->message, " \t a\r\n", WORST_MEGABYTE / 6);
    buf_add_text(&worst->message, " end\r\n");
    worst_end(worst);
}

static void worst_many_fields(struct worst *worst)
{
    struct buf names;
    buf_init(&names, WORST_MEGABYTE);
    worst_repeat(&names, ":a", 10000);
    for (size_t i = 0; i < 50; i++)
        worst_add_signature(&worst->message, 0, buf_text(&names));
    buf_deinit(&names);
    worst_repeat(&worst->message, "a:\r\n", WORST_MEGABYTE / 4 * 2 / 3);
    worst_end(worst);
}

static void worst_authors(struct worst *worst)
{
    buf_add_text(&worst->message, "From: ");
    worst_repeat(&worst->message, "((((((((((c)))))))))) \"q\" <a@a.b.c.d.e.f.g.h.x.test>, ",
                 WORST_MEGABYTE / 56);
    buf_add_text(&worst->message, "z@y.test\r\n");
    worst_end(worst);
}

static void worst_large_body(struct worst *worst)
{
    static const char LINE[] = "A line of a  body with\tsome white space at its end.   \r\n";
    for (size_t i = 0; i < 50; i++)
        worst_add_signature(&worst->message, i * 10000000, "");
    buf_add_text(&worst->message, "From: a@x.test\r\n\r\n");
    worst_repeat(&worst->message, LINE, (size_t)100 * WORST_MEGABYTE / (sizeof LINE - 1));
    worst_check(worst);
}

/* Each of ten terms expands a long local-part many times. */
static void worst_macros(struct worst *worst)
{
    struct buf sender;
    struct buf record;
    buf_init(&sender, WORST_MEGABYTE);
    buf_init(&record, WORST_MEGABYTE);
    worst_repeat(&sender, "a.", 32000);
    buf_add_text(&sender, "a@x.test");
    buf_add_text(&record, "v=spf1");
    for (size_t i = 0; i < 2000; i++)
        buf_add_text(&record, " exists:%{L9999r.-+}%{S}%{s}%{l}%{h}.x.test");
    worst_put(worst, "x.test", buf_slice(&record));
    worst->mail_from = buf_slice(&sender);
    worst_end(worst);
    buf_deinit(&record);
    buf_deinit(&sender);
}

static void worst_include_loop(struct worst *worst)
{
    worst_put(worst, "x.test", SLICE("v=spf1 include:x.test include:x.test redirect=x.test"));
    worst->mail_from = SLICE("a@x.test");
    worst_end(worst);
}

/* As many terms as are read, once for each of the ten includes. */
static void worst_long_record(struct worst *worst)
{
    struct buf record;
    buf_init(&record, 65536);
    buf_add_text(&record, "v=spf1");
    worst_repeat(&record, " ip6:2001:db8:1:2:3:4:5:6/127", 1990);
    buf_add_text(&record, " include:x.test");
    worst_put(worst, "x.test", buf_slice(&record));
    worst->mail_from = SLICE("a@x.test");
    worst_end(worst);
    buf_deinit(&record);
}

static void worst_results(struct worst *worst)
{
    struct arena arena;
    struct authres results;
    const char *wrong = NULL;
    arena_init(&arena);
    buf_add_text(&worst->message, " mx.test");
    worst_repeat(&worst->message, ";\r\n a=b (((c))) d.e=\"f\"", 50000);
    for (size_t i = 0; i < 100; i++)
        wrong = authres_parse(&arena, buf_slice(&worst->message), &results);
    snprintf(worst->result, sizeof worst->result, "%.60s", wrong != NULL ? wrong : "read");
    arena_deinit(&arena);
}

static void worst_bomb(struct worst *worst)
{
    struct arena arena;
    struct dmarc_report report;
    struct err err = {{0}};
    struct buf packed;
    char *zeros = mem_alloc((size_t)200 * WORST_MEGABYTE);
    buf_init(&packed, WORST_MEGABYTE);
    dmarc_report_gzip(slice_from(zeros, (size_t)200 * WORST_MEGABYTE), &packed);
    free(zeros);
    arena_init(&arena);
    if (dmarc_report_read(&arena, buf_slice(&packed), &report, &err) == 0)
        snprintf(err.text, sizeof err.text, "read");
    snprintf(worst->result, sizeof worst->result, "%.60s", err.text);
    arena_deinit(&arena);
    buf_deinit(&packed);
}

static const struct {
    const char *name;
    void (*run)(struct worst *worst);
} WORST_CASES[] = {
    {"10,000 DKIM signatures", worst_signatures},
    {"10,000 ARC sets", worst_sets},
    {"a field of 1 MB, 50 signatures over it", worst_long_field},
    {"170,000 fields, 50 signatures that name 10,000", worst_many_fields},
    {"a From of 1 MB with 19,000 authors", worst_authors},
    {"a body of 100 MB, 50 signatures with 50 l=", worst_large_body},
    {"an SPF macro bomb of 2,000 terms", worst_macros},
    {"an SPF include loop", worst_include_loop},
    {"an SPF record of 2,000 terms that includes itself", worst_long_record},
    {"100 Authentication-Results of 50,000 results each", worst_results},
    {"a report of 200 MB in a gzip of 200 kB", worst_bomb},
};

/* In the child: the whole case. */
static void worst_child(size_t index, int out)
{
    struct worst worst = {.mail_from = SLICE("a@x.test")};
    struct worst_told told;
    memset(&told, 0, sizeof told);
    buf_init(&worst.message, WORST_BYTES_MAX);
    dns_cache_init(&worst.cache);
    WORST_CASES[index].run(&worst);
    told.questions = worst.questions;
    memcpy(told.result, worst.result, sizeof told.result);
    _exit(write(out, &told, sizeof told) == (ssize_t)sizeof told ? 0 : 1);
}

static int worst_measure(size_t index, struct json_out *json)
{
    struct worst_told told;
    struct rusage used;
    int ends[2];
    int status = 0;
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0)
        worst_child(index, ends[1]);
    close(ends[1]);
    bool complete = child > 0 && read(ends[0], &told, sizeof told) == (ssize_t)sizeof told;
    close(ends[0]);
    while (child > 0 && wait4(child, &status, 0, &used) < 0 && errno == EINTR)
        continue;
    if (!complete || status != 0)
        return -1;
    int64_t ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
                 (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    json_out_object(json, NULL);
    json_out_text(json, "case", WORST_CASES[index].name);
    json_out_int(json, "cpu_ms", ms);
    json_out_int(json, "memory_mb", used.ru_maxrss / 1024);
    json_out_int(json, "questions", told.questions);
    json_out_text(json, "result", told.result);
    json_out_end(json);
    return 0;
}

int bench_worst(struct json_out *json)
{
    int status = 0;
    json_out_object(json, NULL);
    json_out_array(json, "worst_cases");
    for (size_t i = 0; i < sizeof WORST_CASES / sizeof WORST_CASES[0] && status == 0; i++)
        status = worst_measure(i, json);
    json_out_end(json);
    json_out_end(json);
    return status;
}
