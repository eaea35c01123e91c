#include "sim/mx/mx_rulebook.h"

#include "mta-under-test/base/poison.h"

enum { MX_SALT_BYTES = 512 };

static size_t mx_rulebook_rule_count(const struct mx_rulebook *book)
{
    size_t count = 0;
    for (size_t i = 0; i < book->list_count; i++)
        count += book->lists[i]->count;
    return count;
}

void mx_rulebook_start(struct mx_rulebook *book, struct mx_state *state)
{
    book->state = state;
    if (book->runs != NULL)
        return;
    size_t count = mx_rulebook_rule_count(book);
    book->runs = mem_alloc_array(count > 0 ? count : 1, sizeof book->runs[0]);
    struct mx_rule_run *run = book->runs;
    for (size_t i = 0; i < book->list_count; i++) {
        for (size_t j = 0; j < book->lists[i]->count; j++) {
            char salt[MX_SALT_BYTES];
            snprintf(salt, sizeof salt, "mx/%s/%s/%s", book->host, book->lists[i]->name,
                     book->lists[i]->rules[j].name);
            rng_init_salted(&run->rng, book->seed, salt);
            run++;
        }
    }
}

void mx_rulebook_deinit(struct mx_rulebook *book)
{
    free(book->runs);
    book->runs = NULL;
    book->state = NULL;
}

/* Is this list asked: the host's own always, then its profiles or the one switched to. */
static bool mx_rulebook_is_active(const struct mx_rulebook *book, size_t i,
                                  const struct mx_facts *facts)
{
    if (i == 0)
        return true;
    if (facts->profile != NULL)
        return book->lists[i] == facts->profile;
    return i < book->active_count;
}

static void mx_rule_note(const struct mx_rule *rule, struct mx_question *question,
                         const struct mx_happening *happening)
{
    if (happening->kind == MX_HAPPENS_STAGE &&
        (rule->stages & (MX_STAGE_BIT(happening->stage) | happening->also)) == 0)
        return;
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct mx_condition *condition = &rule->conditions[i];
        if (condition->kind->note != NULL)
            condition->kind->note(condition, question, happening);
    }
}

void mx_rulebook_note(struct mx_rulebook *book, const struct mx_facts *facts,
                      const struct mx_happening *happening)
{
    struct buf key;
    buf_init(&key, MX_KEY_TEXT_BYTES);
    struct mx_question question = {
        .stage = happening->stage, .facts = facts, .state = book->state, .key = &key};
    for (size_t i = 0; i < book->list_count; i++) {
        if (!mx_rulebook_is_active(book, i, facts))
            continue;
        for (size_t j = 0; j < book->lists[i]->count; j++)
            mx_rule_note(&book->lists[i]->rules[j], &question, happening);
    }
    buf_deinit(&key);
}

/* An effect that lasts holds by itself, whatever the conditions say. */
static bool mx_rule_still_holds(const struct mx_rule *rule, struct mx_question *question)
{
    if (rule->for_us == 0)
        return false;
    struct slice key = mx_question_key(question, &rule->for_key);
    const struct mx_record *record = mx_state_find(question->state, rule->slot, key);
    if (record == NULL || record->until_us <= question->facts->now_us)
        return false;
    question->remaining_us = record->until_us - question->facts->now_us;
    return true;
}

static bool mx_rule_holds(const struct mx_rule *rule, struct mx_question *question)
{
    if (mx_rule_still_holds(rule, question))
        return true;
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (!rule->conditions[i].kind->holds(&rule->conditions[i], question))
            return false;
    }
    if (rule->for_us > 0) {
        int64_t now_us = question->facts->now_us;
        struct slice key = mx_question_key(question, &rule->for_key);
        mx_state_make(question->state, rule->slot, key, now_us)->until_us = now_us + rule->for_us;
        if (question->remaining_us < 0)
            question->remaining_us = rule->for_us;
    }
    return true;
}

static void mx_rule_log(const struct mx_rule *rule, const struct mx_question *question,
                        struct event_log *log)
{
    struct json_out *event = event_begin(log, "mx", "rule", question->facts->session);
    json_out_text(event, "host", question->facts->host);
    json_out_text(event, "stage", MX_STAGE_WORDS[question->stage]);
    json_out_text(event, "rule", rule->name);
    json_out_text(event, "effect", rule->effect);
    if (rule->log_text != NULL)
        json_out_text(event, "text", rule->log_text);
    event_end(log);
}

