#include "sim/check/check_collect.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* "rfc822;bob@a.test" without its address type (RFC 3464 section 2.3.2). */
static const char *plain_recipient(const char *text)
{
    const char *semicolon = strchr(text, ';');
    if (semicolon == NULL)
        return text;
    semicolon++;
    while (*semicolon == ' ')
        semicolon++;
    return semicolon;
}

static bool has_recipient(const cJSON *event, const char *address)
{
    const cJSON *to = NULL;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        if (cJSON_IsString(to) && slice_equal_nocase(slice_of(to->valuestring), slice_of(address)))
            return true;
    }
    return false;
}

static const char *first_recipient(struct check_collector *c, const cJSON *event)
{
    const cJSON *to = cJSON_GetObjectItemCaseSensitive(event, "to");
    const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(to, 0));
    return arena_text(c->arena, text != NULL ? text : "");
}

/* ---- notifications */

static struct check_incident *wrong_bounce(struct check_collector *c, const cJSON *event,
                                           const struct check_delivery *delivery, const char *text,
                                           const char *rfc)
{
    struct check_incident *incident =
        check_collect_incident(c, &c->history->wrong_bounces, "bounce");
    incident->text = text;
    incident->rfc = rfc;
    incident->moment.session = check_collect_text(c, event, "session");
    if (delivery != NULL) {
        incident->message = delivery->message;
        incident->recipient = delivery->to;
    }
    return incident;
}

static void check_bounce(struct check_collector *c, const cJSON *event,
                         const struct check_delivery *delivery)
{
    if (delivery->from[0] == '\0')
        wrong_bounce(c, event, delivery,
                     "a message with the null reverse-path was answered by a notification",
                     "RFC 5321 6.1");
    else if (!has_recipient(event, delivery->from))
        wrong_bounce(c, event, delivery,
                     arena_format(c->arena, "the notification went to %s; the sender is %s",
                                  first_recipient(c, event), delivery->from),
                     "RFC 5321 6.1");
}

static void note_notice(struct check_collector *c, const cJSON *event, const cJSON *dsn,
                        const cJSON *recipient)
{
    bool failed = slice_is_nocase(slice_of(event_text(recipient, "action")), "failed");
    bool delayed = slice_is_nocase(slice_of(event_text(recipient, "action")), "delayed");
    const char *message = event_text(dsn, "message");
    const char *to = plain_recipient(event_text(recipient, "recipient"));
    struct check_delivery *delivery = check_delivery_find(c, message, to);
    if (delivery == NULL)
        delivery = check_delivery_find(
            c, message, plain_recipient(event_text(recipient, "original-recipient")));
    if (delivery == NULL && message[0] == '\0')
        delivery = c->handed_in_unseen ? check_unseen_noticed(c, first_recipient(c, event), to)
                                       : check_delivery_guess(c, first_recipient(c, event), to);
    if (delivery == NULL || (!failed && !delayed))
        return;
    delivery->notices =
        check_collect_room(delivery->notices, delivery->notice_count, sizeof *delivery->notices);
    delivery->notices[delivery->notice_count++] = (struct check_notice){
        .at_us = c->at_us,
        .seq = c->seq,
        .session = check_collect_text(c, event, "session"),
        .status = check_collect_text(c, recipient, "status"),
        .diagnostic = check_collect_text(c, recipient, "diagnostic"),
        .remote_mta = check_collect_text(c, recipient, "remote-mta"),
        .reporting_mta = check_collect_text(c, dsn, "reporting-mta"),
        .failed = failed,
    };
    if (delayed)
        delivery->warning_count++;
    check_bounce(c, event, delivery);
}

static void note_dsn(struct check_collector *c, const cJSON *event, const cJSON *dsn)
{
    const char *from = event_text(event, "from");
    if (from[0] != '\0')
        wrong_bounce(c, event, NULL,
                     arena_format(c->arena,
                                  "a notification was sent with the reverse-path <%s>; it must be "
                                  "the null one",
                                  from),
                     "RFC 3464 2");
    if (slice_is(slice_of(event_text(dsn, "form")), "text"))
        wrong_bounce(c, event, NULL,
                     "a notification is a text for people; no program can read who failed, and why",
                     "RFC 5321 3.6.3, RFC 3464")
            ->level = "should";
    const cJSON *recipient = NULL;
    cJSON_ArrayForEach(recipient, cJSON_GetObjectItemCaseSensitive(dsn, "recipients"))
    {
        note_notice(c, event, dsn, recipient);
    }
}

