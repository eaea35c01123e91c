#include "mta-under-test/refmta/app/report_sender.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { SIGNATURES_BYTES_MAX = 64 << 10 };

static void sign(const struct report_sender *sender, struct buf *mail)
{
    const struct signer *signer = sender->signer(sender->arg);
    struct err err = {.text = ""};
    struct buf whole;
    if (signer == NULL)
        return;
    buf_init(&whole, mail->max + SIGNATURES_BYTES_MAX);
    if (signer_sign(signer, buf_slice(mail), time_now_us(), &whole, &err) != 0) {
        log_text(sender->log, "not-signed", "%s", err.text);
        buf_reset(&whole);
    }
    buf_add_slice(&whole, buf_slice(mail));
    buf_deinit(mail);
    *mail = whole;
}

void report_sender_send(const struct report_sender *sender, const char *from, const char *to,
                        struct buf *mail, void (*done)(void *arg, int error), void *arg)
{
    struct envelope envelope;
    sign(sender, mail);
    envelope_init(&envelope);
    envelope_set_sender(&envelope, slice_of(from));
    envelope_add_recipient(&envelope, slice_of(to));
    /* RFC 8689 4.2.2: a report about broken TLS must not need it. */
    envelope.tls_optional = true;
    queue_accept(sender->queue, queue_new_id(sender->queue), &envelope, mail, done, arg);
    envelope_deinit(&envelope);
}
