/*
 * Builds a small event log by hand and judges it: what a test says is what the simulator would have
 * seen. Each function adds the events of one step at the time of the fixture's clock.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/check/check.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/unit.h"

static struct {
    FILE *log;
    char path[64];
    int64_t now_us;
    long seq;
    struct scenario scenario;
    struct scenario_message messages[4];
    struct spec_document *document;
    struct check_report *report;
    struct err err;
} fx;

static inline void event(const char *source, const char *kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

static inline void event(const char *source, const char *kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(fx.log, "{\"seq\":%ld,\"at\":%lld,\"source\":\"%s\",\"kind\":\"%s\"", fx.seq++,
            (long long)fx.now_us, source, kind);
    if (*format != '\0') {
        fputc(',', fx.log);
        vfprintf(fx.log, format, args);
    }
    fputs("}\n", fx.log);
    va_end(args);
}

static inline void at(int64_t us)
{
    fx.now_us = us;
}

/* A scenario with one message to one recipient, and what it expects. */
static inline void begin(const char *to, const char *expect)
{
    static const char *recipient[1];
    static struct check_list none;
    snprintf(fx.path, sizeof fx.path, "/tmp/mailrange-check-XXXXXX");
    int fd = mkstemp(fx.path);
    ck_assert_int_ge(fd, 0);
    fx.log = fdopen(fd, "w");
    recipient[0] = to;
    fx.messages[0] = (struct scenario_message){
        .id = "m1", .from = "news@sender.test", .to = recipient, .to_count = 1, .instances = 1};
    fx.scenario.name = "test";
    fx.scenario.file = "test.json";
    fx.scenario.label = "test.json";
    fx.scenario.about = "";
    fx.scenario.cell = "";
    fx.scenario.messages = fx.messages;
    fx.scenario.message_count = 1;
    fx.scenario.checks = &none;
    fx.document = spec_document_parse("test.json", slice_of(expect), &fx.err);
    ck_assert_msg(fx.document != NULL, "%s", fx.err.text);
    ck_assert_msg(check_list_parse(spec_root(fx.document), NULL, 0, &fx.scenario.arena,
                                   &fx.scenario.checks, &fx.err) == 0,
                  "%s", fx.err.text);
    event("run", "start",
          "\"scenario\":\"test\",\"mta\":\"refmta\",\"hostname\":\"mail.sender.test\","
          "\"clock\":\"virtual\",\"started\":\"2026-03-02T09:00:00Z\",\"seed\":1");
    event("mta", "ready", "\"name\":\"refmta\"");
}

/* From here on the scenario sends nothing: mail comes from a command. */
static inline void unseen(void)
{
    fx.scenario.message_count = 0;
}

static inline void submit_as(const char *id, const char *from, const char *to)
{
    event("submitter", "submit", "\"message\":\"%s\",\"from\":\"%s\",\"to\":[\"%s\"]", id, from,
          to);
    event("submitter", "accepted", "\"message\":\"%s\",\"from\":\"%s\",\"to\":[\"%s\"]", id, from,
          to);
}

static inline void submit(const char *to)
{
    submit_as("m1", fx.messages[0].from, to);
}

/* The answers to MX and A queries. */
static inline void dns(const char *domain, const char *mx, const char *address)
{
    if (mx != NULL)
        event("dns", "query",
              "\"name\":\"%s\",\"type\":\"MX\",\"rcode\":\"NOERROR\",\"answers\":1,\"data\":[\"10 "
              "%s\"]",
              domain, mx);
    event("dns", "query",
          "\"name\":\"%s\",\"type\":\"A\",\"rcode\":\"NOERROR\",\"answers\":1,\"data\":[\"%s\"]",
          mx != NULL ? mx : domain, address);
}

static inline void connect_to(const char *host, const char *session, const char *server)
{
    event("mx", "connect", "\"session\":\"%s\",\"host\":\"%s\",\"server\":\"%s\",\"port\":25",
          session, host, server);
}

static inline void reply(const char *session, const char *stage, int code, const char *text)
{
    event("mx", "reply", "\"session\":\"%s\",\"stage\":\"%s\",\"code\":%d,\"text\":\"%s\"", session,
          stage, code, text);
}

static inline void mail(const char *session, const char *from)
{
    event("mx", "command", "\"session\":\"%s\",\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<%s>\"",
          session, from);
    reply(session, "mail", 250, "2.1.0 ok");
}

static inline void rcpt(const char *session, const char *to, int code, const char *text)
{
    event("mx", "command", "\"session\":\"%s\",\"verb\":\"RCPT\",\"line\":\"RCPT TO:<%s>\"",
          session, to);
    event("mx", "reply",
          "\"session\":\"%s\",\"stage\":\"rcpt\",\"code\":%d,\"text\":\"%s\",\"recipient\":\"%s\"",
          session, code, text, to);
}

