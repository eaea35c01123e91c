#include "mta-under-test/mailauth/dkim/dkim_header.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/taglist.h"

#include "mta-under-test/base/poison.h"

/* Lower case, without the white space in front of the colon. */
static void dkim_header_add_relaxed_name(struct dkim_hash *hash, struct slice name)
{
    while (name.len > 0 && (name.data[name.len - 1] == ' ' || name.data[name.len - 1] == '\t'))
        name.len--;
    for (size_t i = 0; i < name.len; i++) {
        char c = text_lower(name.data[i]);
        dkim_hash_add(hash, &c, 1);
    }
    dkim_hash_add(hash, ":", 1);
}

static bool dkim_header_is_text(char c)
{
    return c != ' ' && c != '\t' && c != '\r';
}

/* Unfolded, runs of white space as one space, none at the ends. */
static void dkim_header_add_relaxed_value(struct dkim_hash *hash, struct slice value)
{
    bool space = false;
    bool begun = false;
    size_t at = 0;
    while (at < value.len) {
        char c = value.data[at];
        if (c == ' ' || c == '\t') {
            space = true;
            at++;
            continue;
        }
        if (c == '\r' && at + 1 < value.len && value.data[at + 1] == '\n') {
            at += 2;
            continue;
        }
        size_t start = at;
        do
            at++;
        while (at < value.len && dkim_header_is_text(value.data[at]));
        if (space && begun)
            dkim_hash_add(hash, " ", 1);
        dkim_hash_add(hash, value.data + start, at - start);
        space = false;
        begun = true;
    }
}

void dkim_header_add(struct dkim_hash *hash, enum dkim_canon canon, struct slice raw,
                     bool ends_line)
{
    size_t colon = slice_find(raw, ':');
    if (canon == DKIM_CANON_SIMPLE || colon == SIZE_MAX) {
        dkim_hash_add(hash, raw.data, raw.len);
    } else {
        dkim_header_add_relaxed_name(hash, slice_first(raw, colon));
        dkim_header_add_relaxed_value(hash, slice_skip(raw, colon + 1));
    }
    if (ends_line)
        dkim_hash_add(hash, "\r\n", 2);
}

size_t dkim_header_add_chosen(struct dkim_hash *hash, enum dkim_canon canon,
                              const struct message *message, struct slice names,
                              const struct message_field *self, struct arena *arena)
{
    struct slice name;
    size_t taken = 0;
    /* For each name the next field to take, by name id. */
    uint32_t *next = arena_alloc_array(arena, message->name_count + 1, sizeof *next);
    if (message->name_count > 0)
        memcpy(next, message->lowest, message->name_count * sizeof *next);
    while (taglist_next_item(&names, ':', &name)) {
        uint32_t id = name.len > 0 ? message_name_id(message, name) : MESSAGE_NO_FIELD;
        if (id == MESSAGE_NO_FIELD)
            continue;
        if (next[id] != MESSAGE_NO_FIELD && &message->fields[next[id]] == self)
            next[id] = message->fields[next[id]].above;
        if (next[id] == MESSAGE_NO_FIELD)
            continue;
        const struct message_field *field = &message->fields[next[id]];
        next[id] = field->above;
        dkim_header_add(hash, canon, field->raw, true);
        taken++;
    }
    return taken;
}
