/* The policy over mail: at RCPT it may refuse recipients; when the content is there, what the
 * checks found is logged, written on top of the message, and may refuse it. */
#include <assert.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/server/server_policy.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum { FIELDS_BYTES_MAX = 32768 };

static struct slice content_of(const struct server_session *session)
{
    return slice_skip(buf_slice(&session->content), session->trace_bytes);
}

/* Without content yet. */
static struct check *new_check(struct server_session *session)
{
    char ip[IP_TEXT_BYTES];
    const char *zones[CHECK_ZONES_MAX];
    struct arena *arena = &session->envelope.arena;
    struct check_request request = {
        .client = arena_text(arena, ip_address_to_text(&session->setup.client.address, ip)),
        .helo = session->helo,
        .sender = session->envelope.sender,
        .hostname = session->setup.config->hostname,
        .now_us = time_now_us(),
        .zone_count = policy_zones(session->setup.config, zones),
    };
    const char **kept = arena_alloc_array(arena, CHECK_ZONES_MAX, sizeof *kept);
    memcpy(kept, zones, request.zone_count * sizeof *kept);
    request.zones = kept;
    struct check *check = check_new(&request);
    assert(check != NULL); /* the address is one */
    return check;
}

bool server_policy_needs_check(struct server_session *session)
{
    if (session->check != NULL || server_client_is_own(session) ||
        !policy_asks_at_recipient(session->setup.config))
        return false;
    session->check = new_check(session);
    return true;
}

/* What the checks found, for mail of strangers: at RCPT nothing of the content. */
static void log_results(const struct check *check, bool has_content, struct log_line *line)
{
    json_out_text(&line->json, "iprev", check_iprev(check));
    json_out_text(&line->json, "helo", check_helo(check));
    json_out_text(&line->json, "spf", check_spf(check));
    if (!has_content)
        return;
    json_out_text(&line->json, "dkim", check_dkim(check));
    json_out_text(&line->json, "arc", check_arc(check));
    json_out_text(&line->json, "dmarc", check_dmarc(check));
}

/* `recipient`: who was refused at RCPT; NULL: it is about the content. */
static void log_checked(const struct server_session *session, const char *recipient,
                        const struct policy_verdict *verdict)
{
    const struct config_check *rule = verdict->rule;
    char id[MESSAGE_ID_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, session->setup.log, "checked");
    if (recipient == NULL)
        json_out_text(&line.json, "queue-id", message_id_text(session->id, id));
    json_out_int(&line.json, "session", (int64_t)session->setup.number);
    if (recipient != NULL)
        json_out_text(&line.json, "recipient", recipient);
    if (session->check != NULL)
        log_results(session->check, recipient == NULL, &line);
    json_out_text(&line.json, "action", rule != NULL ? config_action_name(rule->action) : "accept");
    if (rule != NULL) {
        json_out_text(&line.json, "rule", policy_check_name(rule->kind));
        json_out_text(&line.json, "result", verdict->result);
        if (rule->zone != NULL)
            json_out_text(&line.json, "zone", rule->zone);
        if (rule->kind == CONFIG_CHECK_RATE)
            json_out_text(&line.json, "of", config_rate_of_name(rule->of));
    }
    log_end(&line);
}

/* For the report to the author's domain. What is deferred comes again, and is counted then. */
static void note_dmarc(const struct server_session *session, const struct check *check,
                       const struct policy_verdict *verdict)
{
    enum config_check_action action =
        verdict->rule != NULL ? verdict->rule->action : CONFIG_ACTION_ACCEPT;
    struct arena arena = {0};
    struct dmarc_report one;
    const char *done = action == CONFIG_ACTION_REJECT       ? "reject"
                       : action == CONFIG_ACTION_QUARANTINE ? "quarantine"
                                                            : "none";
    if (session->setup.on_dmarc != NULL && action != CONFIG_ACTION_DEFER &&
        check_dmarc_report(check, done, &arena, &one))
        session->setup.on_dmarc(session->setup.reporter, &one);
    arena_deinit(&arena);
}

/* Whether the reverse-path may well be forged: then a bounce would hit somebody else. */
static bool is_doubtful(const struct check *check)
{
    static const char *const FAILURES[] = {"fail", "softfail", "monitor", "quarantine", "reject"};
    for (size_t i = 0;
         strcmp(check_dmarc(check), "pass") != 0 && i < sizeof FAILURES / sizeof FAILURES[0]; i++)
        if (strcmp(check_spf(check), FAILURES[i]) == 0 ||
            strcmp(check_dmarc(check), FAILURES[i]) == 0)
            return true;
    return false;
}

