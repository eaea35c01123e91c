#include "mta-under-test/base/text.h"
#include "sim/check/check_collect.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* LMTP is spoken there (RFC 2033 5), to hosts that no MX record leads to. */
enum { CHECK_PORT_LMTP = 24 };

/* A RCPT command and its reply; in LMTP the one behind the content, if that refuses. */
struct check_rcpt {
    const char *recipient;
    const char *stage; /* of the reply */
    const char *text;
    int code;
    int64_t at_us;
    int64_t seq;
};

/* The last reply that was a refusal, or a failed handshake. */
struct check_trouble {
    const char *stage;
    const char *text;
    int code;
    int64_t at_us;
    int64_t seq;
};

struct check_session {
    const char *id;
    struct check_host *host;
    const char *server;
    bool is_lmtp;
    int64_t connect_us;
    size_t transactions;
    const char *tls;
    const char *cipher;
    const char *identity;
    struct check_trouble trouble;
    /* The transaction at hand. */
    bool in_mail;
    bool data_begun;
    int64_t mail_us;
    const char *from;
    const char *message; /* once it was accepted */
    struct check_rcpt *rcpts;
    size_t rcpt_count;
};

void check_session_free(void *value)
{
    struct check_session *session = value;
    free(session->rcpts);
    free(session);
}

static const char *const NO_REPLY = "the connection ended before the reply";

static enum check_outcome outcome_of(int code)
{
    if (code >= 500)
        return CHECK_ATTEMPT_REJECTED;
    return code >= 400 ? CHECK_ATTEMPT_DEFERRED : CHECK_ATTEMPT_BROKEN;
}

/* An attempt that was decided by `trouble`. */
static struct check_attempt attempt_of(const struct check_session *s,
                                       const struct check_trouble *trouble, int64_t at_us)
{
    return (struct check_attempt){
        .at_us = at_us,
        .end_us = trouble->at_us,
        .host = s->host->name,
        .server = s->server,
        .session = s->id,
        .stage = trouble->stage,
        .text = trouble->text,
        .code = trouble->code,
        .outcome = outcome_of(trouble->code),
        .seq = trouble->seq,
    };
}

static void add_for_recipient(struct check_collector *c, const struct check_session *s,
                              const char *recipient, const struct check_attempt *attempt)
{
    struct check_delivery *delivery =
        s->message != NULL ? check_delivery_find(c, s->message, recipient) : NULL;
    if (delivery == NULL)
        delivery = c->handed_in_unseen ? check_unseen_tried(c, s->from, recipient, attempt)
                                       : check_delivery_guess(c, s->from, recipient);
    if (delivery != NULL)
        check_delivery_add_attempt(delivery, attempt);
}

/* What stopped the transaction behind RCPT: the refusal that came last, or the end of the session.
 */
static struct check_trouble transaction_trouble(const struct check_collector *c,
                                                const struct check_session *s)
{
    if (s->trouble.code >= 400 && s->trouble.at_us >= s->mail_us)
        return s->trouble;
    return (struct check_trouble){s->data_begun ? "data-end" : "rcpt", NO_REPLY, 0, c->at_us,
                                  c->seq};
}

/* Ends the transaction at hand. `lost`: by the end of the session, not by a command. */
static void end_transaction(struct check_collector *c, struct check_session *s, bool lost)
{
    if (!s->in_mail)
        return;
    struct check_trouble trouble = transaction_trouble(c, s);
    bool refused_later = trouble.code >= 400 && strcmp(trouble.stage, "rcpt") != 0;
    for (size_t i = 0; i < s->rcpt_count; i++) {
        const struct check_rcpt *rcpt = &s->rcpts[i];
        struct check_trouble refusal = {rcpt->stage, rcpt->text, rcpt->code, rcpt->at_us,
                                        rcpt->seq};
        struct check_attempt attempt = attempt_of(s, &refusal, s->mail_us);
        if (rcpt->code < 400) {
            /* Taken, but the message never came through: a probe that was given up by a command
             * (RSET, QUIT) is no attempt. */
            if (s->message != NULL || (!refused_later && !lost && !s->data_begun))
                continue;
            struct check_trouble lost_reply = {s->data_begun ? "data-end" : "rcpt", NO_REPLY, 0,
                                               c->at_us, c->seq};
            attempt = attempt_of(s, refused_later ? &trouble : &lost_reply, s->mail_us);
        }
        c->history->notice_failed = c->history->notice_failed || s->from[0] == '\0';
        add_for_recipient(c, s, rcpt->recipient, &attempt);
    }
    if (s->rcpt_count == 0 && (lost || trouble.code >= 400)) {
        struct check_attempt attempt = attempt_of(s, &trouble, s->mail_us);
        c->history->notice_failed = c->history->notice_failed || s->from[0] == '\0';
        check_delivery_add_for_all(c, s->server, s->from, &attempt);
    }
    s->in_mail = false;
    s->rcpt_count = 0;
    s->message = NULL;
}

