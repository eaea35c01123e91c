#include "mta-under-test/refmta/local/local_job.h"

#include "mta-under-test/refmta/local/lmtp.h"
#include "mta-under-test/refmta/local/maildir.h"

#include "mta-under-test/base/poison.h"

enum { LMTP_TIMEOUT_MS = 60000 };

/* Whether the message was delivered to this address before: an alias elsewhere sends it back. */
static bool is_loop(const struct local_job *job, const char *address)
{
    struct slice rest = slice_from(job->content, job->content_len);
    struct slice name = SLICE("Delivered-To:");
    struct slice line;
    while (slice_split(&rest, '\n', &line) && slice_trim(line).len > 0)
        if (slice_starts_with_nocase(line, name) &&
            slice_equal_nocase(slice_trim(slice_skip(line, name.len)), slice_of(address)))
            return true;
    return false;
}

static void set(struct local_recipient *recipient, enum local_result result, const char *status,
                const char *host, const char *text)
{
    recipient->result = result;
    reason_set(&recipient->reason, status, false, host, "%s", text);
}

static void to_maildir(const struct local_job *job, struct local_recipient *recipient)
{
    char *path = mem_text_format("%s/%s", job->maildirs, recipient->mailbox);
    struct maildir_request request = {
        .path = path,
        .hostname = job->hostname,
        .sender = job->sender,
        .address = recipient->address,
        .content = slice_from(job->content, job->content_len),
        .quota_bytes = job->quota_bytes,
    };
    struct err err;
    switch (maildir_deliver(&request, &err)) {
    case MAILDIR_DELIVERED:
        set(recipient, LOCAL_DELIVERED, "2.1.5", "", "put into the mailbox");
        break;
    case MAILDIR_FULL:
        set(recipient, LOCAL_DEFERRED, "4.2.2", "", err.text);
        break;
    case MAILDIR_TOO_LARGE:
        set(recipient, LOCAL_FAILED, "5.2.3", "", err.text);
        break;
    case MAILDIR_FAILED:
        set(recipient, LOCAL_DEFERRED, "4.3.0", "", err.text);
        break;
    }
    free(path);
}

/* "250 2.0.0 text": the enhanced status, or one made of the code. */
static void take_reply(struct local_recipient *recipient, const struct lmtp_recipient *reply,
                       const char *server)
{
    struct slice text = slice_skip(slice_of(reply->text), 4);
    struct slice status = slice_first(text, slice_find(text, ' '));
    char made[REASON_STATUS_BYTES];
    unsigned group = (unsigned)reply->code / 100 % 10;
    if (status.len < 5 || status.data[1] != '.' || status.len >= sizeof made)
        snprintf(made, sizeof made, "%u.0.0", group);
    else
        snprintf(made, sizeof made, "%.*s", SLICE_ARG(status));
    recipient->result = group == 2 ? LOCAL_DELIVERED : group == 5 ? LOCAL_FAILED : LOCAL_DEFERRED;
    reason_set(&recipient->reason, made, true, server, "%s", reply->text);
}

static void by_lmtp(const struct local_job *job, struct local_recipient **open, size_t count)
{
    struct lmtp_recipient *recipients = mem_alloc_array(count, sizeof *recipients);
    struct lmtp_request request = {
        .server = job->lmtp,
        .hostname = job->hostname,
        .sender = job->sender,
        .content = slice_from(job->content, job->content_len),
        .recipients = recipients,
        .recipient_count = count,
        .timeout_ms = LMTP_TIMEOUT_MS,
    };
    struct err err = {.text = ""};
    for (size_t i = 0; i < count; i++)
        recipients[i].address = open[i]->address;
    bool is_whole = lmtp_deliver(&request, &err) == 0;
    for (size_t i = 0; i < count; i++) {
        if (recipients[i].code != 0)
            take_reply(open[i], &recipients[i], job->lmtp);
        else
            set(open[i], LOCAL_DEFERRED, "4.4.2", job->lmtp,
                is_whole ? "there was no reply for this recipient" : err.text);
    }
    free(recipients);
}

void local_job_run(struct local_job *job)
{
    struct local_recipient **open = mem_alloc_array(job->recipient_count, sizeof(void *));
    size_t count = 0;
    for (size_t i = 0; i < job->recipient_count; i++) {
        struct local_recipient *recipient = &job->recipients[i];
        if (recipient->mailbox == NULL)
            set(recipient, LOCAL_FAILED, "5.1.1", "", "there is no such mailbox any more");
        else if (is_loop(job, recipient->address))
            set(recipient, LOCAL_FAILED, "5.4.6", "",
                "the message goes round in a loop: it was delivered here before");
        else if (job->maildirs != NULL)
            to_maildir(job, recipient);
        else
            open[count++] = recipient;
    }
    if (count > 0)
        by_lmtp(job, open, count);
    free(open);
}

void local_job_deinit(struct local_job *job)
{
    for (size_t i = 0; i < job->recipient_count; i++) {
        free(job->recipients[i].address);
        free(job->recipients[i].mailbox);
    }
    free(job->recipients);
    free(job->hostname);
    free(job->maildirs);
    free(job->lmtp);
    free(job->sender);
    free(job->content);
    *job = (struct local_job){.recipient_count = 0};
}
