/*
 * When a session looks at who sent the message: before the rules of a stage are asked, and only if
 * somebody wants to know.
 */
#include "sim/mx/mx_session_state.h"

#include "mta-under-test/base/poison.h"

/* So that the draws of two messages differ (pct= of DMARC). */
static uint64_t mx_session_auth_seed(const struct mx_session *session)
{
    const struct mx_host *host = session->options.host;
    return host->rules.seed + host->message_count * UINT64_C(0x9e3779b97f4a7c15);
}

void mx_session_authenticate(struct mx_session *session, enum mx_stage stage)
{
    const struct mx_host *host = session->options.host;
    struct mx_verifier *verifier = session->options.verifier;
    struct mx_transaction *transaction = &session->transaction;
    if (verifier == NULL || !mx_host_verifies(host))
        return;
    session->auth.wants_soa = host->asks_soa;
    if (stage == MX_STAGE_DATA_END)
        mx_verifier_check_message(verifier, &session->facts, buf_slice(&transaction->content),
                                  mx_session_auth_seed(session), &transaction->arena,
                                  &session->auth);
    else if ((host->auth_stages & MX_STAGE_BIT(stage)) != 0)
        mx_verifier_check_client(verifier, &session->facts, &transaction->arena, &session->auth);
}
