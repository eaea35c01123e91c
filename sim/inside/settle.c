#include "sim/inside/settle.h"

#include "mta-under-test/base/text.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

enum {
    SETTLE_KEY_BYTES = 2048,
    SETTLE_HEAD_BYTES = 160, /* of an event, in which its kind stands */
};

void settle_init(struct settle *settle, void (*changed)(void *context), void *context)
{
    *settle = (struct settle){.changed = changed, .context = context, .line = event_line_new()};
    map_init(&settle->open);
    map_init(&settle->early);
}

void settle_deinit(struct settle *settle)
{
    map_deinit(&settle->open, NULL);
    map_deinit(&settle->early, NULL);
    event_line_free(&settle->line);
}

bool settle_is_settled(const struct settle *settle)
{
    return settle->open.count == 0;
}

/* Domains compare without case, and servers may change the case of either part on the way. */
static void settle_key(const char *message, const char *recipient, struct buf *key)
{
    buf_reset(key);
    buf_format(key, "%s\n%s", message, recipient);
    if (key->data != NULL)
        text_to_lower(key->data);
}

bool settle_is_open(const struct settle *settle, const char *message, const char *recipient)
{
    struct buf key;
    buf_init(&key, SETTLE_KEY_BYTES);
    settle_key(message, recipient, &key);
    bool open = map_get(&settle->open, buf_slice(&key)) != NULL;
    buf_deinit(&key);
    return open;
}

static void settle_open(struct settle *settle, const cJSON *event)
{
    struct buf key;
    const cJSON *to = NULL;
    buf_init(&key, SETTLE_KEY_BYTES);
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        settle_key(event_text(event, "message"), cJSON_GetStringValue(to), &key);
        if (map_remove(&settle->early, buf_slice(&key)) == NULL)
            map_set(&settle->open, buf_slice(&key), settle);
        settle->accepted_count++;
    }
    buf_deinit(&key);
}

static void settle_end(struct settle *settle, const char *message, const char *recipient)
{
    struct buf key;
    buf_init(&key, SETTLE_KEY_BYTES);
    settle_key(message, recipient, &key);
    if (map_remove(&settle->open, buf_slice(&key)) == NULL)
        map_set(&settle->early, buf_slice(&key), settle);
    buf_deinit(&key);
}

/* A notification that says "failed" is the end of the recipients that it names. */
static void settle_end_by_dsn(struct settle *settle, const cJSON *dsn)
{
    const cJSON *recipient = NULL;
    cJSON_ArrayForEach(recipient, cJSON_GetObjectItemCaseSensitive(dsn, "recipients"))
    {
        if (slice_is_nocase(slice_of(event_text(recipient, "action")), "failed"))
            settle_end(settle, event_text(dsn, "message"), event_text(recipient, "recipient"));
    }
}

static void settle_deliver(struct settle *settle, const cJSON *event)
{
    const cJSON *dsn = cJSON_GetObjectItemCaseSensitive(event, "dsn");
    const cJSON *to = NULL;
    if (dsn != NULL) {
        settle_end_by_dsn(settle, dsn);
        return;
    }
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        settle_end(settle, event_text(event, "message"), cJSON_GetStringValue(to));
    }
}

/* What the operator has had deleted is over. */
static void settle_order(struct settle *settle, const cJSON *event)
{
    const cJSON *to = NULL;
    if (!slice_is(slice_of(event_text(event, "what")), "delete") || event_int(event, "status", -1))
        return;
    if (event_bool(event, "all")) {
        map_deinit(&settle->open, NULL);
        map_init(&settle->open);
    }
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        if (settle_is_open(settle, event_text(event, "message"), cJSON_GetStringValue(to)))
            settle_end(settle, event_text(event, "message"), cJSON_GetStringValue(to));
    }
}

static bool settle_matters(struct slice line)
{
    const struct slice key = SLICE("\"kind\":");
    size_t at = slice_find_slice(slice_first(line, SETTLE_HEAD_BYTES), key);
    if (at == SIZE_MAX)
        return false;
    struct slice kind = slice_skip(line, at + key.len);
    return slice_starts_with(kind, SLICE("\"accepted\"")) ||
           slice_starts_with(kind, SLICE("\"order\""));
}

void settle_on_event(void *context, uint64_t seq, struct slice line)
{
    struct settle *settle = context;
    (void)seq;
    /* Most events are of another kind: only those that matter are parsed. */
    if (!settle_matters(line))
        return;
    const cJSON *event = event_line_read(settle->line, line);
    if (event_is(event, "submitter", "accepted"))
        settle_open(settle, event);
    else if (event_is(event, "mx", "accepted"))
        settle_deliver(settle, event);
    else if (event_is(event, "mta", "order"))
        settle_order(settle, event);
    if (settle->changed != NULL)
        settle->changed(settle->context);
}
