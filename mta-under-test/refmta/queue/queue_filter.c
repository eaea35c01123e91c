#include "mta-under-test/refmta/queue/queue_filter.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

static int read_named(struct queue_filter *filter, struct slice name, struct slice value,
                      struct err *err)
{
    struct slice *text = slice_is(name, "domain")   ? &filter->domain
                         : slice_is(name, "sender") ? &filter->sender
                         : slice_is(name, "reason") ? &filter->reason
                                                    : NULL;
    int64_t *span_us = slice_is(name, "older")   ? &filter->older_us
                       : slice_is(name, "newer") ? &filter->newer_us
                                                 : NULL;
    if (text != NULL && value.len > 0) {
        *text = value;
        return 0;
    }
    if (span_us != NULL && time_span_from_text(value, span_us) == 0)
        return 0;
    if (span_us != NULL)
        return err_set(err, "\"%.*s\" is no span of time like \"2h\"", SLICE_ARG(value));
    return err_set(err,
                   "\"%.*s=%.*s\" chooses nothing: domain=, sender=, older=, newer= and reason= do",
                   SLICE_ARG(name), SLICE_ARG(value));
}

static int read_word(struct queue_filter *filter, struct slice word, struct err *err)
{
    size_t at = slice_find(word, '=');
    if (at != SIZE_MAX)
        return read_named(filter, slice_first(word, at), slice_skip(word, at + 1), err);
    if (slice_is(word, "all")) {
        filter->is_all = true;
        return 0;
    }
    if (slice_is(word, "held")) {
        filter->must_be_held = true;
        return 0;
    }
    if (slice_find(word, '.') != SIZE_MAX) {
        filter->domain = word;
        return 0;
    }
    if (message_id_from_text(word, &filter->id) != 0)
        return err_set(err, "\"%.*s\" is neither a queue id nor a domain", SLICE_ARG(word));
    filter->has_id = true;
    return 0;
}

int queue_filter_from_text(struct slice text, struct queue_filter *filter, struct err *err)
{
    struct slice rest = slice_trim(text);
    struct slice word;
    *filter = (struct queue_filter){.words = rest, .newer_us = INT64_MAX};
    while (rest.len > 0) {
        if (!slice_split(&rest, ' ', &word))
            break;
        if (word.len > 0 && read_word(filter, word, err) != 0)
            return -1;
    }
    return 0;
}

bool queue_filter_is_meant(const struct queue_filter *filter)
{
    return filter->words.len > 0;
}

static bool sender_fits(struct slice wanted, const char *sender)
{
    if (slice_is(wanted, "<>"))
        return *sender == '\0';
    if (wanted.data[0] == '@')
        return slice_equal_nocase(slice_skip(wanted, 1), message_domain(sender));
    return slice_is_nocase(wanted, sender);
}

bool queue_filter_fits(const struct queue_filter *filter, const struct message *message,
                       const struct message_recipient *recipient, int64_t now_us)
{
    int64_t age_us = now_us - message->received_us;
    if ((filter->has_id && message->id != filter->id) || age_us < filter->older_us ||
        age_us > filter->newer_us || (filter->must_be_held && !message_is_held(recipient)))
        return false;
    if (filter->domain.data != NULL &&
        !slice_equal_nocase(filter->domain, message_domain(recipient->address)))
        return false;
    if (filter->sender.data != NULL && !sender_fits(filter->sender, message->sender))
        return false;
    return filter->reason.data == NULL ||
           slice_find_slice(slice_of(recipient->status), filter->reason) != SIZE_MAX;
}
