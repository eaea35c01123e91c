#include "sim/mx/mx_rule.h"

#include "sim/mx/mx_rule_reach.h"

#include "mta-under-test/base/poison.h"

enum { MX_RULES_MAX = 1000, MX_WORDS_MAX = 40, MX_EFFECT_BYTES = 256 };

/* ---- conditions and actions, each by its table */

/* The words of a table, for spec_check_keys(); `more` are taken besides. */
static void mx_words_of(const char *words[MX_WORDS_MAX], const void *table, size_t row_bytes,
                        const char *const *more)
{
    size_t count = 0;
    for (const char *row = table;; row += row_bytes) {
        const char *word;
        memcpy(&word, row, sizeof word); /* the word is the first member of each row */
        if (word == NULL)
            break;
        words[count++] = word;
    }
    for (; *more != NULL; more++)
        words[count++] = *more;
    words[count] = NULL;
}

static const char *mx_first_stage_of(unsigned stages)
{
    for (unsigned stage = 0; stage < MX_STAGE_COUNT; stage++) {
        if ((stages & MX_STAGE_BIT(stage)) != 0)
            return MX_STAGE_WORDS[stage];
    }
    return "none";
}

static int mx_stages_check(struct spec spec, const struct mx_rule *rule, unsigned allowed,
                           const char *word, struct err *err)
{
    unsigned wrong = rule->stages & ~allowed;
    if (wrong == 0)
        return 0;
    struct buf list;
    buf_init(&list, MX_EFFECT_BYTES);
    for (unsigned stage = 0; stage < MX_STAGE_COUNT; stage++) {
        if ((allowed & MX_STAGE_BIT(stage)) != 0)
            buf_format(&list, "%s%s", list.len > 0 ? ", " : "", MX_STAGE_WORDS[stage]);
    }
    spec_error(spec, err, "\"%s\" means nothing at stage %s: it is for %s", word,
               mx_first_stage_of(wrong), buf_text(&list));
    buf_deinit(&list);
    return -1;
}

/* The key of a counting condition must be known at each stage of the rule. */
static int mx_condition_check_key(struct spec spec, const struct mx_rule *rule,
                                  const struct mx_condition *condition, struct err *err)
{
    struct mx_key key = mx_condition_key(condition);
    unsigned wrong = rule->stages & ~mx_key_stages(&key);
    if (wrong == 0)
        return 0;
    return spec_error(spec, err, "this key is not known yet at stage %s", mx_first_stage_of(wrong));
}

static int mx_conditions_read(struct mx_rule_reader *reader, struct spec when, struct mx_rule *rule,
                              struct err *err)
{
    static const char *const NONE[] = {NULL};
    const char *words[MX_WORDS_MAX];
    mx_words_of(words, MX_CONDITION_KINDS, sizeof MX_CONDITION_KINDS[0], NONE);
    if (spec_check_keys(when, words, err) != 0)
        return -1;
    if (spec_count(when) == 0)
        return spec_error(when, err,
                          "no condition; leave \"when\" out of a rule that always holds");
    rule->conditions =
        arena_alloc_array(reader->arena, spec_count(when), sizeof rule->conditions[0]);
    for (const struct mx_condition_kind *kind = MX_CONDITION_KINDS; kind->word != NULL; kind++) {
        struct spec member;
        if (!spec_get(when, kind->word, &member))
            continue;
        if (mx_stages_check(member, rule, kind->stages, kind->word, err) != 0)
            return -1;
        struct mx_condition *condition = &rule->conditions[rule->condition_count];
        condition->kind = kind;
        condition->spec = member;
        condition->slot = (*reader->next_slot)++;
        rule->condition_count++;
        if (kind->read(reader, member, condition, err) != 0 ||
            mx_condition_check_key(member, rule, condition, err) != 0)
            return -1;
    }
    return 0;
}

