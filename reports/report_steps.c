#include "reports/report_steps.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

const char *report_steps_text(struct report_session *session, const char *text)
{
    if (*text == '\0')
        return "";
    return arena_text_of(&session->arena, slice_from(text, strnlen(text, REPORT_TEXT_MAX)));
}

const char *report_steps_reply(const cJSON *event, struct buf *words)
{
    const char *enhanced = event_text(event, "enhanced");
    const char *text = event_text(event, "text");
    if (*enhanced == '\0')
        return text;
    buf_reset(words);
    buf_format(words, "%.20s %.*s", enhanced, REPORT_TEXT_MAX, text);
    return buf_text(words);
}

void report_steps_add(struct report_session *session, const cJSON *event, struct report_step step)
{
    if (session->step_count == REPORT_STEPS_MAX) {
        session->steps_left_out++;
        return;
    }
    step.at_us = event_int(event, "at", 0);
    step.seq = event_int(event, "seq", -1);
    step.text = report_steps_text(session, step.text);
    step.note = report_steps_text(session, step.note != NULL ? step.note : "");
    session->steps = report_room(session->steps, session->step_count, sizeof *session->steps);
    session->steps[session->step_count++] = step;
}

void report_steps_drop(struct report_session *session)
{
    free(session->steps);
    session->steps = NULL;
    session->step_count = 0;
    session->last_text = "";
    arena_deinit(&session->arena);
}
