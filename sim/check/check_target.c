#include "sim/check/check_target.h"

#include "mta-under-test/base/buf.h"
#include "sim/scenario/model/scenario_model.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_TARGET_TEXT_BYTES = 4096 };

struct target_maker {
    const struct scenario_message *entry;
    struct check_targets *targets;
    const struct check_index *deliveries;
    struct arena *arena;
    size_t number;      /* of the message within its entry, from 1 */
    struct buf message; /* its name, where there is more than one */
};

static size_t sequence_len(const char *to)
{
    size_t count = sequence_count((struct spec){0}, to, SIZE_MAX, NULL);
    return count > 0 ? count : 1;
}

static bool is_sequence(const char *to)
{
    return strchr(to, '{') != NULL;
}

/* What the history has as well is not kept twice. */
static const char *keep(const struct target_maker *maker, const char *text, const char *known)
{
    return strcmp(text, known) == 0 ? known : arena_text(maker->arena, text);
}

static const char *message_name(struct target_maker *maker)
{
    if (maker->entry->instances <= 1)
        return maker->entry->id;
    buf_reset(&maker->message);
    buf_format(&maker->message, "%s/%zu", maker->entry->id, maker->number);
    return buf_text(&maker->message);
}

/* `to` is valid for the call only. */
static void add_target(struct target_maker *maker, const char *to)
{
    const char *message = message_name(maker);
    const struct check_delivery *delivery = check_index_find(maker->deliveries, message, to);
    maker->targets->items[maker->targets->count++] = (struct check_target){
        .entry = maker->entry->id,
        .message = keep(maker, message, delivery != NULL ? delivery->message : ""),
        .from = maker->entry->from,
        .to = keep(maker, to, delivery != NULL ? delivery->to : ""),
        .delivery = delivery,
    };
}

static void add_sequence(struct target_maker *maker, const char *to)
{
    struct buf text;
    buf_init(&text, CHECK_TARGET_TEXT_BYTES);
    size_t len = sequence_len(to);
    for (size_t i = 0; i < len; i++) {
        buf_reset(&text);
        sequence_text(&text, to, i);
        maker->number++;
        add_target(maker, buf_text(&text));
    }
    buf_deinit(&text);
}

/* Plain recipients share the first message; each text of a sequence has one of its own. */
static void add_entry(struct target_maker *maker)
{
    const struct scenario_message *entry = maker->entry;
    bool plain = false;
    for (size_t i = 0; i < entry->to_count; i++)
        plain = plain || !is_sequence(entry->to[i]);
    maker->number = plain ? 1 : 0;
    for (size_t i = 0; i < entry->to_count; i++) {
        if (!is_sequence(entry->to[i]))
            add_target(maker, entry->to[i]);
    }
    for (size_t i = 0; i < entry->to_count; i++) {
        if (is_sequence(entry->to[i]))
            add_sequence(maker, entry->to[i]);
    }
}

static struct check_target target_of(const struct check_delivery *delivery)
{
    return (struct check_target){delivery->message, delivery->message, delivery->from, delivery->to,
                                 delivery};
}

static void add_letters(const struct check_history *history, struct check_targets *targets)
{
    for (size_t i = 0; i < history->delivery_count; i++)
        if (history->deliveries[i]->by_client)
            targets->items[targets->count++] = target_of(history->deliveries[i]);
}

/* A scenario that sends nothing: whatever a command of `exec` sent. */
static void take_deliveries(const struct check_history *history, struct arena *arena,
                            struct check_targets *targets)
{
    targets->items =
        arena_alloc_array(arena, history->delivery_count + 1, sizeof targets->items[0]);
    targets->count = history->delivery_count;
    for (size_t i = 0; i < history->delivery_count; i++)
        targets->items[i] = target_of(history->deliveries[i]);
}

void check_targets_make(const struct scenario *scenario, const struct check_history *history,
                        struct arena *arena, struct check_targets *targets)
{
    size_t total = history->delivery_count;
    if (scenario->message_count == 0) {
        take_deliveries(history, arena, targets);
        return;
    }
    for (size_t i = 0; i < scenario->message_count; i++) {
        const struct scenario_message *entry = &scenario->messages[i];
        for (size_t k = 0; k < entry->to_count; k++)
            total += sequence_len(entry->to[k]);
    }
    targets->count = 0;
    targets->items = arena_alloc_array(arena, total + 1, sizeof targets->items[0]);
    for (size_t i = 0; i < scenario->message_count; i++) {
        struct target_maker maker = {.entry = &scenario->messages[i],
                                     .targets = targets,
                                     .deliveries = &history->index,
                                     .arena = arena};
        buf_init(&maker.message, CHECK_TARGET_TEXT_BYTES);
        add_entry(&maker);
        buf_deinit(&maker.message);
    }
    add_letters(history, targets);
}

bool check_target_is_of(const struct check_target *target,
                        const struct check_expectation *expectation)
{
    return (pattern_matches(expectation->message, slice_of(target->message)) ||
            pattern_matches(expectation->message, slice_of(target->entry))) &&
           pattern_matches(expectation->from, slice_of(target->from)) &&
           pattern_matches(expectation->to, slice_of(target->to));
}
