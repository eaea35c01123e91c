#include "sim/mx/mx_judge.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_discovery.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_header.h"
#include "sim/mx/mx_key.h"
#include "sim/mx/mx_session_state.h"

#include "mta-under-test/base/poison.h"

enum { MX_JUDGE_KEY_BYTES = 512 };

static bool mx_judge_passes(const struct mx_auth *auth, enum mx_auth_method method)
{
    const char *word = auth->results[method].word;
    return word != NULL && strcmp(word, "pass") == 0;
}

/* The signature that speaks for the author's domain, else the first that passes; "" without. */
static const char *mx_judge_dkim_domain(const struct mx_auth *auth)
{
    const char *found = "";
    for (size_t i = 0; i < auth->signature_count; i++) {
        const struct mx_auth_signature *signature = &auth->signatures[i];
        if (signature->result.word == NULL || strcmp(signature->result.word, "pass") != 0)
            continue;
        if (slice_equal_nocase(slice_of(signature->domain), slice_of(auth->from_domain)))
            return signature->domain;
        if (found[0] == '\0')
            found = signature->domain;
    }
    return found;
}

/* The header fields that a provider looks at. */
enum mx_judge_name {
    MX_JUDGE_FROM,
    MX_JUDGE_DATE,
    MX_JUDGE_MESSAGE_ID,
    MX_JUDGE_UNSUBSCRIBE,
    MX_JUDGE_UNSUBSCRIBE_POST,
    MX_JUDGE_NAME_COUNT
};

struct mx_judge_fields {
    size_t counts[MX_JUDGE_NAME_COUNT];
    struct slice first[MX_JUDGE_NAME_COUNT]; /* the value of the first one */
};

static void mx_judge_read_fields(struct slice header, struct mx_judge_fields *fields)
{
    static const char *const NAMES[] = {"From", "Date", "Message-ID", "List-Unsubscribe",
                                        "List-Unsubscribe-Post"};
    struct slice field;
    struct slice value;
    *fields = (struct mx_judge_fields){0};
    while (mx_header_next(&header, &field, &value)) {
        for (size_t i = 0; i < MX_JUDGE_NAME_COUNT; i++) {
            if (slice_is_nocase(field, NAMES[i]) && fields->counts[i]++ == 0)
                fields->first[i] = value;
        }
    }
}

/* RFC 8058 3.1: the header fields of a one-click unsubscription. */
static bool mx_judge_is_one_click(const struct mx_judge_fields *fields)
{
    struct slice list = fields->first[MX_JUDGE_UNSUBSCRIBE];
    return slice_is_nocase(fields->first[MX_JUDGE_UNSUBSCRIBE_POST],
                           "List-Unsubscribe=One-Click") &&
           slice_find_slice(list, SLICE("https://")) != SIZE_MAX;
}

static void mx_judge_content(const struct mx_facts *facts, struct provider_mail *mail)
{
    const struct mx_auth *auth = facts->auth;
    struct mx_judge_fields fields;
    bool *has = mail->has;
    mx_judge_read_fields(facts->header, &fields);
    bool spf = mx_judge_passes(auth, MX_AUTH_SPF);
    bool dkim = mx_judge_passes(auth, MX_AUTH_DKIM);
    mail->spf_domain = spf ? auth->spf_domain : "";
    mail->dkim_domain = dkim ? mx_judge_dkim_domain(auth) : "";
    has[PROVIDER_NEED_SPF] = spf;
    has[PROVIDER_NEED_DKIM] = dkim;
    has[PROVIDER_NEED_SPF_OR_DKIM] = spf || dkim;
    has[PROVIDER_NEED_DMARC_RECORD] = auth->policy != NULL && auth->policy[0] != '\0';
    has[PROVIDER_NEED_DMARC] = mx_judge_passes(auth, MX_AUTH_DMARC);
    has[PROVIDER_NEED_ALIGNMENT] = (spf && auth->spf_aligned) || (dkim && auth->dkim_aligned);
    has[PROVIDER_NEED_FCRDNS] = mx_judge_passes(auth, MX_AUTH_IPREV);
    has[PROVIDER_NEED_TLS] = facts->tls_version[0] != '\0';
    has[PROVIDER_NEED_ONE_CLICK] = mx_judge_is_one_click(&fields);
    has[PROVIDER_NEED_UNSUBSCRIBE] = fields.counts[MX_JUDGE_UNSUBSCRIBE] > 0;
    has[PROVIDER_NEED_FORMAT] = fields.counts[MX_JUDGE_FROM] == 1 &&
                                fields.counts[MX_JUDGE_DATE] == 1 &&
                                fields.counts[MX_JUDGE_MESSAGE_ID] == 1;
}