/* ---- events */

static struct check_host *find_host(struct check_collector *c, const char *name)
{
    struct check_history *h = c->history;
    struct check_host *host = map_get_text(&c->hosts, name);
    if (host != NULL)
        return host;
    host = arena_alloc(c->arena, sizeof *host);
    host->name = arena_text(c->arena, name);
    map_set_text(&c->hosts, name, host);
    h->hosts = check_collect_room(h->hosts, h->host_count, sizeof *h->hosts);
    h->hosts[h->host_count++] = host;
    return host;
}

static void on_connect(struct check_collector *c, const cJSON *event)
{
    const char *id = event_text(event, "session");
    struct check_session *s = mem_alloc(sizeof *s);
    s->id = arena_text(c->arena, id);
    s->host = find_host(c, event_text(event, "host"));
    s->server = check_collect_text(c, event, "server");
    s->is_lmtp = event_int(event, "port", 0) == CHECK_PORT_LMTP;
    s->connect_us = c->at_us;
    s->tls = "";
    s->cipher = "";
    s->identity = "";
    s->trouble = (struct check_trouble){"connect", NO_REPLY, 0, c->at_us, c->seq};
    struct check_session *old = map_set_text(&c->sessions, id, s);
    if (old != NULL)
        check_session_free(old);
    check_collect_moment(c, &s->host->counts[CHECK_CONNECTIONS], s->id);
}