/* ---- messages */

static void note_unasked(struct check_collector *c, const cJSON *event, const char *to)
{
    struct check_incident *incident = check_collect_incident(c, &c->history->unasked, "unasked");
    const char *from = event_text(event, "from");
    const char *subject = event_text(event, "subject");
    incident->text =
        arena_format(c->arena, "%s accepted mail from <%s> to <%s> that nobody asked for%s%s%s",
                     event_text(event, "host"), from, to, *subject != '\0' ? " (subject: " : "",
                     subject, *subject != '\0' ? ")" : "");
    if (from[0] == '\0' && event_text(event, "message")[0] == '\0')
        incident->text = arena_format(
            c->arena, "%s accepted mail from <> to <%s> that is no notification of RFC 3464%s%s%s",
            event_text(event, "host"), to, *subject != '\0' ? " (subject: " : "", subject,
            *subject != '\0' ? ")" : "");
    incident->level = "should";
    incident->host = check_collect_text(c, event, "host");
    incident->recipient = arena_text(c->arena, to);
    incident->moment.session = check_collect_text(c, event, "session");
}

void check_accepted_asked(struct check_collector *c, const char *mailbox)
{
    struct check_incidents *unasked = &c->history->unasked;
    if (unasked->count == 0)
        return;
    const struct check_incident *last = &unasked->items[unasked->count - 1];
    if (strcmp(last->recipient, mailbox) == 0 && last->moment.at_us == c->at_us)
        unasked->count--;
}

void check_accepted_in_clear(struct check_collector *c, const cJSON *event)
{
    /* Nothing is known of what a command of `exec` learned; a letter may ask for no TLS (RFC 8689
     * section 3). */
    if (c->smart_host || c->handed_in_unseen || event_bool(event, "tls-not-required"))
        return;
    const cJSON *to = NULL;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        const char *recipient = cJSON_IsString(to) ? to->valuestring : "";
        const char *host = event_text(event, "host");
        struct check_ban ban = check_policies_ban(&c->policies, recipient, host, c->at_us);
        if (ban.by == NULL)
            continue;
        struct check_incident *incident =
            check_collect_incident(c, &c->history->in_clear, "in-clear");
        incident->text = arena_format(
            c->arena, "%s took it in clear, although the server had read %s", host, ban.by);
        incident->rfc = ban.rfc;
        incident->message = check_collect_text(c, event, "message");
        incident->recipient = arena_text(c->arena, recipient);
        incident->moment.session = check_collect_text(c, event, "session");
    }
}

static void note_copy(struct check_delivery *delivery, const struct check_attempt *attempt,
                      const struct check_copy *copy, const char *rcpt_parameters)
{
    check_delivery_add_attempt(delivery, attempt);
    delivery->copies =
        check_collect_room(delivery->copies, delivery->copy_count, sizeof *delivery->copies);
    struct check_copy *mine = &delivery->copies[delivery->copy_count++];
    *mine = *copy;
    mine->rcpt_parameters = rcpt_parameters;
}

void check_accepted_note(struct check_collector *c, const cJSON *event,
                         const struct check_attempt *attempt, const struct check_copy *copy)
{
    const cJSON *dsn = cJSON_GetObjectItemCaseSensitive(event, "dsn");
    if (cJSON_IsObject(dsn)) {
        note_dsn(c, event, dsn);
        return;
    }
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(event, "rcpt-parameters");
    const cJSON *parameter = parameters != NULL ? parameters->child : NULL;
    const cJSON *to = NULL;
    cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
    {
        const char *given = cJSON_GetStringValue(parameter);
        const char *kept = given != NULL ? check_collect_keep(c, given) : "";
        parameter = parameter != NULL ? parameter->next : NULL;
        const char *recipient = cJSON_GetStringValue(to);
        if (recipient == NULL)
            continue;
        struct check_delivery *delivery =
            check_delivery_find(c, event_text(event, "message"), recipient);
        if (delivery == NULL && c->handed_in_unseen)
            delivery = check_unseen_accepted(c, event, recipient);
        if (delivery != NULL)
            note_copy(delivery, attempt, copy, kept);
        else
            note_unasked(c, event, recipient);
    }
}
