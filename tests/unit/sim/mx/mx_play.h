/*
 * Plays a dialogue with a simulated host, without sockets and with a clock of its own. A script has
 * one line a step:
 *
 *     > text        the client sends the line
 *     >> text       the client sends it without an end of line; \r \n \0 stand for the bytes
 *     < text        the next line of the reply begins so
 *     .             nothing more was said
 *     + 5m          time goes on
 *     ! need        what the session needs now: input, delay 30s, tls, close, reset, hang,
 * half-close go            a delay is over (time goes on), a half close is done tls           a
 * handshake succeeds new [ADDRESS] the client leaves (if it is there) and connects, from ADDRESS
 *     also ADDRESS  one more connection, which stays open
 *     called N      the sender's mail host has answered with the class N, 0 = not at all
 *     bye           the client leaves
 *     fired N name  the rule has fired N times
 *     log text      somewhere in the event log stands the text
 *     nolog text    nowhere
 */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_session.h"
#include "tests/unit/unit.h"

#define PLAY_START_US (INT64_C(1772442000) * TIME_SECOND) /* Monday 2026-03-02 09:00 */

enum { PLAY_EXTRA_MAX = 64 };

struct play {
    const char *name;
    struct arena arena;
    struct spec_document *document;
    struct mx_model *model;
    struct mx_host *host;
    struct mx_verifier *verifier; /* set by a test that wants one */
    struct event_log *log;
    int log_fd;
    struct mx_session *session;
    struct mx_session *extra[PLAY_EXTRA_MAX];
    size_t extra_count;
    struct buf said;
    struct buf input;
    int64_t now_us;
    struct mx_limits limits;
};

static inline void play_take_output(struct play *play)
{
    struct buf *output = mx_session_output(play->session);
    buf_add_slice(&play->said, buf_slice(output));
    buf_reset(output);
    mx_session_drip_done(play->session);
}

static inline void play_feed(struct play *play, struct slice bytes)
{
    buf_add_slice(&play->input, bytes);
    for (;;) {
        size_t consumed = mx_session_feed(play->session, play->now_us, buf_slice(&play->input));
        buf_consume(&play->input, consumed);
        play_take_output(play);
        if (consumed == 0)
            return;
    }
}

static inline void play_leave(struct play *play)
{
    if (play->session == NULL)
        return;
    enum mx_need need = mx_session_need(play->session);
    mx_session_end(play->session, play->now_us,
                   need == MX_NEED_CLOSE || need == MX_NEED_RESET ? "server" : "client");
    mx_session_free(&play->session);
    buf_reset(&play->said);
    buf_reset(&play->input);
}

static inline struct mx_session *play_connect(struct play *play, const char *address)
{
    struct mx_session_options options = {
        .host = play->host,
        .limits = &play->limits,
        .log = play->log,
        .start_us = PLAY_START_US,
        .port = 25,
        .client_name = "client.test",
        .verifier = play->verifier,
    };
    ck_assert_int_eq(address_from_text(slice_of(address), &options.client), 0);
    ck_assert_int_eq(address_from_text(SLICE("198.18.1.1"), &options.server), 0);
    struct mx_session *session = mx_session_new(&options);
    mx_session_open(session, play->now_us);
    return session;
}

static inline void play_check_need(struct play *play, const char *wanted)
{
    static const char *const WORDS[] = {"input", "delay", "tls",  "call",
                                        "close", "reset", "hang", "half-close"};
    char text[TIME_TEXT_BYTES];
    char now[128];
    enum mx_need need = mx_session_need(play->session);
    if (need == MX_NEED_DELAY)
        snprintf(now, sizeof now, "delay %s",
                 time_span_to_text(mx_session_delay_us(play->session), text));
    else
        snprintf(now, sizeof now, "%s", WORDS[need]);
    ck_assert_msg(strcmp(now, wanted) == 0, "%s: needs %s, expected %s", play->name, now, wanted);
}

static inline void play_check_said(struct play *play, const char *wanted)
{
    struct slice said = buf_slice(&play->said);
    size_t end = slice_find_slice(said, SLICE("\r\n"));
    struct slice line = end == SIZE_MAX ? said : slice_first(said, end);
    ck_assert_msg(end != SIZE_MAX && slice_starts_with(line, slice_of(wanted)),
                  "%s: said \"%.*s\", expected \"%s\"", play->name, SLICE_ARG(line), wanted);
    buf_consume(&play->said, end + 2);
}

static inline void play_check_log(struct play *play, const char *text, bool wanted)
{
    char path[64];
    struct buf all;
    struct err err;
    event_log_flush(play->log);
    snprintf(path, sizeof path, "/proc/self/fd/%d", play->log_fd);
    buf_init(&all, 16 * 1024 * 1024);
    ck_assert_msg(file_read(path, &all, &err) == 0, "%s", err.text);
    bool found = slice_find_slice(buf_slice(&all), slice_of(text)) != SIZE_MAX;
    ck_assert_msg(found == wanted, "%s: %s in the log: %s\n%s", play->name,
                  wanted ? "not" : "should not be", text, buf_text(&all));
    buf_deinit(&all);
}

