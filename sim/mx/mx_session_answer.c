/*
 * How a session comes to an answer: it asks the rules, turns what they say into a reply and a need,
 * and lets it go, at once or when a delay is over.
 */
#include "sim/mx/mx_report.h"

#include "mta-under-test/base/poison.h"

/* ---- asking the rules */

void mx_session_note(struct mx_session *session, enum mx_happening_kind kind, enum mx_count count,
                     int64_t amount)
{
    const struct mx_happening happening = {
        .kind = kind, .stage = MX_STAGE_COUNT, .count = count, .amount = amount};
    mx_rulebook_note(&session->options.host->rules, &session->facts, &happening);
}

/* What is judged at a stage, for the counters. */
static void mx_session_count(struct mx_session *session, enum mx_happening_kind kind,
                             enum mx_stage stage)
{
    static const struct {
        enum mx_stage stage;
        enum mx_count count;
    } COUNTABLE[] = {
        {MX_STAGE_CONNECT, MX_COUNT_CONNECTIONS}, {MX_STAGE_MAIL, MX_COUNT_MESSAGES},
        {MX_STAGE_RCPT, MX_COUNT_RECIPIENTS},     {MX_STAGE_DATA_END, MX_COUNT_BYTES},
        {MX_STAGE_DATA_END, MX_COUNT_ACCEPTED},
    };
    for (size_t i = 0; i < sizeof COUNTABLE / sizeof COUNTABLE[0]; i++) {
        enum mx_count count = COUNTABLE[i].count;
        if (COUNTABLE[i].stage == stage)
            mx_session_note(session, kind, count,
                            count == MX_COUNT_BYTES ? session->facts.size : 1);
    }
}

void mx_session_ask(struct mx_session *session, enum mx_stage stage)
{
    const struct mx_session_options *options = &session->options;
    /* The last chunk is a chunk and the end of the message: one command, one answer. */
    bool last_chunk = stage == MX_STAGE_DATA_END && session->transaction.chunked;
    unsigned also = last_chunk ? MX_STAGE_BIT(MX_STAGE_BDAT) : 0;
    mx_session_count(session, MX_HAPPENS_TRIED, stage);
    const struct mx_happening happening = {.kind = MX_HAPPENS_STAGE, .stage = stage, .also = also};
    /* data-body is asked again and again, but it is one attempt. */
    if (stage != MX_STAGE_DATA_BODY || session->transaction.data.bytes == 0)
        mx_rulebook_note(&options->host->rules, &session->facts, &happening);
    mx_session_authenticate(session, stage);
    mx_rulebook_ask(&options->host->rules, stage, also, &session->facts, options->log,
                    &session->effects);
    mx_limit_put(&session->limit, &session->effects.limit);
    if (session->effects.profile != NULL)
        session->facts.profile = session->effects.profile;
}

/* ---- answering */

enum mx_need mx_need_of(enum mx_ending ending)
{
    switch (ending) {
    case MX_ENDING_CLOSE:
        return MX_NEED_CLOSE;
    case MX_ENDING_RESET:
        return MX_NEED_RESET;
    case MX_ENDING_HANG:
        return MX_NEED_HANG;
    case MX_ENDING_HALF_CLOSE:
        return MX_NEED_HALF_CLOSE;
    case MX_ENDING_TLS:
        return MX_NEED_TLS;
    case MX_ENDING_NONE:
    case MX_ENDING_COUNT:
        break;
    }
    return MX_NEED_INPUT;
}

static void mx_session_write(struct mx_session *session, const struct mx_answer *answer)
{
    size_t from = session->output.len;
    mx_reply_write(&answer->reply, true, &session->output);
    mx_spoil_reply(answer->spoil, &session->output, from);
    if (answer->spoil == MX_SPOIL_TWICE)
        session->lint.out_of_step = true;
}

