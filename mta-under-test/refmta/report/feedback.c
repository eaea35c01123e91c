#include "mta-under-test/refmta/report/feedback.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { LOCAL_PART_BYTES_MAX = 64, HEAD_BYTES_MAX = 64 << 10, PARTS_MAX = 20 };

/* The value of a field in a block of fields, folded lines joined; NULL if it is not there. */
static const char *field(struct slice block, const char *name, struct arena *arena)
{
    size_t len = strlen(name);
    struct slice line;
    while (block.len > 0 && slice_split(&block, '\n', &line)) {
        if (slice_trim(line).len == 0)
            return NULL;
        if (line.len <= len || line.data[len] != ':' ||
            !slice_is_nocase(slice_first(line, len), name))
            continue;
        struct buf value;
        buf_init(&value, HEAD_BYTES_MAX);
        buf_add_slice(&value, slice_trim(slice_skip(line, len + 1)));
        while (block.len > 0 && (block.data[0] == ' ' || block.data[0] == '\t') &&
               slice_split(&block, '\n', &line)) {
            buf_add_char(&value, ' ');
            buf_add_slice(&value, slice_trim(line));
        }
        const char *text = arena_text(arena, buf_text(&value));
        buf_deinit(&value);
        return text;
    }
    return NULL;
}

/* Behind the empty line. */
static struct slice body_of(struct slice entity)
{
    struct slice line;
    while (entity.len > 0 && slice_split(&entity, '\n', &line))
        if (slice_trim(line).len == 0)
            return entity;
    return entity;
}

static bool has_word(const char *value, const char *word)
{
    for (const char *at = value; at != NULL && *at != '\0'; at++)
        if (slice_starts_with_nocase(slice_of(at), slice_of(word)))
            return true;
    return false;
}

/* The boundary parameter of a Content-Type; NULL if there is none. */
static const char *boundary_of(const char *type, struct arena *arena)
{
    static const char NAME[] = "boundary=";
    for (const char *at = type; at != NULL && *at != '\0'; at++) {
        if (!slice_starts_with_nocase(slice_of(at), SLICE("boundary=")))
            continue;
        at += sizeof NAME - 1;
        bool is_quoted = *at == '"';
        at += is_quoted ? 1 : 0;
        return arena_text_of(arena, slice_from(at, strcspn(at, is_quoted ? "\"" : "; \t")));
    }
    return NULL;
}

/* The next part: up to the next boundary line, which is taken off. */
static bool next_part(struct slice *rest, const char *boundary, struct slice *part)
{
    const char *start = rest->data;
    struct slice line;
    while (rest->len > 0) {
        const char *here = rest->data;
        if (!slice_split(rest, '\n', &line))
            break;
        if (slice_starts_with(line, SLICE("--")) &&
            slice_starts_with(slice_skip(line, 2), slice_of(boundary))) {
            *part = slice_from(start, (size_t)(here - start));
            return true;
        }
    }
    return false;
}

/* "rfc822; ann@big.test", or without a type. */
static const char *address_in(const char *value, struct arena *arena)
{
    const char *semicolon = strchr(value, ';');
    struct slice address = slice_trim(slice_of(semicolon != NULL ? semicolon + 1 : value));
    if (address.len > 1 && address.data[0] == '<')
        address = slice_from(address.data + 1, address.len - 2);
    return slice_find(address, '@') != SIZE_MAX ? arena_text_of(arena, address) : NULL;
}

static void add(struct feedback *feedback, const char *recipient, const struct reason *reason)
{
    if (recipient != NULL && feedback->count < FEEDBACK_ITEMS_MAX)
        feedback->items[feedback->count++] =
            (struct feedback_item){.recipient = recipient, .reason = *reason};
}