static int mx_actions_read(struct mx_rule_reader *reader, struct spec then, struct mx_rule *rule,
                           struct err *err)
{
    static const char *const MORE[] = {"for", "by", NULL};
    const char *words[MX_WORDS_MAX];
    mx_words_of(words, MX_ACTION_KINDS, sizeof MX_ACTION_KINDS[0], MORE);
    if (spec_check_keys(then, words, err) != 0)
        return -1;
    rule->actions = arena_alloc_array(reader->arena, spec_count(then) + 1, sizeof rule->actions[0]);
    struct buf effect;
    buf_init(&effect, MX_EFFECT_BYTES);
    int result = 0;
    for (const struct mx_action_kind *kind = MX_ACTION_KINDS; kind->word != NULL; kind++) {
        struct spec member;
        if (!spec_get(then, kind->word, &member))
            continue;
        struct mx_action *action = &rule->actions[rule->action_count++];
        action->kind = kind;
        if (mx_stages_check(member, rule, kind->stages, kind->word, err) != 0 ||
            kind->read(reader, member, action, err) != 0) {
            result = -1;
            break;
        }
        buf_format(&effect, "%s%s", effect.len > 0 ? ", " : "", kind->word);
    }
    rule->effect = arena_text(reader->arena, buf_text(&effect));
    buf_deinit(&effect);
    if (result == 0 && rule->action_count == 0)
        return spec_error(then, err,
                          "a rule that does nothing: name an effect, as in "
                          "{\"reply\": \"451 4.7.1 Try again later\"}");
    return result;
}

/* Effects of which a rule can have one only. */
static int mx_actions_check(struct spec then, struct err *err)
{
    static const char *const GROUPS[][6] = {
        {"close", "reset", "hang", "half-close", "lose-reply", NULL},
        {"reply", "raw", "swallow", "lose-reply", NULL},
        {"corrupt", "raw", "swallow", "lose-reply", NULL},
    };
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++) {
        const char *first = NULL;
        for (const char *const *word = GROUPS[i]; *word != NULL; word++) {
            struct spec member;
            if (!spec_get(then, *word, &member))
                continue;
            if (first != NULL)
                return spec_error(member, err, "contradicts \"%s\": a rule can do only one of them",
                                  first);
            first = *word;
        }
    }
    return 0;
}

/* Effects that come to nothing beside the reply of their rule. */
static int mx_actions_check_reply(const struct mx_rule *rule, struct spec then, struct err *err)
{
    static const char *const OF_THE_TAKEN[] = {"junk", "call-back", "tls", NULL};
    struct spec member;
    int code = 0;
    for (size_t i = 0; i < rule->action_count; i++) {
        if (strcmp(rule->actions[i].kind->word, "reply") == 0)
            code = rule->actions[i].reply.code;
    }
    if (code == 0)
        return 0;
    for (size_t i = 0; OF_THE_TAKEN[i] != NULL && code >= 400; i++) {
        if (spec_get(then, OF_THE_TAKEN[i], &member))
            return spec_error(member, err,
                              "contradicts \"reply\", which refuses with %d: take one of them out",
                              code);
    }
    if (spec_get(then, "teaser", &member) && code != 220)
        return spec_error(member, err,
                          "contradicts \"reply\": it is the first line of a greeting with 220");
    if (spec_get(then, "close", &member) && cJSON_IsFalse(member.json) && code != 421)
        return spec_error(member, err,
                          "false keeps the connection open after a 421, and \"reply\" is a %d: "
                          "leave it out",
                          code);
    return 0;
}

/* ---- effects that last */

static int mx_rule_read_for(struct mx_rule_reader *reader, struct spec then, struct mx_rule *rule,
                            struct err *err)
{
    struct spec member;
    bool has_for = spec_get(then, "for", &member);
    if (has_for && spec_read_span(member, &rule->for_us, err) != 0)
        return -1;
    if (has_for && rule->for_us <= 0)
        return spec_error(member, err, "expected how long the effect stays, as in \"10m\"");
    rule->for_key = mx_key_of(0);
    for (size_t i = 0; i < rule->condition_count && rule->for_key.parts == 0; i++)
        rule->for_key = mx_condition_key(&rule->conditions[i]);
    if (rule->for_key.parts == 0)
        rule->for_key = mx_key_of(MX_KEY_BIT(MX_KEY_SOURCE_IP));
    struct spec by;
    if (spec_get(then, "by", &by)) {
        if (!has_for)
            return spec_error(by, err, "\"by\" says for whom an effect stays: it needs \"for\"");
        if (mx_key_read(by, &rule->for_key, err) != 0)
            return -1;
        if ((rule->stages & ~mx_key_stages(&rule->for_key)) != 0)
            return spec_error(by, err, "this key is not known yet at the stage of the rule");
    }
    rule->slot = (*reader->next_slot)++;
    return 0;
}

