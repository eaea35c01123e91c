#include "mta-under-test/mailauth/core/message.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static uint32_t message_hash(struct slice name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)text_lower(name.data[i])) * 16777619U;
    return hash;
}

/* The length of the line at the front with its CRLF (or to the end). */
static size_t message_line_len(struct slice bytes)
{
    size_t at = 0;
    while (at < bytes.len) {
        const char *lf = memchr(bytes.data + at, '\n', bytes.len - at);
        if (lf == NULL)
            break;
        at = (size_t)(lf - bytes.data) + 1;
        if (at >= 2 && bytes.data[at - 2] == '\r')
            return at;
    }
    return bytes.len;
}

static bool message_is_folded(struct slice rest)
{
    return rest.len > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t');
}

/* The field at the front with its continuation lines and the final CRLF. */
static size_t message_field_len(struct slice bytes)
{
    size_t len = message_line_len(bytes);
    while (message_is_folded(slice_skip(bytes, len)))
        len += message_line_len(slice_skip(bytes, len));
    return len;
}

static void message_cut_field(struct slice raw, struct message_field *field)
{
    if (raw.len >= 2 && memcmp(raw.data + raw.len - 2, "\r\n", 2) == 0)
        raw.len -= 2;
    memset(field, 0, sizeof *field);
    field->raw = raw;
    size_t colon = slice_find(raw, ':');
    if (colon == SIZE_MAX)
        return;
    struct slice name = slice_first(raw, colon);
    while (name.len > 0 && (name.data[name.len - 1] == ' ' || name.data[name.len - 1] == '\t'))
        name.len--;
    /* ftext: printable US-ASCII without colon (RFC 5322 3.6.8). */
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < 0x21 || name.data[i] > 0x7e)
            return;
    }
    field->name = name;
    field->value = slice_skip(raw, colon + 1);
}

static size_t message_count_fields(struct slice header)
{
    size_t count = 0;
    while (header.len > 0) {
        header = slice_skip(header, message_field_len(header));
        count++;
    }
    return count;
}

/* Where the header ends: at an empty line, or at the end. */
static size_t message_header_len(struct slice bytes)
{
    size_t at = 0;
    while (at < bytes.len && !slice_starts_with(slice_skip(bytes, at), SLICE("\r\n")))
        at += message_line_len(slice_skip(bytes, at));
    return at;
}

/* Puts the field into the list of its name. Buckets hold the index of one field of each name; a
 * taken bucket is followed by the next one. */
static void message_index_field(struct message *message, uint32_t index)
{
    struct message_field *field = &message->fields[index];
    size_t at = message_hash(field->name) & (message->name_buckets - 1);
    while (message->buckets[at] != MESSAGE_NO_FIELD &&
           !slice_equal_nocase(message->fields[message->buckets[at]].name, field->name))
        at = (at + 1) & (message->name_buckets - 1);
    if (message->buckets[at] == MESSAGE_NO_FIELD) {
        message->buckets[at] = index;
        field->name_id = (uint32_t)message->name_count++;
        field->above = MESSAGE_NO_FIELD;
    } else {
        field->name_id = message->fields[message->buckets[at]].name_id;
        field->above = message->lowest[field->name_id];
    }
    message->lowest[field->name_id] = index;
}

bool message_parse(struct arena *arena, struct slice bytes, struct message *message)
{
    memset(message, 0, sizeof *message);
    if (slice_starts_with(bytes, SLICE("From ")))
        bytes = slice_skip(bytes, message_line_len(bytes));
    size_t header_len = message_header_len(bytes);
    struct slice header = slice_first(bytes, header_len);
    message->body = slice_skip(bytes, header_len + (header_len < bytes.len ? 2 : 0));
    size_t count = message_count_fields(header);
    if (count > MESSAGE_FIELDS_MAX)
        return false;
    message->fields = arena_alloc_array(arena, count, sizeof *message->fields);
    message->lowest = arena_alloc_array(arena, count, sizeof *message->lowest);
    message->name_buckets = 16;
    while (message->name_buckets < count * 2)
        message->name_buckets *= 2;
    message->buckets = arena_alloc_array(arena, message->name_buckets, sizeof *message->buckets);
    memset(message->buckets, 0xff, message->name_buckets * sizeof *message->buckets);
    while (header.len > 0) {
        size_t len = message_field_len(header);
        message_cut_field(slice_first(header, len), &message->fields[message->count]);
        message_index_field(message, (uint32_t)message->count);
        message->count++;
        header = slice_skip(header, len);
    }
    return true;
}

uint32_t message_name_id(const struct message *message, struct slice name)
{
    if (message->count == 0)
        return MESSAGE_NO_FIELD;
    size_t at = message_hash(name) & (message->name_buckets - 1);
    while (message->buckets[at] != MESSAGE_NO_FIELD) {
        const struct message_field *field = &message->fields[message->buckets[at]];
        if (slice_equal_nocase(field->name, name))
            return field->name_id;
        at = (at + 1) & (message->name_buckets - 1);
    }
    return MESSAGE_NO_FIELD;
}

const struct message_field *message_find(const struct message *message, const char *name)
{
    uint32_t id = message_name_id(message, slice_of(name));
    if (id == MESSAGE_NO_FIELD)
        return NULL;
    const struct message_field *field = &message->fields[message->lowest[id]];
    while (field->above != MESSAGE_NO_FIELD)
        field = &message->fields[field->above];
    return field;
}

size_t message_count(const struct message *message, const char *name)
{
    size_t count = 0;
    uint32_t id = message_name_id(message, slice_of(name));
    if (id == MESSAGE_NO_FIELD)
        return 0;
    for (uint32_t at = message->lowest[id]; at != MESSAGE_NO_FIELD; at = message->fields[at].above)
        count++;
    return count;
}

const struct message_field *message_next(const struct message *message,
                                         const struct message_field *field)
{
    for (size_t i = (size_t)(field - message->fields) + 1; i < message->count; i++) {
        if (message->fields[i].name_id == field->name_id)
            return &message->fields[i];
    }
    return NULL;
}

struct slice message_unfold(struct arena *arena, struct slice value)
{
    char *text = arena_alloc(arena, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] != '\r' && value.data[i] != '\n')
            text[len++] = value.data[i];
    }
    return slice_trim(slice_from(text, len));
}
