#include "sim/check/check_target.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"
#include "sim/scenario/model/scenario_model.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_TARGET_KEY_BYTES = 4096 };

struct target_maker {
    const struct scenario_message *entry;
    struct check_targets *targets;
    struct map *deliveries;
    struct arena *arena;
    size_t number; /* of the message within its entry, from 1 */
};

static struct slice target_key(struct buf *key, const char *message, const char *to)
{
    buf_init(key, CHECK_TARGET_KEY_BYTES);
    buf_format(key, "%s\n%s", message, to);
    if (key->data != NULL)
        text_to_lower(key->data + strlen(message));
    return buf_slice(key);
}

static size_t sequence_len(const char *to)
{
    size_t count = sequence_count((struct spec){0}, to, SIZE_MAX, NULL);
    return count > 0 ? count : 1;
}

static bool is_sequence(const char *to)
{
    return strchr(to, '{') != NULL;
}

static void add_target(struct target_maker *maker, const char *to)
{
    const struct scenario_message *entry = maker->entry;
    struct check_target *target = &maker->targets->items[maker->targets->count++];
    struct buf key;
    target->entry = entry->id;
    target->message = entry->instances > 1
                          ? arena_format(maker->arena, "%s/%zu", entry->id, maker->number)
                          : entry->id;
    target->from = entry->from;
    target->to = to;
    target->delivery = map_get(maker->deliveries, target_key(&key, target->message, to));
    buf_deinit(&key);
}

static void add_sequence(struct target_maker *maker, const char *to)
{
    struct buf text;
    buf_init(&text, CHECK_TARGET_KEY_BYTES);
    size_t len = sequence_len(to);
    for (size_t i = 0; i < len; i++) {
        buf_reset(&text);
        sequence_text(&text, to, i);
        maker->number++;
        add_target(maker, arena_text(maker->arena, buf_text(&text)));
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

static void index_deliveries(const struct check_history *history, struct map *deliveries)
{
    for (size_t i = 0; i < history->delivery_count; i++) {
        struct check_delivery *delivery = history->deliveries[i];
        struct buf key;
        map_set(deliveries, target_key(&key, delivery->message, delivery->to), delivery);
        buf_deinit(&key);
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
    struct map deliveries = {0};
    size_t total = history->delivery_count;
    if (scenario->message_count == 0) {
        take_deliveries(history, arena, targets);
        return;
    }
    index_deliveries(history, &deliveries);
    for (size_t i = 0; i < scenario->message_count; i++) {
        const struct scenario_message *entry = &scenario->messages[i];
        for (size_t k = 0; k < entry->to_count; k++)
            total += sequence_len(entry->to[k]);
    }
    targets->count = 0;
    targets->items = arena_alloc_array(arena, total + 1, sizeof targets->items[0]);
    for (size_t i = 0; i < scenario->message_count; i++) {
        struct target_maker maker = {&scenario->messages[i], targets, &deliveries, arena, 0};
        add_entry(&maker);
    }
    add_letters(history, targets);
    map_deinit(&deliveries, NULL);
}

bool check_target_is_of(const struct check_target *target,
                        const struct check_expectation *expectation)
{
    return (pattern_matches(expectation->message, slice_of(target->message)) ||
            pattern_matches(expectation->message, slice_of(target->entry))) &&
           pattern_matches(expectation->from, slice_of(target->from)) &&
           pattern_matches(expectation->to, slice_of(target->to));
}
