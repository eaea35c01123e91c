#include "reports/report_clients.h"

#include <inttypes.h>

#include "reports/report_steps.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* The dialogue of the event's client, begun with its first event. */
static struct report_session *dialogue_of(struct report_book *book, const cJSON *event)
{
    struct report_run *run = book->run;
    const char *id = event_text(event, "client");
    char *key = mem_text_format("client\n%s", id);
    size_t found = report_index_get(&book->rows, key);
    if (found == 0) {
        run->clients = report_room(run->clients, run->client_count, sizeof *run->clients);
        run->clients[run->client_count++] = (struct report_session){
            .id = report_book_text(book, id),
            .host = run->hostname,
            .start_us = event_int(event, "at", 0),
            .end_us = -1,
            .last_text = "",
            .outcome = REPORT_ACCEPTED,
        };
        found = run->client_count;
        report_index_set(&book->rows, key, found);
    }
    free(key);
    return &run->clients[found - 1];
}

/* Of what went well only the first dialogues keep their steps; their counts stay. */
static void keep_or_drop(struct report_run *run, struct report_session *dialogue)
{
    if ((size_t)(dialogue - run->clients) < REPORT_SESSIONS_KEPT)
        return;
    if (dialogue->special && run->client_special_count < REPORT_SESSIONS_SPECIAL)
        run->client_special_count++;
    else
        report_steps_drop(dialogue);
}

/* A reply or the end that the script did not want is over with its event. */
static void on_unexpected(struct report_session *dialogue, const cJSON *event)
{
    char *wanted = mem_text_format("wanted: %s", event_text(event, "unexpected"));
    dialogue->outcome = REPORT_BROKEN;
    dialogue->special = true;
    dialogue->last_text = report_steps_text(dialogue, wanted);
    free(wanted);
}

void report_clients_event(struct report_book *book, const cJSON *event)
{
    struct report_session *dialogue = dialogue_of(book, event);
    bool is_reply = event_is(event, "client", "reply");
    bool is_end = event_is(event, "client", "end");
    bool is_unexpected = *event_text(event, "unexpected") != '\0';
    char *place = mem_text_format("step %" PRId64, event_int(event, "step", 0));
    struct report_step step = {.text = event_text(event, "text"), .note = place};
    if (is_unexpected)
        on_unexpected(dialogue, event);
    if (is_reply) {
        const char *enhanced = event_text(event, "enhanced");
        step.kind = REPORT_STEP_REPLY;
        step.code = (int)event_int(event, "code", 0);
        if (*enhanced != '\0')
            step.text =
                arena_format(&dialogue->arena, "%.20s %.*s", enhanced, REPORT_TEXT_MAX, step.text);
    } else if (is_end) {
        step.kind = REPORT_STEP_END;
    } else {
        step.kind = REPORT_STEP_COMMAND;
        step.number = event_int(event, "times", 1);
    }
    if (is_unexpected)
        step.note = arena_format(&dialogue->arena, "%s, %s", place, dialogue->last_text);
    report_steps_add(dialogue, event, step);
    if (is_end || (is_reply && is_unexpected)) {
        dialogue->end_us = event_int(event, "at", 0);
        keep_or_drop(book->run, dialogue);
    }
    free(place);
}