/* ---- a rule, a list */

static int mx_rule_read_stages(struct spec spec, struct mx_rule *rule, struct err *err)
{
    struct spec at;
    if (spec_need(spec, "at", &at, err) != 0)
        return -1;
    size_t stage;
    if (!spec_is_array(at)) {
        if (spec_read_word(at, MX_STAGE_WORDS, &stage, err) != 0)
            return -1;
        rule->stages = MX_STAGE_BIT(stage);
        return 0;
    }
    if (spec_count(at) == 0)
        return spec_error(at, err, "an empty list: this rule would never be asked");
    for (size_t i = 0; i < spec_count(at); i++) {
        if (spec_read_word(spec_at(at, i), MX_STAGE_WORDS, &stage, err) != 0)
            return -1;
        if ((rule->stages & MX_STAGE_BIT(stage)) != 0)
            return spec_error(spec_at(at, i), err, "the stage is named twice");
        rule->stages |= MX_STAGE_BIT(stage);
    }
    return 0;
}

static int mx_rule_read(struct mx_rule_reader *reader, struct spec spec, size_t number,
                        struct mx_rule *rule, struct err *err)
{
    static const char *const KEYS[] = {"name", "about", "at", "when", "then", "continue", NULL};
    rule->spec = spec;
    reader->rule = rule;
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0 || mx_rule_read_stages(spec, rule, err) != 0)
        return -1;
    rule->name = arena_format(reader->arena, "rule %zu", number);
    if (spec_get(spec, "name", &member) && spec_read_text(member, &rule->name, err) != 0)
        return -1;
    const char *about;
    if (spec_get(spec, "about", &member) && spec_read_text(member, &about, err) != 0)
        return -1;
    if (spec_get(spec, "continue", &member) && spec_read_bool(member, &rule->go_on, err) != 0)
        return -1;
    if (spec_get(spec, "when", &member) && mx_conditions_read(reader, member, rule, err) != 0)
        return -1;
    if (spec_need(spec, "then", &member, err) != 0 ||
        mx_actions_read(reader, member, rule, err) != 0 || mx_actions_check(member, err) != 0 ||
        mx_actions_check_reply(rule, member, err) != 0)
        return -1;
    return mx_rule_read_for(reader, member, rule, err);
}

static int mx_rule_check_name(const struct mx_rule_list *list, const struct mx_rule *rule,
                              struct err *err)
{
    for (const struct mx_rule *before = list->rules; before < rule; before++) {
        if (strcmp(before->name, rule->name) == 0)
            return spec_error(rule->spec, err, "another rule is called \"%s\" already", rule->name);
    }
    return 0;
}

int mx_rule_list_read(struct mx_rule_reader *reader, struct spec spec, struct mx_rule_list *list,
                      struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    size_t count = spec_count(spec);
    if (count > MX_RULES_MAX)
        return spec_error(spec, err, "more than %d rules", MX_RULES_MAX);
    list->rules = arena_alloc_array(reader->arena, count > 0 ? count : 1, sizeof list->rules[0]);
    for (size_t i = 0; i < count; i++) {
        struct mx_rule *rule = &list->rules[i];
        list->count = i + 1;
        if (mx_rule_read(reader, spec_at(spec, i), i + 1, rule, err) != 0 ||
            mx_rule_check_name(list, rule, err) != 0 || mx_rule_check_reach(list, rule, err) != 0)
            return -1;
        list->stages |= rule->stages;
        for (size_t j = 0; j < rule->condition_count; j++) {
            if (mx_condition_needs_auth(&rule->conditions[j]))
                list->auth_stages |= rule->stages;
            list->asks_soa = list->asks_soa || mx_condition_needs_soa(&rule->conditions[j]);
        }
    }
    return 0;
}

void mx_rule_list_release(struct mx_rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct mx_rule *rule = &list->rules[i];
        for (size_t j = 0; j < rule->condition_count; j++)
            mx_condition_release(&rule->conditions[j]);
    }
    list->count = 0;
}
