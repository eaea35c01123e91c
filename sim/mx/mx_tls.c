#include "sim/mx/mx_tls.h"

#include "mta-under-test/base/time_text.h"
#include "sim/tls/tls_spec.h"

#include "mta-under-test/base/poison.h"

static const char *const MX_TLS_SLIP_WORDS[] = {
#define X(name, word) word,
    MX_TLS_SLIPS(X)
#undef X
};

/* ---- reading */

static int mx_fault_read(struct spec spec, struct mx_host *host, struct err *err)
{
    static const char *const WORDS[] = {"none",  "hang",        "garbage",         "close",
                                        "reset", "alert",       "refuse-454",      "refuse-501",
                                        "strip", "renegotiate", "no-close-notify", "cut-record",
                                        NULL};
    enum { REFUSE_454 = MX_TLS_FAULT_COUNT, REFUSE_501, STRIP };
    size_t fault;
    if (spec_read_word(spec, WORDS, &fault, err) != 0)
        return -1;
    if (fault == REFUSE_454)
        host->starttls_reply = "454 4.7.0 TLS not available due to temporary reason";
    else if (fault == REFUSE_501)
        host->starttls_reply = "501 5.5.4 Syntax error";
    else if (fault == STRIP)
        host->strips_starttls = true;
    else if (fault > STRIP)
        host->tls_slip = (enum mx_tls_slip)(fault - STRIP);
    else
        host->tls_fault = (enum mx_tls_fault)fault;
    return 0;
}

int mx_tls_settings_read(struct spec spec, struct mx_host *host, struct err *err)
{
    static const char *const KEYS[] = {TLS_SPEC_KEYS, "fault", NULL};
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        tls_spec_read(spec, &host->identity, &host->tls, err) != 0)
        return -1;
    return spec_get(spec, "fault", &member) ? mx_fault_read(member, host, err) : 0;
}

/* "3 1 1", or {"tlsa": "3 1 1", "of": "previous", "cut": true}. */
static int mx_tlsa_read(struct spec spec, struct tls_tlsa *tlsa, struct err *err)
{
    static const char *const KEYS[] = {"tlsa", "of", "cut", NULL};
    struct spec text = spec;
    struct spec member;
    const char *numbers;
    size_t subject = TLS_TLSA_DEFAULT;
    if (spec_is_object(spec)) {
        if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "tlsa", &text, err) != 0 ||
            (spec_get(spec, "of", &member) &&
             spec_read_word(member, TLS_TLSA_SUBJECT_WORDS, &subject, err) != 0) ||
            (spec_get(spec, "cut", &member) && spec_read_bool(member, &tlsa->is_cut, err) != 0))
            return -1;
    }
    tlsa->subject = (enum tls_tlsa_subject)subject;
    if (spec_read_text(text, &numbers, err) != 0)
        return -1;
    if (tls_tlsa_from_text(slice_of(numbers), tlsa) != 0)
        return spec_expected(text, err,
                             "usage, selector and matching type of a TLSA record, as \"3 1 1\"");
    return 0;
}

int mx_dane_settings_read(struct spec spec, struct arena *arena, struct mx_host *host,
                          struct err *err)
{
    size_t count = spec_is_array(spec) ? spec_count(spec) : 1;
    if (count > MX_TLSA_MAX)
        return spec_error(spec, err, "at most %d records", MX_TLSA_MAX);
    struct tls_tlsa *tlsa = arena_alloc_array(arena, count + 1, sizeof *tlsa);
    for (size_t i = 0; i < count; i++) {
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        if (mx_tlsa_read(one, &tlsa[i], err) != 0)
            return -1;
    }
    host->tlsa = tlsa;
    host->tlsa_count = count;
    return 0;
}

/* ---- what the host shows */

/* The first key that a host has in a run; lower generations were before it. */
enum { MX_TLS_FIRST_GENERATION = 1 };

static struct tls_identity_wish mx_tls_wish(const struct mx_host *host)
{
    return (struct tls_identity_wish){.kind = host->identity,
                                      .host_name = host->name,
                                      .generation = MX_TLS_FIRST_GENERATION + host->rotations,
                                      .now_us = time_now_us()};
}

static const struct tls_identity *mx_tls_identity(struct mx_host *host,
                                                  struct tls_authority *authority, struct err *err)
{
    const struct tls_identity_wish wish = mx_tls_wish(host);
    if (host->shown == NULL && authority == NULL)
        err_set(err, "no certificate authority");
    else if (host->shown == NULL)
        host->shown = tls_identity_make(authority, &wish, err);
    return host->shown;
}

SSL *mx_tls_connect(struct mx_host *host, struct tls_authority *authority,
                    struct tls_contexts *contexts, struct err *err)
{
    const struct tls_identity *identity = mx_tls_identity(host, authority, err);
    /* With a new key a host forgets its sessions, as after a restart. */
    char owner[sizeof host + sizeof host->rotations];
    memcpy(owner, &host, sizeof host);
    memcpy(owner + sizeof host, &host->rotations, sizeof host->rotations);
    return identity != NULL ? tls_contexts_connect(contexts, &host->tls, identity,
                                                   slice_from(owner, sizeof owner), err)
                            : NULL;
}

void mx_tls_rotate(struct mx_host *host)
{
    host->rotations++;
    tls_identity_free(&host->shown);
}

int mx_dane_to_text(struct mx_host *host, size_t i, struct tls_authority *authority,
                    struct buf *out, struct err *err)
{
    const struct tls_identity_wish wish = mx_tls_wish(host);
    const struct tls_identity *identity = mx_tls_identity(host, authority, err);
    return identity != NULL ? tls_tlsa_to_text(&host->tlsa[i], authority, &wish, identity, out, err)
                            : -1;
}

/* ---- in words */

static void mx_dane_explain(const struct mx_host *host, struct buf *out)
{
    for (size_t i = 0; i < host->tlsa_count; i++) {
        const struct tls_tlsa *tlsa = &host->tlsa[i];
        buf_format(out, "  TLSA record %u %u %u", tlsa->usage, tlsa->selector, tlsa->matching);
        if (tlsa->subject != TLS_TLSA_DEFAULT)
            buf_format(out, " of %s", TLS_TLSA_SUBJECT_WORDS[tlsa->subject]);
        buf_add_text(out, tlsa->is_cut ? ", cut\n" : "\n");
    }
}

void mx_tls_explain(const struct mx_host *host, struct buf *out)
{
    if (!mx_host_offers(host, MX_EXTENSION_STARTTLS))
        return;
    buf_format(out, "  shows the certificate \"%s\"", TLS_IDENTITY_WORDS[host->identity]);
    if (host->strips_starttls)
        buf_add_text(out, "; STARTTLS is stripped on the way");
    if (host->starttls_reply != NULL)
        buf_format(out, "; refuses STARTTLS with %.3s", host->starttls_reply);
    if (host->tls_fault != MX_TLS_FAULT_NONE)
        buf_format(out, "; the handshake fails: %s", MX_TLS_FAULT_WORDS[host->tls_fault]);
    if (host->tls_slip != MX_TLS_SLIP_NONE)
        buf_format(out, "; after the handshake: %s", MX_TLS_SLIP_WORDS[host->tls_slip]);
    buf_add_char(out, '\n');
    mx_dane_explain(host, out);
}