static void mx_gauge_log(const struct mx_rule *rule, const struct mx_question *question,
                         struct event_log *log)
{
    const struct mx_gauge *gauge = &question->gauge;
    struct json_out *event = event_begin(log, "mx", "gauge", question->facts->session);
    json_out_text(event, "host", question->facts->host);
    json_out_text(event, "rule", rule->name);
    json_out_text(event, "counts", gauge->counts);
    json_out_int(event, "value", gauge->value);
    json_out_int(event, "limit", gauge->limit);
    json_out_int(event, "window", gauge->window_us);
    event_end(log);
}

/* The rule whose reply stands is named as the one that decided, else the first that fired. */
static void mx_rule_fire(const struct mx_rule *rule, struct mx_question *question,
                         struct mx_effects *effects)
{
    bool replies = false;
    for (size_t i = 0; i < rule->action_count; i++) {
        rule->actions[i].kind->apply(&rule->actions[i], question, effects);
        replies |= strcmp(rule->actions[i].kind->word, "reply") == 0;
    }
    if (replies || effects->rule == NULL)
        effects->rule = rule;
}

/* The stage at which a rule is asked: the one at hand, or another that it is asked with. */
static enum mx_stage mx_rule_stage(const struct mx_rule *rule, enum mx_stage stage, unsigned also)
{
    if ((rule->stages & MX_STAGE_BIT(stage)) != 0)
        return stage;
    for (unsigned other = 0; other < MX_STAGE_COUNT; other++) {
        if ((rule->stages & also & MX_STAGE_BIT(other)) != 0)
            return (enum mx_stage)other;
    }
    return MX_STAGE_COUNT;
}

void mx_rulebook_ask(struct mx_rulebook *book, enum mx_stage stage, unsigned also,
                     const struct mx_facts *facts, struct event_log *log,
                     struct mx_effects *effects)
{
    mx_effects_reset(effects);
    struct buf key;
    buf_init(&key, MX_KEY_TEXT_BYTES);
    struct mx_rule_run *run = book->runs;
    bool decided = false;
    for (size_t i = 0; i < book->list_count && !decided; run += book->lists[i]->count, i++) {
        const struct mx_rule_list *list = book->lists[i];
        if ((list->stages & (MX_STAGE_BIT(stage) | also)) == 0 ||
            !mx_rulebook_is_active(book, i, facts))
            continue;
        for (size_t j = 0; j < list->count && !decided; j++) {
            const struct mx_rule *rule = &list->rules[j];
            struct mx_question question = {.stage = mx_rule_stage(rule, stage, also),
                                           .facts = facts,
                                           .state = book->state,
                                           .rng = &run[j].rng,
                                           .key = &key,
                                           .remaining_us = -1};
            if (question.stage == MX_STAGE_COUNT)
                continue;
            bool holds = mx_rule_holds(rule, &question);
            if (log != NULL && question.gauge.counts != NULL)
                mx_gauge_log(rule, &question, log);
            if (!holds)
                continue;
            run[j].fired++;
            mx_rule_fire(rule, &question, effects);
            if (log != NULL)
                mx_rule_log(rule, &question, log);
            decided = !rule->go_on;
        }
    }
    buf_deinit(&key);
}

int64_t mx_rulebook_fired(const struct mx_rulebook *book, const char *rule)
{
    size_t at = 0;
    int64_t fired = -1;
    for (size_t i = 0; i < book->list_count; i++) {
        for (size_t j = 0; j < book->lists[i]->count; j++, at++) {
            if (strcmp(book->lists[i]->rules[j].name, rule) != 0)
                continue;
            int64_t here = book->runs != NULL ? (int64_t)book->runs[at].fired : 0;
            fired = (fired < 0 ? 0 : fired) + here;
        }
    }
    return fired;
}

void mx_rulebook_visit(const struct mx_rulebook *book, mx_rulebook_visitor *visitor, void *context)
{
    size_t at = 0;
    for (size_t i = 0; i < book->list_count; i++) {
        for (size_t j = 0; j < book->lists[i]->count; j++, at++) {
            if (i < book->active_count)
                visitor(context, book->lists[i]->name, book->lists[i]->rules[j].name,
                        book->runs != NULL ? book->runs[at].fired : 0);
        }
    }
}