void mx_session_release(struct mx_session *session)
{
    struct mx_answer *answer = &session->answer;
    bool is_verdict = mx_lmtp_is_deciding(session) && answer->stage == MX_STAGE_DATA_END;
    if (is_verdict)
        mx_lmtp_note(session);
    else if (answer->accepts)
        mx_transaction_accept(session, answer->is_reply);
    else if (answer->stage == MX_STAGE_DATA_END)
        mx_report_declined(session, answer);
    answer->accepts = false;
    session->greeted = true;
    if (answer->is_reply) {
        bool offered =
            session->esmtp && mx_host_offers(session->options.host, MX_EXTENSION_ENHANCED);
        bool by_rule = answer->rule[0] != '\0';
        if (!by_rule && !offered)
            answer->reply.enhanced[0] = '\0';
        mx_report_reply(session, answer);
        if (answer->raw != NULL)
            buf_add_text(&session->output, answer->raw);
        else
            mx_session_write(session, answer);
        session->lint.told_421 = answer->reply.code == 421;
    }
    session->need = session->next_need;
    if (is_verdict && mx_lmtp_next(session))
        return;
    if (answer->stage == MX_STAGE_DATA_END)
        mx_transaction_reset(session);
    if (session->need == MX_NEED_CLOSE || session->need == MX_NEED_RESET)
        mx_session_set_state(session, MX_STATE_CLOSED);
}

/* No word is said: the rule wants silence, or ends the connection without a reply. */
static bool mx_effects_are_silent(const struct mx_effects *effects)
{
    if (effects->swallow || effects->lose_reply)
        return true;
    return effects->reply.code == 0 && effects->raw == NULL &&
           (effects->ending == MX_ENDING_CLOSE || effects->ending == MX_ENDING_RESET ||
            effects->ending == MX_ENDING_HANG);
}

static bool mx_session_is_taken(const struct mx_session *session, enum mx_stage stage,
                                const struct mx_reply *usual)
{
    const struct mx_effects *effects = &session->effects;
    if (effects->raw != NULL)
        return false;
    int code = effects->reply.code != 0 ? effects->reply.code : usual->code;
    int wanted = stage == MX_STAGE_DATA ? 3 : 2;
    if (mx_effects_are_silent(effects) && !effects->swallow && !effects->lose_reply)
        return false;
    return code / 100 == wanted;
}

/* The answer is made: it goes out, at once or after its delay. */
static void mx_session_settle(struct mx_session *session)
{
    session->need = MX_NEED_DELAY;
    if (session->delay_us == 0)
        mx_session_release(session);
}

bool mx_session_apply(struct mx_session *session, enum mx_stage stage, const struct mx_reply *usual)
{
    struct mx_effects *effects = &session->effects;
    bool by_rule = effects->reply.code != 0 || effects->raw != NULL;
    bool taken = mx_session_is_taken(session, stage, usual);
    struct mx_answer *answer = &session->answer;
    *answer = (struct mx_answer){
        .stage = stage,
        .is_reply = !mx_effects_are_silent(effects),
        .reply = by_rule ? effects->reply : *usual,
        .raw = effects->raw,
        .spoil = effects->spoil,
        .rule = by_rule ? effects->rule->name : "",
        .recipient = stage == MX_STAGE_RCPT || mx_lmtp_is_deciding(session)
                         ? session->facts.recipient
                         : NULL,
        .accepts = taken && stage == MX_STAGE_DATA_END,
    };
    if (!by_rule && session->judged_by != NULL)
        answer->rule = session->judged_by;
    session->judged_by = NULL;
    if (effects->raw != NULL)
        answer->reply = (struct mx_reply){.text = effects->raw};
    enum mx_ending ending = effects->lose_reply ? MX_ENDING_CLOSE : effects->ending;
    if (ending == MX_ENDING_NONE && answer->is_reply && answer->reply.code == 421 &&
        !effects->stay_open)
        ending = MX_ENDING_CLOSE;
    session->next_need = mx_need_of(ending);
    session->drip = effects->drip;
    if (taken)
        mx_session_count(session, MX_HAPPENS_PASSED, stage);
    if (answer->is_reply && answer->reply.code >= 400) {
        mx_session_note(session, MX_HAPPENS_TRIED, MX_COUNT_ERRORS, 1);
        mx_session_note(session, MX_HAPPENS_PASSED, MX_COUNT_ERRORS, 1);
    }
    session->delay_us = effects->delay_us;
    if (effects->teaser != NULL && answer->is_reply && answer->reply.code == 220)
        buf_format(&session->output, "220-%s\r\n", effects->teaser);
    /* The null reverse-path belongs to nobody who could be asked. */
    if (taken && effects->call_back != NULL && session->facts.sender[0] != '\0') {
        session->calling = effects->call_back;
        session->need = MX_NEED_CALL;
        return taken;
    }
    mx_session_settle(session);
    return taken;
}