/* "MAIL FROM:<a@b> SIZE=1": the path. */
static const char *mail_path(struct check_collector *c, const char *line)
{
    const char *open = strchr(line, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    if (open == NULL || close == NULL)
        return "";
    char *path = mem_text_copy_n(open + 1, (size_t)(close - open - 1));
    const char *kept = check_collect_keep(c, path);
    free(path);
    return kept;
}

static void on_command(struct check_collector *c, struct check_session *s, const cJSON *event)
{
    struct slice verb = slice_of(event_text(event, "verb"));
    if (slice_is_nocase(verb, "MAIL")) {
        end_transaction(c, s, false);
        s->in_mail = true;
        s->data_begun = false;
        s->mail_us = s->transactions == 0 ? s->connect_us : c->at_us;
        s->from = mail_path(c, event_text(event, "line"));
        s->transactions++;
        check_collect_moment(c, &s->host->counts[CHECK_MESSAGES], s->id);
    } else if (slice_is_nocase(verb, "RSET") || slice_is_nocase(verb, "QUIT") ||
               slice_is_nocase(verb, "EHLO") || slice_is_nocase(verb, "HELO") ||
               slice_is_nocase(verb, "LHLO")) {
        end_transaction(c, s, false);
    } else if (slice_is_nocase(verb, "DATA") || slice_is_nocase(verb, "BDAT")) {
        s->data_begun = true;
    }
}

static void judge_host(struct check_collector *c, const struct check_session *s,
                       const char *recipient)
{
    if (c->smart_host || s->is_lmtp ||
        check_route_judge(&c->route, recipient, s->server) != CHECK_ROUTE_WRONG)
        return;
    struct check_incident *incident =
        check_collect_incident(c, &c->history->wrong_hosts, "wrong-host");
    incident->recipient = arena_text(c->arena, recipient);
    incident->text =
        arena_format(c->arena, "%s was tried at %s (%s), which no DNS answer names for its domain",
                     recipient, s->host->name, s->server);
    incident->rfc = "RFC 5321 5.1";
    incident->moment.session = s->id;
}

/* With its enhanced status, as people quote it. */
static const char *reply_text(struct check_collector *c, const cJSON *event)
{
    const char *enhanced = event_text(event, "enhanced");
    if (enhanced[0] == '\0')
        return check_collect_text(c, event, "text");
    char *text = mem_text_format("%s %s", enhanced, event_text(event, "text"));
    const char *kept = check_collect_keep(c, text);
    free(text);
    return kept;
}

static void on_rcpt_reply(struct check_collector *c, struct check_session *s, const cJSON *event)
{
    const char *recipient = check_collect_text(c, event, "recipient");
    if (recipient[0] == '\0' || !s->in_mail)
        return;
    s->rcpts = check_collect_room(s->rcpts, s->rcpt_count, sizeof *s->rcpts);
    s->rcpts[s->rcpt_count++] = (struct check_rcpt){
        .recipient = recipient,
        .stage = "rcpt",
        .text = reply_text(c, event),
        .code = (int)event_int(event, "code", 0),
        .at_us = c->at_us,
        .seq = c->seq,
    };
    check_collect_moment(c, &s->host->counts[CHECK_RECIPIENTS], s->id);
    judge_host(c, s, recipient);
}

/* A refusal behind the content, of one recipient (RFC 2033 4.2): the others have their own. */
static void on_lmtp_refusal(struct check_collector *c, struct check_session *s, const cJSON *event)
{
    struct slice recipient = slice_of(event_text(event, "recipient"));
    for (size_t i = 0; i < s->rcpt_count; i++) {
        struct check_rcpt *rcpt = &s->rcpts[i];
        if (rcpt->code >= 400 || !slice_equal(slice_of(rcpt->recipient), recipient))
            continue;
        rcpt->stage = "data-end";
        rcpt->text = reply_text(c, event);
        rcpt->code = (int)event_int(event, "code", 0);
        rcpt->at_us = c->at_us;
        rcpt->seq = c->seq;
        return;
    }
}

static void on_reply(struct check_collector *c, struct check_session *s, const cJSON *event)
{
    const char *stage = event_text(event, "stage");
    int code = (int)event_int(event, "code", 0);
    bool rcpt = strcmp(stage, "rcpt") == 0;
    if (rcpt)
        on_rcpt_reply(c, s, event);
    if (code < 400)
        return;
    if (!rcpt && event_text(event, "recipient")[0] != '\0') {
        on_lmtp_refusal(c, s, event);
        return;
    }
    s->trouble = (struct check_trouble){
        .stage = check_collect_keep(c, stage),
        .text = reply_text(c, event),
        .code = code,
        .at_us = c->at_us,
        .seq = c->seq,
    };
    /* A refusal behind RCPT ends the transaction; at RCPT the others may go on. */
    bool data = strncmp(stage, "data", 4) == 0 || strcmp(stage, "bdat") == 0;
    if (data || strcmp(stage, "mail") == 0)
        end_transaction(c, s, false);
}

static void on_tls(struct check_collector *c, struct check_session *s, const cJSON *event)
{
    if (event_bool(event, "ok")) {
        s->tls = check_collect_text(c, event, "version");
        s->cipher = check_collect_text(c, event, "cipher");
        s->identity = check_collect_text(c, event, "identity");
        return;
    }
    s->trouble = (struct check_trouble){
        .stage = "tls",
        .text = check_collect_text(c, event, "error"),
        .at_us = c->at_us,
        .seq = c->seq,
    };
}

static void on_accepted(struct check_collector *c, struct check_session *s, const cJSON *event)
{
    const cJSON *auth = cJSON_GetObjectItemCaseSensitive(event, "auth");
    const cJSON *sent = cJSON_GetObjectItemCaseSensitive(event, "reply-sent");
    const char *tls = check_collect_text(c, event, "tls");
    struct check_copy copy = {
        .at_us = c->at_us,
        .seq = c->seq,
        .host = s->host->name,
        .session = s->id,
        .tls = tls[0] != '\0' ? tls : s->tls,
        .cipher = s->cipher,
        .identity = s->identity,
        .auth = check_auth_read(c, auth),
        .placement = check_collect_text(c, event, "placement"),
        .transfer = check_collect_text(c, event, "transfer"),
        .mail_parameters = check_collect_text(c, event, "mail-parameters"),
        .rcpt_parameters = "",
        .reply_sent = !cJSON_IsFalse(sent),
    };
    struct check_attempt attempt = {
        .at_us = s->in_mail ? s->mail_us : c->at_us,
        .end_us = c->at_us,
        .host = s->host->name,
        .server = s->server,
        .session = s->id,
        .stage = "data-end",
        .text = copy.reply_sent ? "" : "the host took it, and its final reply was lost",
        .code = copy.reply_sent ? 250 : 0,
        .outcome = CHECK_ATTEMPT_DELIVERED,
        .seq = c->seq,
    };
    check_collect_moment(c, &s->host->counts[CHECK_ACCEPTED], s->id);
    s->message = check_collect_text(c, event, "message");
    check_accepted_note(c, event, &attempt, &copy);
    if (copy.tls[0] == '\0' && !s->is_lmtp)
        check_accepted_in_clear(c, event);
    end_transaction(c, s, false);
}

/* A session that told no envelope was an attempt all the same, for whoever waited for this host. */
static void on_disconnect(struct check_collector *c, struct check_session *s)
{
    end_transaction(c, s, true);
    if (s->transactions == 0) {
        struct check_attempt attempt = attempt_of(s, &s->trouble, s->connect_us);
        attempt.end_us = c->at_us;
        check_delivery_add_for_all(c, s->server, NULL, &attempt);
    }
    check_collect_moment(c, &s->host->closed, s->id);
    check_session_free(map_remove(&c->sessions, slice_of(s->id)));
}

/* The host did not listen: there is no session, but it was an attempt. */
/* In words what became of a connection that no session came of. */
static const char *why_refused(const char *how)
{
    static const char *const WORDS[][2] = {
        {"unreachable", "the host is unreachable (an ICMP message says so)"},
        {"prohibited", "the network forbids connections to the host (an ICMP message says so)"},
        {"silent", "the host does not answer"},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strcmp(WORDS[i][0], how) == 0)
            return WORDS[i][1];
    }
    return "the host refuses connections";
}

