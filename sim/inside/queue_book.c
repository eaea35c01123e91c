#include "sim/inside/queue_book.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

enum { QUEUE_BOOK_KIND_BYTES = 160 };

void queue_book_init(struct queue_book *book, const regex_t *queue_id)
{
    *book = (struct queue_book){.queue_id = queue_id, .line = event_line_new()};
    map_init(&book->names);
}

void queue_book_deinit(struct queue_book *book)
{
    map_deinit(&book->names, NULL);
    event_line_free(&book->line);
    free(book->entries);
    arena_deinit(&book->arena);
}

static void queue_book_on_reply(struct queue_book *book, const cJSON *event)
{
    regmatch_t groups[2];
    const char *text = event_text(event, "text");
    if (book->queue_id == NULL || !slice_is(slice_of(event_text(event, "stage")), "data-end") ||
        regexec(book->queue_id, text, 2, groups, 0) != 0 || groups[1].rm_so < 0)
        return;
    const struct slice name =
        slice_from(text + groups[1].rm_so, (size_t)(groups[1].rm_eo - groups[1].rm_so));
    map_set_text(&book->names, event_text(event, "message"), arena_text_of(&book->arena, name));
}

static void queue_book_on_accepted(struct queue_book *book, const cJSON *event)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(event, "to");
    struct queue_entry *entry = arena_alloc(&book->arena, sizeof *entry);
    size_t count = (size_t)cJSON_GetArraySize(array);
    const char **to = arena_alloc_array(&book->arena, count + 1, sizeof *to);
    const cJSON *one = NULL;
    cJSON_ArrayForEach(one, array)
    {
        if (cJSON_IsString(one))
            to[entry->to_count++] = arena_text(&book->arena, one->valuestring);
    }
    entry->to = to;
    entry->message = arena_text(&book->arena, event_text(event, "message"));
    entry->from = arena_text(&book->arena, event_text(event, "from"));
    entry->queue_id = map_get_text(&book->names, entry->message);
    if ((book->count & (book->count - 1)) == 0)
        book->entries = mem_grow(book->entries, book->count == 0 ? 1 : book->count * 2,
                                 sizeof(struct queue_entry *));
    book->entries[book->count++] = entry;
}

void queue_book_on_event(void *context, uint64_t seq, struct slice line)
{
    struct queue_book *book = context;
    struct slice head = slice_first(line, QUEUE_BOOK_KIND_BYTES);
    (void)seq;
    /* Most events are of another kind: only the two that matter are parsed. */
    if (slice_find_slice(head, SLICE("\"source\":\"submitter\"")) == SIZE_MAX)
        return;
    const cJSON *event = event_line_read(book->line, line);
    if (event_is(event, "submitter", "reply"))
        queue_book_on_reply(book, event);
    else if (event_is(event, "submitter", "accepted"))
        queue_book_on_accepted(book, event);
}

/* The id itself, or that of the entry that made many: "campaign" of "campaign/17". */
static bool queue_entry_is_named(const struct queue_entry *entry, const struct pattern *pattern)
{
    struct slice id = slice_of(entry->message);
    size_t slash = slice_find_last(id, '/');
    return pattern_matches(pattern, id) ||
           (slash != SIZE_MAX && pattern_matches(pattern, slice_first(id, slash)));
}

bool queue_book_fits(const struct queue_entry *entry, const struct settle *settle,
                     const struct scenario_event *choice)
{
    if (!queue_entry_is_named(entry, choice->message) ||
        !pattern_matches(choice->from, slice_of(entry->from)))
        return false;
    for (size_t i = 0; i < entry->to_count; i++) {
        if (settle_is_open(settle, entry->message, entry->to[i]) &&
            pattern_matches(choice->to, slice_of(entry->to[i])))
            return true;
    }
    return false;
}
