#include "reports/report_dialogues.h"

#include "mta-under-test/base/buf.h"
#include "reports/report_sessions.h"
#include "reports/report_steps.h"

#include "mta-under-test/base/poison.h"

/* One that is being read. */
struct dialogue {
    struct report_session *session;
    bool in_tls;
};

struct dialogues {
    struct report_run *run;
    struct map open; /* session id -> struct dialogue */
    size_t next;     /* of the sessions: the next one to begin */
};

/* ---- which sessions keep their steps */

static void mark_named(struct report_run *run)
{
    struct map named = {0};
    for (size_t i = 0; i < run->check_count; i++)
        if (*run->checks[i].session != '\0')
            map_set_text(&named, run->checks[i].session, run);
    for (size_t i = 0; named.count > 0 && i < run->session_count; i++)
        if (map_get_text(&named, run->sessions[i].id) != NULL)
            run->sessions[i].special = true;
    map_deinit(&named, NULL);
}

static int compare_ends(const void *a, const void *b)
{
    const struct report_session *const *one = a;
    const struct report_session *const *other = b;
    return (*one)->ended < (*other)->ended ? -1 : (*one)->ended > (*other)->ended;
}

/* The first ones, those that never ended, and of the special ones the first that ended. */
static void choose(struct report_run *run)
{
    struct report_session **special = mem_alloc_array(run->session_count + 1, sizeof *special);
    size_t count = 0;
    for (size_t i = 0; i < run->session_count; i++) {
        struct report_session *session = &run->sessions[i];
        session->kept = i < REPORT_SESSIONS_KEPT || session->ended == 0;
        if (!session->kept && session->special)
            special[count++] = session;
    }
    qsort(special, count, sizeof(struct report_session *), compare_ends);
    for (size_t i = 0; i < count && i < REPORT_SESSIONS_SPECIAL; i++)
        special[i]->kept = true;
    free(special);
}

/* ---- what an event is as a step */

bool report_dialogues_step(const cJSON *event, enum report_step_kind *kind)
{
    static const char *const WORDS[] = {
        [REPORT_STEP_REPLY] = "reply",
        [REPORT_STEP_COMMAND] = "command",
        [REPORT_STEP_TLS] = "tls",
        [REPORT_STEP_RULE] = "rule",
        [REPORT_STEP_DATA] = "data",
        [REPORT_STEP_ACCEPTED] = "accepted",
        [REPORT_STEP_VIOLATION] = "violation",
        [REPORT_STEP_DISCONNECT] = "disconnect",
    };
    struct slice word = slice_of(event_text(event, "kind"));
    struct slice effect = slice_of(event_text(event, "effect"));
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (WORDS[i] == NULL || !slice_is(word, WORDS[i]))
            continue;
        *kind = (enum report_step_kind)i;
        /* A rule that only replies stands beside its reply. */
        return *kind != REPORT_STEP_RULE ||
               (!slice_is(effect, "reply") && !slice_is(effect, "reply, close"));
    }
    return false;
}

/* "junk, spf pass, dkim pass": what else the host made of the message. */
static const char *acceptance_words(const cJSON *event, struct buf *words)
{
    if (cJSON_IsFalse(event_member(event, "reply-sent")))
        buf_add_text(words, ", its reply is lost on purpose");
    if (cJSON_IsObject(event_member(event, "dsn")))
        buf_add_text(words, ", a delivery status notification");
    if (slice_is(slice_of(event_text(event, "placement")), "junk"))
        buf_add_text(words, ", into junk");
    const cJSON *result;
    cJSON_ArrayForEach(result, event_member(event, "auth"))
    {
        const char *word = event_text(result, "result");
        if (word[0] != '\0' && strcmp(word, "none") != 0)
            buf_format(words, ", %.30s %.60s", result->string, word);
    }
    return buf_text(words);
}