static void on_refused(struct check_collector *c, const cJSON *event)
{
    const char *name = event_text(event, "host");
    if (name[0] == '\0')
        return;
    struct check_host *host = find_host(c, name);
    struct check_attempt attempt = {
        .at_us = c->at_us,
        .end_us = c->at_us,
        .host = host->name,
        .server = check_collect_text(c, event, "server"),
        .session = "",
        .stage = "connect",
        .text = why_refused(event_text(event, "how")),
        .outcome = CHECK_ATTEMPT_BROKEN,
        .seq = c->seq,
    };
    check_collect_moment(c, &host->counts[CHECK_CONNECTIONS], "");
    check_collect_moment(c, &host->closed, "");
    check_delivery_add_for_all(c, attempt.server, NULL, &attempt);
}

void check_session_on_mx(struct check_collector *c, const cJSON *event)
{
    const char *kind = event_text(event, "kind");
    if (strcmp(kind, "connect") == 0) {
        on_connect(c, event);
        return;
    }
    if (strcmp(kind, "refused") == 0) {
        on_refused(c, event);
        return;
    }
    struct check_session *s = map_get_text(&c->sessions, event_text(event, "session"));
    if (s == NULL)
        return;
    if (strcmp(kind, "command") == 0)
        on_command(c, s, event);
    else if (strcmp(kind, "reply") == 0)
        on_reply(c, s, event);
    else if (strcmp(kind, "tls") == 0)
        on_tls(c, s, event);
    else if (strcmp(kind, "accepted") == 0)
        on_accepted(c, s, event);
    else if (strcmp(kind, "disconnect") == 0)
        on_disconnect(c, s);
}
