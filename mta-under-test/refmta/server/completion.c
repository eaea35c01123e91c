#include "mta-under-test/refmta/server/completion.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/address/address_list.h"
#include "mta-under-test/mailauth/address/date_time.h"
#include "mta-under-test/mailauth/address/smtp_mailbox.h"
#include "mta-under-test/mailauth/core/message.h"

#include "mta-under-test/base/poison.h"

static bool is_date(struct slice value)
{
    int64_t at_us = 0;
    return date_time_parse(value, &at_us) == NULL;
}

/* "<" something "@" something ">", by and large (RFC 5322 3.6.4): what readers take is kept. */
static bool is_message_id(struct slice value)
{
    struct slice id = slice_trim(value);
    size_t at = slice_find(id, '@');
    if (id.len < 5 || id.data[0] != '<' || id.data[id.len - 1] != '>' || at == SIZE_MAX || at < 2 ||
        at + 2 >= id.len)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (id.data[i] <= ' ' && id.data[i] >= 0)
            return false;
    return true;
}

/* Whether it is the whole of From. */
static bool is_author(const struct message *message, struct arena *arena, struct slice user)
{
    struct address_list list = {0};
    const struct message_field *from = message_find(message, "From");
    if (from == NULL || address_list_parse(arena, from->value, &list) != NULL || list.count != 1)
        return false;
    const struct address_mailbox *mailbox = &list.mailboxes[0];
    const char *address = arena_format(arena, "%.*s@%.*s", SLICE_ARG(mailbox->local_part),
                                       SLICE_ARG(mailbox->domain));
    return slice_equal_nocase(slice_of(address), user);
}

/* Who is to stand in Sender, NULL if that is not for us to say. */
static const char *sender_of(const struct completion_facts *facts, const struct message *message,
                             struct arena *arena)
{
    struct smtp_mailbox mailbox;
    if (facts->user == NULL ||
        smtp_mailbox_parse(slice_of(facts->user), false, &mailbox) != SMTP_MAILBOX_VALID)
        return NULL;
    return is_author(message, arena, slice_of(facts->user)) ? NULL : facts->user;
}

/* Which fields go out, and which of those that must be there are. */
struct plan {
    const char *sender;
    bool has_date;
    bool has_message_id;
};

static bool is_dropped(struct plan *plan, const struct message_field *field)
{
    if (slice_is_nocase(field->name, "Sender"))
        return plan->sender != NULL;
    if (slice_is_nocase(field->name, "Date")) {
        bool good = is_date(field->value);
        plan->has_date = plan->has_date || good;
        return !good;
    }
    if (slice_is_nocase(field->name, "Message-ID")) {
        bool good = is_message_id(field->value);
        plan->has_message_id = plan->has_message_id || good;
        return !good;
    }
    return false;
}

static void write_fields(const struct completion_facts *facts, const struct plan *plan,
                         struct buf *out)
{
    char date[TIME_TEXT_BYTES];
    if (!plan->has_date)
        buf_format(out, "Date: %s\r\n", time_to_rfc5322(facts->now_us, date));
    if (!plan->has_message_id)
        buf_format(out, "Message-ID: <%s@%s>\r\n", facts->id, facts->hostname);
    if (plan->sender != NULL)
        buf_format(out, "Sender: <%s>\r\n", plan->sender);
}

/* What is not dropped stays byte by byte. */
void completion_write(const struct completion_facts *facts, struct slice content, struct buf *out)
{
    struct arena arena = {0};
    struct message message;
    struct plan plan = {.sender = NULL};
    struct buf kept;
    size_t done = 0;
    buf_init(&kept, content.len);
    if (!message_parse(&arena, content, &message))
        message.count = 0;
    else
        plan.sender = sender_of(facts, &message, &arena);
    for (size_t i = 0; i < message.count; i++) {
        struct slice raw = message.fields[i].raw;
        size_t start = (size_t)(raw.data - content.data);
        if (!is_dropped(&plan, &message.fields[i]))
            continue;
        buf_add_slice(&kept, slice_first(slice_skip(content, done), start - done));
        done = start + raw.len + 2; /* with its CRLF */
    }
    buf_add_slice(&kept, slice_skip(content, done));
    write_fields(facts, &plan, out);
    buf_add_slice(out, buf_slice(&kept));
    buf_deinit(&kept);
    arena_deinit(&arena);
}
