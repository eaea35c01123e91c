#include "sim/mx/dsn.h"

#include "mta-under-test/base/text.h"
#include "sim/mx/mime.h"
#include "sim/mx/mx_header.h"

#include "mta-under-test/base/poison.h"

enum { DSN_FIELD_BYTES = 2048 };

/* A field's text, unfolded; "" if there is none. */
static const char *dsn_field(struct slice group, const char *name, struct arena *arena)
{
    struct slice value = mx_header_find(group, name);
    if (value.data == NULL)
        return "";
    struct buf text;
    buf_init(&text, DSN_FIELD_BYTES);
    mx_header_unfold(slice_first(value, DSN_FIELD_BYTES), &text);
    const char *kept = arena_text(arena, buf_text(&text));
    buf_deinit(&text);
    return kept;
}

/* The same without "type;" in front. */
static const char *dsn_typed_field(struct slice group, const char *name, struct arena *arena)
{
    const char *text = dsn_field(group, name, arena);
    const char *semicolon = strchr(text, ';');
    if (semicolon == NULL)
        return text;
    return arena_text_of(arena, slice_trim(slice_of(semicolon + 1)));
}

static void dsn_add_recipient(struct dsn *dsn, struct dsn_recipient recipient, struct arena *arena)
{
    if (recipient.recipient[0] == '\0' || dsn->recipient_count >= DSN_RECIPIENTS_MAX)
        return;
    struct dsn_recipient *all = arena_alloc_array(arena, dsn->recipient_count + 1, sizeof all[0]);
    if (dsn->recipient_count > 0)
        memcpy(all, dsn->recipients, dsn->recipient_count * sizeof all[0]);
    all[dsn->recipient_count++] = recipient;
    dsn->recipients = all;
}

static void dsn_read_recipient(struct slice group, struct arena *arena, struct dsn *dsn)
{
    char *action = arena_text(arena, dsn_field(group, "Action", arena));
    text_to_lower(action);
    struct dsn_recipient recipient = {
        .recipient = dsn_typed_field(group, "Final-Recipient", arena),
        .original_recipient = dsn_typed_field(group, "Original-Recipient", arena),
        .action = action,
        .status = dsn_field(group, "Status", arena),
        .diagnostic = dsn_typed_field(group, "Diagnostic-Code", arena),
        .remote_mta = dsn_typed_field(group, "Remote-MTA", arena),
    };
    dsn_add_recipient(dsn, recipient, arena);
}

/* Groups of fields between empty lines: the first is about the message, each other about one
 * recipient (RFC 3464 2.1). */
static void dsn_read_status(struct slice body, struct arena *arena, struct dsn *dsn)
{
    bool first = true;
    while (body.len > 0) {
        size_t len = mx_header_len(body);
        struct slice group = slice_first(body, len);
        body = slice_skip(body, len);
        if (slice_trim(group).len == 0)
            continue;
        if (first)
            dsn->reporting_mta = dsn_typed_field(group, "Reporting-MTA", arena);
        else
            dsn_read_recipient(group, arena, dsn);
        first = false;
    }
}

bool dsn_parse(struct slice message, struct arena *arena, struct dsn *dsn)
{
    *dsn = (struct dsn){.reporting_mta = "", .message = ""};
    struct mime_part whole = mime_part_of(message);
    /* RFC 6522 demands multipart/report; servers that write multipart/mixed around the same parts
     * have told their sender all the same. */
    if (!mime_part_is(&whole, "multipart/report") && !mime_part_is(&whole, "multipart/mixed"))
        return false;
    struct slice boundary = mime_part_parameter(&whole, "boundary");
    struct slice rest = whole.body;
    struct mime_part part;
    for (int i = 0; i < MIME_PARTS_MAX && mime_next(&rest, boundary, &part); i++) {
        if (mime_part_is(&part, "message/delivery-status") ||
            mime_part_is(&part, "message/global-delivery-status"))
            dsn_read_status(part.body, arena, dsn);
        else if (mime_part_is(&part, "message/rfc822") || mime_part_is(&part, "message/global") ||
                 mime_part_is(&part, "message/global-headers") ||
                 mime_part_is(&part, "text/rfc822-headers"))
            dsn->message = dsn_field(slice_first(part.body, mx_header_len(part.body)),
                                     "X-Mailrange-Id", arena);
    }
    return dsn->recipient_count > 0;
}

/* The addresses in angle brackets of one line, as failed. */
static void dsn_read_prose(struct slice line, struct arena *arena, struct dsn *dsn)
{
    struct slice before;
    struct slice address;
    while (slice_split(&line, '<', &before) && slice_find(line, '>') != SIZE_MAX) {
        address = slice_first(line, slice_find(line, '>'));
        if (slice_find(address, '@') == SIZE_MAX)
            continue;
        struct dsn_recipient recipient = {
            .recipient = arena_text_of(arena, address),
            .original_recipient = "",
            .action = "failed",
            .status = "",
            .diagnostic = "",
            .remote_mta = "",
        };
        dsn_add_recipient(dsn, recipient, arena);
    }
}

bool dsn_parse_prose(struct slice message, struct arena *arena, struct dsn *dsn)
{
    const struct slice quoted_id = SLICE("X-Mailrange-Id:");
    *dsn = (struct dsn){.reporting_mta = "", .message = ""};
    struct slice rest = mime_part_of(message).body;
    struct slice line;
    bool quoted = false;
    while (dsn->message[0] == '\0' && slice_split(&rest, '\n', &line)) {
        if (slice_starts_with_nocase(line, quoted_id))
            dsn->message = arena_text_of(arena, slice_trim(slice_skip(line, quoted_id.len)));
        quoted = quoted || slice_starts_with_nocase(line, slice_of("Received:"));
        if (!quoted)
            dsn_read_prose(line, arena, dsn);
    }
    return dsn->recipient_count > 0 && dsn->message[0] != '\0';
}