const char *mx_session_call_mailbox(const struct mx_session *session)
{
    return session->facts.sender;
}

void mx_session_called_back(struct mx_session *session, int64_t now_us, int code, const char *text)
{
    const struct mx_call_back *call = session->calling;
    session->facts.now_us = now_us;
    session->calling = NULL;
    mx_report_call_back(session, code, text);
    if (code / 100 != 2) {
        session->answer.reply = code / 100 == 5 ? call->refuse : call->defer;
        session->answer.rule = session->effects.rule->name;
        mx_transaction_drop_recipient(session);
        if (session->transaction.recipient_count == 0)
            mx_session_set_state(session, MX_STATE_MAIL);
    }
    mx_session_settle(session);
}

bool mx_session_answer(struct mx_session *session, enum mx_stage stage,
                       const struct mx_reply *usual)
{
    struct mx_reply judged = *usual;
    mx_session_ask(session, stage);
    bool by_provider = mx_session_judge(session, stage, &judged);
    return mx_session_apply(session, stage, by_provider ? &judged : usual);
}

bool mx_session_ask_body(struct mx_session *session)
{
    mx_session_ask(session, MX_STAGE_DATA_BODY);
    struct mx_effects *effects = &session->effects;
    if (effects->rule == NULL)
        return true;
    session->transaction.body_rule_fired = true;
    /* In the middle of a message nothing is said unless a rule has words for it. */
    if (effects->reply.code == 0 && effects->raw == NULL)
        effects->swallow = true;
    else
        session->transaction.is_refused = true;
    const struct mx_reply usual = {.code = 354, .text = ""};
    mx_session_apply(session, MX_STAGE_DATA_BODY, &usual);
    return session->need == MX_NEED_INPUT;
}

void mx_session_refuse(struct mx_session *session, enum mx_stage stage, int code,
                       const char *enhanced, const char *text)
{
    struct mx_reply reply = {.code = code, .text = text};
    snprintf(reply.enhanced, sizeof reply.enhanced, "%s", enhanced);
    mx_effects_reset(&session->effects);
    mx_session_apply(session, stage, &reply);
}

void mx_session_refuse_bad(struct mx_session *session, enum mx_stage stage, int code,
                           const char *enhanced, const char *text)
{
    session->bad_commands++;
    if (session->bad_commands > session->options.limits->bad_commands_max)
        mx_session_refuse(session, stage, 421, "4.7.0", "Too many bad commands");
    else
        mx_session_refuse(session, stage, code, enhanced, text);
}

struct mx_reply mx_session_reply(struct mx_session *session, int code, const char *enhanced,
                                 const char *format, ...)
{
    struct mx_reply reply = {.code = code};
    snprintf(reply.enhanced, sizeof reply.enhanced, "%s", enhanced);
    buf_reset(&session->text);
    va_list args;
    va_start(args, format);
    buf_vformat(&session->text, format, args);
    va_end(args);
    reply.text = buf_text(&session->text);
    return reply;
}
