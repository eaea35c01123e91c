#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/poison.h"

/* ---- attempt, age: a record for each key and stage */

/* {"by": ..., "is": ...}, or the range alone. */
static int mx_track_read(struct spec spec, struct mx_condition *condition,
                         int (*read_range)(struct spec, struct range *, struct err *),
                         struct err *err)
{
    condition->track.key = mx_key_of(0);
    if (!spec_is_object(spec))
        return read_range(spec, &condition->track.range, err);
    static const char *const KEYS[] = {"by", "prefix", "is", NULL};
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "is", &member, err) != 0 ||
        read_range(member, &condition->track.range, err) != 0)
        return -1;
    if (spec_get(spec, "by", &member) && mx_key_read(member, &condition->track.key, err) != 0)
        return -1;
    if (spec_get(spec, "prefix", &member))
        return mx_key_read_prefix(member, &condition->track.key, err);
    return 0;
}

MX_CONDITION_READER(mx_attempt_read)
{
    (void)reader;
    if (mx_track_read(spec, condition, range_read, err) != 0)
        return -1;
    return condition->track.range.max < 1
               ? spec_error(spec, err, "attempts are counted from 1: this never holds")
               : 0;
}

MX_CONDITION_READER(mx_age_read)
{
    (void)reader;
    return mx_track_read(spec, condition, range_read_span, err);
}

static struct mx_record *mx_track_record(const struct mx_condition *condition,
                                         struct mx_question *question)
{
    struct mx_key key = condition->track.key;
    if (key.parts == 0)
        key = mx_key_default(question->stage);
    mx_question_key(question, &key);
    buf_add_char(question->key, (char)('A' + (int)question->stage));
    return mx_state_make(question->state, condition->slot, buf_slice(question->key),
                         question->facts->now_us);
}

MX_CONDITION_NOTER(mx_track_note)
{
    if (happening->kind == MX_HAPPENS_STAGE)
        mx_track_record(condition, question)->count++;
}

MX_CONDITION_JUDGE(mx_attempt_holds)
{
    question->attempt = mx_track_record(condition, question)->count;
    return range_holds(condition->track.range, question->attempt);
}

MX_CONDITION_JUDGE(mx_age_holds)
{
    const struct mx_record *record = mx_track_record(condition, question);
    int64_t age = question->facts->now_us - record->first_us;
    question->attempt = record->count;
    if (!range_holds(condition->track.range, age))
        return false;
    if (condition->track.range.max < INT64_MAX)
        question->remaining_us = condition->track.range.max - age;
    return true;
}

/* ---- rate: how many in a sliding window */

static const char *const MX_COUNT_WORDS[] = {
#define X(name, word) word,
    MX_COUNTS(X)
#undef X
        NULL,
};

/* The stage at which the thing that is counted is at hand and not counted yet. */
static const enum mx_stage MX_COUNT_STAGES[MX_COUNT_COUNT] = {
    [MX_COUNT_CONNECTIONS] = MX_STAGE_CONNECT, [MX_COUNT_MESSAGES] = MX_STAGE_MAIL,
    [MX_COUNT_RECIPIENTS] = MX_STAGE_RCPT,     [MX_COUNT_BYTES] = MX_STAGE_DATA_END,
    [MX_COUNT_ERRORS] = MX_STAGE_COUNT,        [MX_COUNT_UNKNOWN_RECIPIENTS] = MX_STAGE_COUNT,
    [MX_COUNT_COMMANDS] = MX_STAGE_COUNT,      [MX_COUNT_ACCEPTED] = MX_STAGE_DATA_END,
};

MX_CONDITION_READER(mx_rate_read)
{
    static const char *const KEYS[] = {"of", "by", "prefix", "over", "refused", NULL};
    (void)reader;
    struct mx_rate_limit *rate = &condition->rate;
    struct spec member;
    size_t of;
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "of", &member, err) != 0 ||
        spec_read_word(member, MX_COUNT_WORDS, &of, err) != 0 ||
        spec_need(spec, "over", &member, err) != 0 || rate_read(member, &rate->over, err) != 0)
        return -1;
    rate->of = (enum mx_count)of;
    rate->key = mx_key_of(MX_KEY_BIT(MX_KEY_SOURCE_IP));
    if (spec_get(spec, "by", &member) && mx_key_read(member, &rate->key, err) != 0)
        return -1;
    if (spec_get(spec, "prefix", &member) && mx_key_read_prefix(member, &rate->key, err) != 0)
        return -1;
    if (spec_get(spec, "refused", &member) && spec_read_bool(member, &rate->refused_too, err) != 0)
        return -1;
    enum mx_stage at = MX_COUNT_STAGES[rate->of];
    if (at != MX_STAGE_COUNT && (mx_key_stages(&rate->key) & MX_STAGE_BIT(at)) == 0)
        return spec_error(spec, err, "%s are counted at stage %s, where this key is not known yet",
                          MX_COUNT_WORDS[rate->of], MX_STAGE_WORDS[at]);
    return 0;
}