/* RFC 3464 2.3: one group of fields for each recipient, behind the one for the message. */
static void read_status(struct slice groups, struct arena *arena, struct feedback *feedback)
{
    while (groups.len > 0) {
        const char *recipient = field(groups, "Original-Recipient", arena);
        const char *final = field(groups, "Final-Recipient", arena);
        const char *action = field(groups, "Action", arena);
        const char *status = field(groups, "Status", arena);
        const char *said = field(groups, "Diagnostic-Code", arena);
        struct reason reason;
        if (recipient == NULL)
            recipient = final;
        if (recipient != NULL && action != NULL && slice_is_nocase(slice_of(action), "failed")) {
            feedback->kind = FEEDBACK_FAILED;
            reason_set(&reason, status != NULL ? status : "5.0.0", said != NULL, "", "%s",
                       said != NULL ? said : "");
            add(feedback, address_in(recipient, arena), &reason);
        }
        groups = body_of(groups);
    }
}

/* RFC 5965 3.2: the address that complains stands in Original-Rcpt-To, if anywhere. */
static void read_complaint(struct slice fields, struct arena *arena, struct feedback *feedback)
{
    const char *recipient = field(fields, "Original-Rcpt-To", arena);
    struct reason reason;
    const char *type = field(fields, "Feedback-Type", arena);
    if (type == NULL || recipient == NULL)
        return;
    feedback->kind = FEEDBACK_COMPLAINT;
    reason_set(&reason, "", false, "", "%s", type);
    add(feedback, address_in(recipient, arena), &reason);
    const char *sender = field(fields, "Original-Mail-From", arena);
    if (feedback->count > 0 && sender != NULL)
        feedback->items[feedback->count - 1].sender = address_in(sender, arena);
}

void feedback_read(struct slice message, struct arena *arena, struct feedback *feedback)
{
    *feedback = (struct feedback){.kind = FEEDBACK_NONE};
    feedback->items = arena_alloc_array(arena, FEEDBACK_ITEMS_MAX, sizeof *feedback->items);
    const char *type = field(message, "Content-Type", arena);
    const char *boundary = boundary_of(type, arena);
    struct slice rest = body_of(message);
    struct slice part;
    if (type == NULL || boundary == NULL || !has_word(type, "multipart/report"))
        return;
    for (unsigned i = 0; i < PARTS_MAX && next_part(&rest, boundary, &part); i++) {
        const char *part_type = field(part, "Content-Type", arena);
        if (has_word(part_type, "message/delivery-status") ||
            has_word(part_type, "message/global-delivery-status"))
            read_status(body_of(part), arena, feedback);
        else if (has_word(part_type, "message/feedback-report"))
            read_complaint(body_of(part), arena, feedback);
    }
}

bool feedback_verp_write(const char *sender, const char *recipient, struct buf *out)
{
    const char *at = strrchr(sender, '@');
    const char *far = strrchr(recipient, '@');
    if (at == NULL || far == NULL || strpbrk(sender, "\"\\") != NULL ||
        strpbrk(recipient, "\"\\ ") != NULL)
        return false;
    size_t local_len = (size_t)(at - sender) + 1 + strlen(recipient);
    if (local_len > LOCAL_PART_BYTES_MAX)
        return false;
    return buf_format(out, "%.*s+%.*s=%s%s", (int)(at - sender), sender, (int)(far - recipient),
                      recipient, far + 1, at);
}

bool feedback_verp_read(struct slice address, struct buf *recipient)
{
    size_t at = slice_find_last(address, '@');
    struct slice local = slice_first(address, at != SIZE_MAX ? at : 0);
    size_t plus = slice_find(local, '+');
    if (plus == SIZE_MAX)
        return false;
    struct slice inner = slice_skip(local, plus + 1);
    size_t equals = slice_find_last(inner, '=');
    if (equals == SIZE_MAX || equals == 0 || equals + 1 >= inner.len)
        return false;
    return buf_format(recipient, "%.*s@%.*s", SLICE_ARG(slice_first(inner, equals)),
                      SLICE_ARG(slice_skip(inner, equals + 1)));
}