/* Its texts are the event's, or stand in `words`. */
static struct report_step step_of(const struct report_session *session, const cJSON *event,
                                  enum report_step_kind kind, struct buf *words)
{
    bool ok = event_bool(event, "ok");
    switch (kind) {
    case REPORT_STEP_CONNECT:
        return (struct report_step){.text = session->server};
    case REPORT_STEP_REPLY:
        return (struct report_step){.code = (int)event_int(event, "code", 0),
                                    .text = report_steps_reply(event, words),
                                    .note = event_text(event, "rule")};
    case REPORT_STEP_COMMAND:
        return (struct report_step){.text = event_text(event, "line"),
                                    .note = event_text(event, "verb")};
    case REPORT_STEP_TLS:
        return (struct report_step){.number = ok,
                                    .text = event_text(event, ok ? "version" : "error"),
                                    .note = event_text(event, ok ? "cipher" : "identity")};
    case REPORT_STEP_RULE:
        return (struct report_step){.text = event_text(event, "rule"),
                                    .note = event_text(event, "effect")};
    case REPORT_STEP_DATA:
        return (struct report_step){.number = event_int(event, "bytes", 0), .text = ""};
    case REPORT_STEP_ACCEPTED:
        return (struct report_step){.number = event_int(event, "bytes", 0),
                                    .text = event_text(event, "message"),
                                    .note = acceptance_words(event, words)};
    case REPORT_STEP_VIOLATION:
        return (struct report_step){.text = event_text(event, "text"),
                                    .note = event_text(event, "rfc")};
    case REPORT_STEP_DISCONNECT:
        return (struct report_step){.number = event_bool(event, "quit"),
                                    .text = event_text(event, "by")};
    case REPORT_STEP_END:
    default:
        return (struct report_step){.text = ""};
    }
}

/* ---- reading them */

static void add_step(const struct dialogues *dialogues, struct dialogue *dialogue,
                     const cJSON *event, enum report_step_kind kind)
{
    struct buf words;
    buf_init(&words, REPORT_WORDS_MAX);
    struct report_step step = step_of(dialogue->session, event, kind, &words);
    if (kind == REPORT_STEP_TLS)
        dialogue->in_tls = step.number != 0;
    step.kind = kind;
    step.encrypted = dialogue->in_tls;
    step.packet = report_run_packet(dialogues->run, event_int(event, "seq", -1));
    dialogue->session->steps_left_out--;
    report_steps_add(dialogue->session, event, step);
    buf_deinit(&words);
}

/* A connection that was not taken has one event, and no session. */
static void add_refused(const struct dialogues *dialogues, struct report_session *session,
                        const cJSON *event)
{
    struct report_step step = {
        .kind = REPORT_STEP_CONNECT,
        .packet = report_run_packet(dialogues->run, event_int(event, "seq", -1)),
        .text = session->server,
    };
    session->steps_left_out = 0;
    report_steps_add(session, event, step);
    step.kind = REPORT_STEP_END;
    step.text = report_refusal_of(event)->seen;
    report_steps_add(session, event, step);
}

static bool is_full(const struct report_session *session)
{
    return session->steps_left_out == 0 || session->step_count == REPORT_STEPS_MAX;
}

static struct report_session *next_session(struct dialogues *dialogues)
{
    struct report_run *run = dialogues->run;
    while (dialogues->next < run->session_count && !run->sessions[dialogues->next].kept)
        dialogues->next++;
    return dialogues->next < run->session_count ? &run->sessions[dialogues->next] : NULL;
}

/* With the event that made it a session. */
static void begin_session(struct dialogues *dialogues, struct report_session *session,
                          const cJSON *event)
{
    dialogues->next++;
    if (session->refused) {
        add_refused(dialogues, session, event);
        return;
    }
    struct dialogue *dialogue = mem_alloc(sizeof *dialogue);
    dialogue->session = session;
    add_step(dialogues, dialogue, event, REPORT_STEP_CONNECT);
    if (is_full(session))
        free(dialogue);
    else
        map_set_text(&dialogues->open, session->id, dialogue);
}

static void on_event(struct dialogues *dialogues, const cJSON *event)
{
    const char *id = event_text(event, "session");
    struct dialogue *dialogue = map_get_text(&dialogues->open, id);
    enum report_step_kind kind;
    if (dialogue == NULL || !slice_is(slice_of(event_text(event, "source")), "mx") ||
        !report_dialogues_step(event, &kind))
        return;
    add_step(dialogues, dialogue, event, kind);
    if (is_full(dialogue->session))
        free(map_remove(&dialogues->open, slice_of(id)));
}

/* From one session to the next; where they overlap, line after line. */
static int read_all(struct dialogues *dialogues, struct event_file *file, struct err *err)
{
    struct report_session *next = next_session(dialogues);
    while (next != NULL || dialogues->open.count > 0) {
        const cJSON *event = NULL;
        if (dialogues->open.count == 0 && event_file_go(file, next->log_at, err) != 0)
            return -1;
        int found = event_file_next(file, &event, err);
        if (found != 1)
            return found;
        if (next != NULL && event_file_at(file) == next->log_at)
            begin_session(dialogues, next, event);
        else
            on_event(dialogues, event);
        next = next_session(dialogues);
    }
    return 0;
}

int report_dialogues_read(struct report_run *run, struct event_file *file, struct err *err)
{
    struct dialogues dialogues = {.run = run};
    mark_named(run);
    choose(run);
    int result = read_all(&dialogues, file, err);
    map_deinit(&dialogues.open, free);
    return result;
}