static struct mx_record *mx_rate_record(const struct mx_condition *condition,
                                        struct mx_question *question)
{
    struct slice key = mx_question_key(question, &condition->rate.key);
    return mx_state_make(question->state, condition->slot, key, question->facts->now_us);
}

MX_CONDITION_NOTER(mx_rate_note)
{
    const struct mx_rate_limit *rate = &condition->rate;
    enum mx_happening_kind wanted = rate->refused_too ? MX_HAPPENS_TRIED : MX_HAPPENS_PASSED;
    if (happening->kind != wanted || happening->count != rate->of ||
        !mx_key_is_there(&rate->key, question->facts))
        return;
    mx_tally_add(mx_rate_record(condition, question), question->facts->now_us, rate->over.window_us,
                 happening->amount);
}

/* What is at hand counts too, whether it is in the window already or not. */
MX_CONDITION_JUDGE(mx_rate_holds)
{
    const struct mx_rate_limit *rate = &condition->rate;
    int64_t now_us = question->facts->now_us;
    if (!mx_key_is_there(&rate->key, question->facts))
        return false;
    struct mx_record *record = mx_rate_record(condition, question);
    int64_t sum = mx_tally_sum(record, now_us, rate->over.window_us);
    int64_t at_hand = 0;
    if (!rate->refused_too && MX_COUNT_STAGES[rate->of] == question->stage)
        at_hand = rate->of == MX_COUNT_BYTES ? question->facts->size : 1;
    question->gauge = (struct mx_gauge){.counts = MX_COUNT_WORDS[rate->of],
                                        .value = sum + at_hand,
                                        .limit = rate->over.count,
                                        .window_us = rate->over.window_us};
    if (sum + at_hand <= rate->over.count)
        return false;
    question->remaining_us =
        mx_tally_wait_us(record, now_us, rate->over.window_us, rate->over.count - at_hand);
    return true;
}

/* ---- connections: how many are open */

MX_CONDITION_READER(mx_connections_read)
{
    static const char *const KEYS[] = {"by", "prefix", "over", NULL};
    (void)reader;
    struct mx_crowd *crowd = &condition->crowd;
    crowd->key = mx_key_of(MX_KEY_BIT(MX_KEY_SOURCE_IP));
    if (!spec_is_object(spec))
        return spec_read_int(spec, 0, INT64_MAX, &crowd->over, err);
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "over", &member, err) != 0 ||
        spec_read_int(member, 0, INT64_MAX, &crowd->over, err) != 0)
        return -1;
    if (spec_get(spec, "by", &member) && mx_key_read(member, &crowd->key, err) != 0)
        return -1;
    if (spec_get(spec, "prefix", &member) && mx_key_read_prefix(member, &crowd->key, err) != 0)
        return -1;
    if ((mx_key_stages(&crowd->key) & MX_STAGE_BIT(MX_STAGE_CONNECT)) == 0)
        return spec_error(spec, err,
                          "open connections are counted by what is known when they are "
                          "opened: source-ip, source-prefix or all");
    return 0;
}

static struct mx_record *mx_connections_record(const struct mx_condition *condition,
                                               struct mx_question *question)
{
    struct slice key = mx_question_key(question, &condition->crowd.key);
    return mx_state_make(question->state, condition->slot, key, question->facts->now_us);
}

MX_CONDITION_NOTER(mx_connections_note)
{
    if (happening->kind != MX_HAPPENS_OPEN && happening->kind != MX_HAPPENS_CLOSE)
        return;
    struct mx_record *record = mx_connections_record(condition, question);
    if (happening->kind == MX_HAPPENS_OPEN)
        record->count++;
    else if (record->count > 0)
        record->count--;
}

MX_CONDITION_JUDGE(mx_connections_holds)
{
    int64_t open = mx_connections_record(condition, question)->count;
    question->gauge = (struct mx_gauge){
        .counts = "open connections", .value = open, .limit = condition->crowd.over};
    return open > condition->crowd.over;
}