static inline void data(const char *session)
{
    event("mx", "command", "\"session\":\"%s\",\"verb\":\"DATA\",\"line\":\"DATA\"", session);
    reply(session, "data", 354, "go ahead");
}

static inline void accepted(const char *session, const char *host, const char *to, const char *more)
{
    event("mx", "accepted",
          "\"session\":\"%s\",\"host\":\"%s\",\"from\":\"news@sender.test\",\"to\":[\"%s\"],"
          "\"message\":\"m1\"%s",
          session, host, to, more);
}

static inline void bye(const char *session)
{
    event("mx", "command", "\"session\":\"%s\",\"verb\":\"QUIT\",\"line\":\"QUIT\"", session);
    event("mx", "disconnect", "\"session\":\"%s\",\"by\":\"client\",\"quit\":true", session);
}

/* A whole session that the host ends well or with a refusal at RCPT. */
static inline void try_rcpt(const char *session, int code, const char *text)
{
    connect_to("mx.a.test", session, "198.18.1.1");
    mail(session, "news@sender.test");
    rcpt(session, "bob@a.test", code, text);
    bye(session);
}

static inline void deliver(const char *session, const char *more)
{
    connect_to("mx.a.test", session, "198.18.1.1");
    mail(session, "news@sender.test");
    rcpt(session, "bob@a.test", 250, "ok");
    data(session);
    accepted(session, "mx.a.test", "bob@a.test", more);
    reply(session, "data-end", 250, "2.0.0 taken");
    bye(session);
}

/* A whole session that ends in an acceptance of mail that has no name in the scenario. */
static inline void deliver_unseen(const char *session, const char *id, const char *more)
{
    connect_to("mx.a.test", session, "198.18.1.1");
    mail(session, "news@sender.test");
    rcpt(session, "bob@a.test", 250, "ok");
    data(session);
    event("mx", "accepted",
          "\"session\":\"%s\",\"host\":\"mx.a.test\",\"from\":\"news@sender.test\","
          "\"to\":[\"bob@a.test\"],\"message\":\"\",\"digest\":\"d1\",\"message-id\":\"%s\"%s",
          session, id, more);
    bye(session);
}

static inline void bounce_to(const char *session, const char *from, const char *to,
                             const char *action)
{
    connect_to("inbox.sender.test", session, "198.18.9.9");
    mail(session, from);
    rcpt(session, to, 250, "ok");
    data(session);
    event("mx", "accepted",
          "\"session\":\"%s\",\"host\":\"inbox.sender.test\",\"from\":\"%s\",\"to\":[\"%s\"],"
          "\"message\":\"\",\"dsn\":{\"reporting-mta\":\"mail.sender.test\",\"message\":\"%s\","
          "\"recipients\":[{\"recipient\":\"bob@a.test\",\"original-recipient\":\"\","
          "\"action\":\"%s\",\"status\":\"5.1.1\",\"diagnostic\":\"550 no such user\","
          "\"remote-mta\":\"mx.a.test\"}]}",
          session, from, to, fx.scenario.message_count > 0 ? "m1" : "", action);
    bye(session);
}

/* Ends the log and judges it. */
static inline void judge(const char *reason)
{
    event("run", "end", "\"reason\":\"%s\",\"detail\":\"\"", reason);
    fclose(fx.log);
    int result = check_run(&fx.scenario, fx.path, &fx.report, &fx.err);
    unlink(fx.path);
    ck_assert_msg(result == 0, "%s", fx.err.text);
}

static inline const struct check_result *expectation(size_t i)
{
    ck_assert_uint_lt(i, fx.report->expectation_count);
    return &fx.report->expectations[i];
}

static inline const struct check_result *invariant(const char *name)
{
    for (size_t i = 0; i < fx.report->invariant_count; i++) {
        if (strcmp(fx.report->invariants[i].name, name) == 0)
            return &fx.report->invariants[i];
    }
    ck_abort_msg("no invariant is called %s", name);
}

/* Is there a finding of that kind whose text holds `part`? */
static inline bool has_finding(const char *what, const char *part)
{
    for (size_t i = 0; i < fx.report->finding_count; i++) {
        if (strcmp(fx.report->findings[i].what, what) == 0 &&
            strstr(fx.report->findings[i].text, part) != NULL)
            return true;
    }
    return false;
}

static inline void done(void)
{
    check_report_free(&fx.report);
    check_list_release(&fx.scenario.checks);
    arena_deinit(&fx.scenario.arena);
    spec_document_free(&fx.document);
    memset(&fx, 0, sizeof fx);
}
