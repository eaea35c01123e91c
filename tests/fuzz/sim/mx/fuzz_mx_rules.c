/*
 * The object "hosts" of a scenario: it is taken, or refused with words and a place. What is taken
 * can be explained and played.
 */
#include <assert.h>
#include <stdint.h>

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_session.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char DIALOGUE[] =
    "EHLO c.test\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<b@a.test>\r\nDATA\r\nSubject: x\r\n\r\nb\r\n"
    ".\r\nMAIL FROM:<>\r\nRCPT TO:<c@a.test>\r\nRSET\r\nQUIT\r\n";

enum { STEPS_MAX = 100 };

static void play(struct mx_model *model, struct mx_host *host)
{
    struct mx_session_options options = {
        .host = host, .limits = &MX_LIMITS_DEFAULT, .port = 25, .client_name = ""};
    mx_rulebook_start(&host->rules, mx_model_state(model, host, 100));
    struct mx_session *session = mx_session_new(&options);
    struct slice input = slice_of(DIALOGUE);
    int64_t now_us = TIME_DAY;
    mx_session_open(session, now_us);
    for (int i = 0; i < STEPS_MAX; i++) {
        enum mx_need need = mx_session_need(session);
        buf_reset(mx_session_output(session));
        mx_session_drip_done(session);
        if (need == MX_NEED_DELAY || need == MX_NEED_HALF_CLOSE)
            mx_session_continue(session, now_us);
        else if (need == MX_NEED_INPUT)
            input = slice_skip(input, mx_session_feed(session, now_us, input));
        else
            break;
    }
    mx_session_end(session, now_us, "client");
    mx_session_free(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct arena arena = {0};
    struct mx_model *model = NULL;
    struct spec_document *document =
        spec_document_parse("hosts", slice_from((const char *)data, size), &err);
    if (document != NULL) {
        if (mx_spec_parse(spec_root(document), "/nowhere", 1, &arena, &model, &err) != 0) {
            assert(model == NULL);
            assert(strncmp(err.text, "hosts:", 6) == 0);
        }
        struct buf text;
        buf_init(&text, 1024 * 1024);
        for (size_t i = 0; model != NULL && i < mx_model_host_count(model); i++) {
            mx_host_explain(mx_model_host(model, i), &text);
            play(model, mx_model_host(model, i));
        }
        buf_deinit(&text);
    }
    mx_model_release(&model);
    spec_document_free(&document);
    arena_deinit(&arena);
    return 0;
}