static const char *mx_judge_from_domain(const struct mx_facts *facts, struct arena *arena)
{
    struct mx_key key = mx_key_of(MX_KEY_BIT(MX_KEY_FROM_DOMAIN));
    struct buf text;
    buf_init(&text, MX_JUDGE_KEY_BYTES);
    mx_key_write(&key, facts, &text);
    /* Each part of a key ends with a separator. */
    struct slice domain_part = slice_first(buf_slice(&text), text.len > 0 ? text.len - 1 : 0);
    const char *domain = arena_text_of(arena, slice_trim(domain_part));
    buf_deinit(&text);
    return domain;
}

struct provider_mail mx_judge_mail(const struct mx_facts *facts, enum mx_stage stage,
                                   struct arena *arena)
{
    struct provider_mail mail = {
        .now_us = facts->now_us,
        .session = facts->session,
        .host = facts->host,
        .sender = facts->sender,
        .client = facts->client,
        .spf_domain = "",
        .dkim_domain = "",
        .from_domain = "",
        .organisation = "",
        .message = facts->message[0] != '\0' ? facts->message : facts->message_id,
        .whole = stage == MX_STAGE_DATA_END,
        .recipients = facts->recipients,
        .recipient_count = facts->recipient_count,
    };
    if (mail.whole) {
        mail.header = facts->header;
        mail.from_domain = mx_judge_from_domain(facts, arena);
        mail.organisation =
            arena_text_of(arena, dmarc_psl_domain(NULL, slice_of(mail.from_domain), arena));
        mx_judge_content(facts, &mail);
    }
    return mail;
}

bool mx_session_judge(struct mx_session *session, enum mx_stage stage, struct mx_reply *reply)
{
    struct provider *provider = session->options.host->judge;
    const struct mx_effects *effects = &session->effects;
    bool decided = effects->reply.code != 0 || effects->raw != NULL || effects->swallow ||
                   effects->lose_reply || effects->ending != MX_ENDING_NONE;
    /* A message comes to LMTP when the provider has taken it. */
    if (provider == NULL || session->options.host->is_lmtp || decided || reply->code / 100 != 2 ||
        (stage != MX_STAGE_MAIL && stage != MX_STAGE_DATA_END))
        return false;
    struct provider_mail mail = mx_judge_mail(&session->facts, stage, &session->transaction.arena);
    struct provider_verdict verdict = provider_judge(provider, &mail, session->options.log);
    bool junk = verdict.placement == PROVIDER_JUNK;
    session->effects.junk = session->effects.junk || junk;
    /* Not in the transaction's arena: a reply that waits outlives the transaction that it refuses.
     */
    session->judged_text[0] = '\0';
    if (junk || verdict.reply != NULL)
        snprintf(session->judged_text, sizeof session->judged_text, "%s: %s",
                 provider_name(provider), verdict.reason);
    if (verdict.reply == NULL || mx_reply_parse(verdict.reply, reply) != NULL)
        return false;
    session->judged_by = session->judged_text;
    return true;
}

void mx_session_judge_recipient(struct mx_session *session, bool unknown)
{
    struct provider *provider = session->options.host->judge;
    if (provider == NULL)
        return;
    struct provider_mail mail =
        mx_judge_mail(&session->facts, MX_STAGE_RCPT, &session->transaction.arena);
    provider_note_recipient(provider, &mail, session->facts.recipient, unknown,
                            session->options.log);
}