static void refuse(struct server_session *session, const struct policy_verdict *verdict)
{
    bool for_now = verdict->rule->action == CONFIG_ACTION_DEFER;
    char status[16];
    snprintf(status, sizeof status, "%d.%s", for_now ? 4 : 5, verdict->status);
    server_reply(session, for_now ? 451 : 550, status, "refused by policy: %s is \"%s\"%s",
                 policy_rule_text(verdict->rule, &session->envelope.arena), verdict->result,
                 for_now ? ", try again later" : "");
    /* Whoever is asked to come again has done nothing wrong, not even with a long list. */
    if (verdict->rule->kind == CONFIG_CHECK_GREYLIST && for_now)
        session->error_count--;
}

static struct policy_verdict decide(struct server_session *session, const char *recipient)
{
    const struct policy_facts facts = {
        .config = session->setup.config,
        .memory = session->setup.memory,
        .is_own = server_client_is_own(session),
        .check = session->check,
        .client = &session->setup.client.address,
        .user = session->user,
        .envelope = &session->envelope,
        .recipient = recipient,
        .now_us = time_monotonic_us(),
    };
    return policy_decide(&facts, &session->notes);
}

bool server_policy_takes(struct server_session *session, const char *recipient)
{
    struct policy_verdict verdict = decide(session, recipient);
    if (!policy_refuses(&verdict))
        return true;
    log_checked(session, recipient, &verdict);
    refuse(session, &verdict);
    return false;
}

/* Our Received field stays on top; behind it what the checks and the rules say of the rest. The
 * check has looked at what is replaced here, and ends with it. */
static void rewrite(struct server_session *session)
{
    struct buf fields;
    struct buf whole;
    buf_init(&fields, FIELDS_BYTES_MAX / 2);
    policy_write_fields(session->setup.config, &session->notes, &fields);
    buf_init(&whole, session->content.max + FIELDS_BYTES_MAX);
    buf_add(&whole, session->content.data, session->trace_bytes);
    check_write(session->check, &whole, buf_slice(&fields));
    buf_deinit(&fields);
    check_free(&session->check);
    buf_deinit(&session->content);
    session->content = whole;
}

/* What is passed on is changed on the way more often than not, which breaks its signatures; the
 * seal tells the next server what they were worth here (RFC 8617). */
static void seal(struct server_session *session)
{
    const struct server_setup *setup = &session->setup;
    const struct signer_seal_facts facts = {setup->config->hostname, time_now_us()};
    bool goes_on = false;
    for (size_t i = 0; i < session->envelope.recipient_count; i++)
        goes_on =
            goes_on || !config_is_local(setup->config,
                                        message_domain(session->envelope.recipients[i].address));
    if (!goes_on || !setup->config->arc_seal || setup->signer == NULL)
        return;
    struct err err = {.text = ""};
    struct buf fields;
    buf_init(&fields, FIELDS_BYTES_MAX);
    if (signer_seal(setup->signer, content_of(session), &facts, &fields, &err) != 0)
        log_text(setup->log, "not-sealed", "%s", err.text);
    else
        server_data_put_on_top(session, buf_slice(&fields));
    buf_deinit(&fields);
}

enum server_event server_data_check(struct server_session *session)
{
    if (session->check == NULL)
        session->check = new_check(session);
    if (!check_add_content(session->check, content_of(session), time_now_us(), session->id)) {
        server_reply(session, 550, "5.6.0", "the message cannot be read");
        server_session_reset(session);
        return SERVER_EVENT_NONE;
    }
    server_session_set_state(session, SERVER_STATE_CHECKING);
    return SERVER_EVENT_CHECK;
}

enum server_event server_session_checked(struct server_session *session)
{
    if (session->state == SERVER_STATE_SCREENING)
        return server_rcpt_resume(session);
    if (session->state != SERVER_STATE_CHECKING)
        return SERVER_EVENT_NONE;
    struct policy_verdict verdict = decide(session, NULL);
    log_checked(session, NULL, &verdict);
    note_dmarc(session, session->check, &verdict);
    session->envelope.is_doubtful = is_doubtful(session->check);
    if (policy_refuses(&verdict)) {
        refuse(session, &verdict);
        server_session_reset(session);
        return SERVER_EVENT_NONE;
    }
    rewrite(session);
    seal(session);
    return server_data_accept(session);
}

enum server_event server_data_check_own(struct server_session *session)
{
    struct buf fields;
    struct policy_verdict verdict = decide(session, NULL);
    if (verdict.rule != NULL)
        log_checked(session, NULL, &verdict);
    if (policy_refuses(&verdict)) {
        refuse(session, &verdict);
        server_session_reset(session);
        return SERVER_EVENT_NONE;
    }
    buf_init(&fields, FIELDS_BYTES_MAX / 2);
    policy_write_fields(session->setup.config, &session->notes, &fields);
    if (fields.len > 0)
        server_data_put_on_top(session, buf_slice(&fields));
    buf_deinit(&fields);
    return server_data_accept(session);
}
