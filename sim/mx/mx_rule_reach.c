#include "sim/mx/mx_rule_reach.h"

#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/poison.h"

static bool mx_key_equal(const struct mx_key *a, const struct mx_key *b)
{
    return a->parts == b->parts && a->v4_bits == b->v4_bits && a->v6_bits == b->v6_bits;
}

static bool mx_range_holds_range(struct range wide, struct range narrow)
{
    return wide.min <= narrow.min && wide.max >= narrow.max;
}

static bool mx_window_holds_window(const struct window *wide, const struct window *narrow)
{
    return !wide->by_day && wide->from_us <= narrow->from_us && wide->to_us >= narrow->to_us;
}

static bool mx_source_holds_source(const struct mx_condition *wide,
                                   const struct mx_condition *narrow)
{
    for (size_t i = 0; i < narrow->sources.count; i++) {
        const struct prefix *inner = &narrow->sources.list[i];
        bool found = false;
        for (size_t k = 0; k < wide->sources.count && !found; k++) {
            const struct prefix *outer = &wide->sources.list[k];
            found = outer->bits <= inner->bits && prefix_holds(outer, &inner->address);
        }
        if (!found)
            return false;
    }
    return true;
}

/* Both count the same things, and the wide one is over its limit first. */
static bool mx_rate_holds_rate(const struct mx_rate_limit *wide, const struct mx_rate_limit *narrow)
{
    return wide->of == narrow->of && mx_key_equal(&wide->key, &narrow->key) &&
           wide->refused_too == narrow->refused_too &&
           wide->over.window_us == narrow->over.window_us && wide->over.count <= narrow->over.count;
}

/* The parts of the language in which one condition can take in another that is written otherwise.
 */
static bool mx_condition_is_wider(const struct mx_condition *wide,
                                  const struct mx_condition *narrow)
{
    const struct mx_condition_kind *kind = wide->kind;
    if (mx_condition_has_pattern(wide))
        return pattern_is_within(narrow->pattern, wide->pattern);
    if (kind->read == mx_number_range_read || kind->read == mx_recipients_read ||
        kind->read == mx_size_read)
        return mx_range_holds_range(wide->range, narrow->range);
    if (kind->note == mx_track_note)
        return mx_key_equal(&wide->track.key, &narrow->track.key) &&
               mx_range_holds_range(wide->track.range, narrow->track.range);
    if (kind->holds == mx_rate_holds)
        return mx_rate_holds_rate(&wide->rate, &narrow->rate);
    if (kind->holds == mx_connections_holds)
        return mx_key_equal(&wide->crowd.key, &narrow->crowd.key) &&
               wide->crowd.over <= narrow->crowd.over;
    if (kind->holds == mx_reputation_holds)
        return wide->reputation.of == narrow->reputation.of &&
               mx_range_holds_range(wide->reputation.is, narrow->reputation.is);
    if (kind->holds == mx_window_holds)
        return mx_window_holds_window(&wide->window, &narrow->window);
    return kind->holds == mx_source_holds && mx_source_holds_source(wide, narrow);
}

/* Does `wide` hold whenever `narrow` does? Greylists and chances are each rule's own; what counts
 * by the stage does so alike only in rules of the same stages. */
static bool mx_condition_covers(const struct mx_condition *wide, const struct mx_condition *narrow,
                                bool same_stages)
{
    const struct mx_condition_kind *kind = wide->kind;
    if (kind != narrow->kind || kind->holds == mx_greylist_holds ||
        kind->holds == mx_probability_holds || (kind->note != NULL && !same_stages))
        return false;
    return spec_equal(wide->spec, narrow->spec) || mx_condition_is_wider(wide, narrow);
}

static bool mx_condition_always_holds(const struct mx_condition *condition)
{
    return condition->kind->holds == mx_probability_holds && condition->millionths == 1000000;
}

/* Does `before` decide whenever the conditions of `rule` hold? */
static bool mx_rule_covers(const struct mx_rule *before, const struct mx_rule *rule)
{
    for (size_t i = 0; i < before->condition_count; i++) {
        const struct mx_condition *wide = &before->conditions[i];
        bool covered = mx_condition_always_holds(wide);
        for (size_t k = 0; k < rule->condition_count && !covered; k++)
            covered =
                mx_condition_covers(wide, &rule->conditions[k], before->stages == rule->stages);
        if (!covered)
            return false;
    }
    return true;
}

int mx_rule_check_reach(const struct mx_rule_list *list, const struct mx_rule *rule,
                        struct err *err)
{
    unsigned open = rule->stages;
    const struct mx_rule *last = NULL;
    for (const struct mx_rule *before = list->rules; before < rule; before++) {
        if (before->go_on || (before->stages & open) == 0 || !mx_rule_covers(before, rule))
            continue;
        open &= ~before->stages;
        last = before;
    }
    if (open != 0 || last == NULL)
        return 0;
    if (last->condition_count == 0)
        return spec_error(rule->spec, err,
                          "\"%s\" can never fire: \"%s\" stands before it, has no condition and "
                          "decides at this stage",
                          rule->name, last->name);
    return spec_error(rule->spec, err,
                      "\"%s\" can never fire: \"%s\" stands before it, and decides whenever the "
                      "conditions of this one hold; put this one first, or take one of them out",
                      rule->name, last->name);
}