static inline void play_send_raw(struct play *play, const char *text)
{
    struct buf bytes;
    buf_init(&bytes, 1024 * 1024);
    for (; *text != '\0'; text++) {
        char c = *text;
        if (c == '\\' && text[1] != '\0') {
            text++;
            c = *text == 'r' ? '\r' : *text == 'n' ? '\n' : *text == '0' ? '\0' : *text;
        }
        buf_add_char(&bytes, c);
    }
    play_feed(play, buf_slice(&bytes));
    buf_deinit(&bytes);
}

static inline void play_go(struct play *play)
{
    if (mx_session_need(play->session) == MX_NEED_DELAY)
        play->now_us += mx_session_delay_us(play->session);
    mx_session_continue(play->session, play->now_us);
    play_take_output(play);
    play_feed(play, SLICE(""));
}

static inline void play_tls(struct play *play)
{
    const struct mx_tls_facts facts = {.version = "TLSv1.3",
                                       .cipher = "TLS_AES_256_GCM_SHA384",
                                       .sni = "",
                                       .session = "s1",
                                       .client = ""};
    bool stray = play->input.len > 0;
    buf_reset(&play->input);
    mx_session_tls_started(play->session, play->now_us, &facts, stray);
    play_take_output(play);
}

static inline void play_step_connection(struct play *play, const char *step)
{
    if (strcmp(step, "bye") == 0) {
        play_leave(play);
    } else if (strncmp(step, "also ", 5) == 0) {
        play->extra[play->extra_count++] = play_connect(play, step + 5);
    } else {
        play_leave(play);
        play->session = play_connect(play, step[3] == ' ' ? step + 4 : "192.0.2.10");
        play_take_output(play);
    }
}

static inline void play_step(struct play *play, const char *step)
{
    int64_t span_us;
    if (strncmp(step, ">> ", 3) == 0) {
        play_send_raw(play, step + 3);
    } else if (strncmp(step, "> ", 2) == 0) {
        play_feed(play, slice_of(step + 2));
        play_feed(play, SLICE("\r\n"));
    } else if (strncmp(step, "< ", 2) == 0) {
        play_check_said(play, step + 2);
    } else if (strcmp(step, ".") == 0) {
        ck_assert_msg(play->said.len == 0, "%s: also said \"%s\"", play->name,
                      buf_text(&play->said));
    } else if (strncmp(step, "+ ", 2) == 0) {
        ck_assert_int_eq(time_span_from_text(slice_of(step + 2), &span_us), 0);
        play->now_us += span_us;
    } else if (strncmp(step, "! ", 2) == 0) {
        play_check_need(play, step + 2);
    } else if (strncmp(step, "fired ", 6) == 0) {
        ck_assert_msg(mx_rulebook_fired(&play->host->rules, step + 8) == step[6] - '0', "%s: %s",
                      play->name, step);
    } else if (strncmp(step, "log ", 4) == 0) {
        play_check_log(play, step + 4, true);
    } else if (strncmp(step, "nolog ", 6) == 0) {
        play_check_log(play, step + 6, false);
    } else if (strncmp(step, "called ", 7) == 0) {
        mx_session_called_back(play->session, play->now_us, (step[7] - '0') * 100, "x");
        play_take_output(play);
        play_feed(play, SLICE(""));
    } else if (strcmp(step, "go") == 0) {
        play_go(play);
    } else if (strcmp(step, "tls") == 0) {
        play_tls(play);
    } else {
        play_step_connection(play, step);
    }
}

/* `settings` is what stands in the host "mx.a.test". */
static inline void play_open(struct play *play, const char *name, const char *settings)
{
    struct err err;
    *play = (struct play){.name = name, .now_us = PLAY_START_US, .limits = MX_LIMITS_DEFAULT};
    char *json = mem_text_format("{\"mx.a.test\": {%s}}", settings);
    play->document = spec_document_parse(name, slice_of(json), &err);
    free(json);
    ck_assert_msg(play->document != NULL, "%s", err.text);
    ck_assert_msg(
        mx_spec_parse(spec_root(play->document), ".", 1, &play->arena, &play->model, &err) == 0,
        "%s: %s", name, err.text);
    play->host = mx_model_find_host(play->model, "mx.a.test");
    mx_rulebook_start(&play->host->rules, mx_model_state(play->model, play->host, 1000));
    play->log_fd = memfd_create("events", 0);
    play->log = event_log_new(dup(play->log_fd), PLAY_START_US);
    buf_init(&play->said, 1024 * 1024);
    buf_init(&play->input, 1024 * 1024);
}

static inline void play_close(struct play *play)
{
    struct err err;
    play_leave(play);
    for (size_t i = 0; i < play->extra_count; i++) {
        mx_session_end(play->extra[i], play->now_us, "client");
        mx_session_free(&play->extra[i]);
    }
    ck_assert_int_eq(event_log_free(&play->log, &err), 0);
    close(play->log_fd);
    mx_model_release(&play->model);
    spec_document_free(&play->document);
    arena_deinit(&play->arena);
    buf_deinit(&play->said);
    buf_deinit(&play->input);
}

static inline void play_script(struct play *play, const char *script)
{
    struct slice rest = slice_of(script);
    struct slice line;
    while (slice_split(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        char *step = mem_text_copy_n(line.data, line.len);
        play_step(play, step);
        free(step);
    }
}

struct play_case {
    const char *name;
    const char *settings;
    const char *script;
};

static inline void play_case(const struct play_case *c)
{
    struct play play;
    play_open(&play, c->name, c->settings);
    play_script(&play, c->script);
    play_close(&play);
}
