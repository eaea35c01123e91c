#include "sim/mx/mx_action.h"

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_rule.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum { MX_REPLY_TEXT_BYTES_MAX = 64 * 1024, MX_REPLY_LINES_MAX = 256 };

const char *const MX_TLS_FAULT_WORDS[] = {
#define X(name, word) word,
    MX_TLS_FAULTS(X)
#undef X
        NULL,
};

const char *const MX_TEMPLATE_NAMES[] = {
    "source-ip",     "client-name", "server-ip", "host",    "helo",       "sender",
    "sender-domain", "recipient",   "remaining", "attempt", "message-id", NULL,
};

void mx_effects_init(struct mx_effects *effects)
{
    *effects = (struct mx_effects){0};
    buf_init(&effects->text, MX_REPLY_TEXT_BYTES_MAX);
}

void mx_effects_deinit(struct mx_effects *effects)
{
    buf_deinit(&effects->text);
}

void mx_effects_reset(struct mx_effects *effects)
{
    struct buf text = effects->text;
    buf_reset(&text);
    *effects = (struct mx_effects){.text = text};
}

/* ---- reply */

/* Each name in it must be known at the stages of the rule; the number of the attempt only a rule
 * has that counts them. */
static int mx_reply_check_names(const struct mx_rule *rule, struct spec spec, const char *text,
                                struct err *err)
{
    static const struct {
        const char *name;
        enum mx_key_part part;
    } NAMES[] = {
        {"{helo}", MX_KEY_HELO},
        {"{sender}", MX_KEY_SENDER},
        {"{sender-domain}", MX_KEY_SENDER},
        {"{recipient}", MX_KEY_RECIPIENT},
        {"{message-id}", MX_KEY_MESSAGE_ID},
    };
    if (template_check(spec, text, MX_TEMPLATE_NAMES, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct mx_key key = mx_key_of(MX_KEY_BIT(NAMES[i].part));
        if (strstr(text, NAMES[i].name) != NULL && (rule->stages & ~mx_key_stages(&key)) != 0)
            return spec_error(spec, err, "%s is not known yet at the stage of the rule",
                              NAMES[i].name);
    }
    bool counts = false;
    for (size_t i = 0; i < rule->condition_count; i++)
        counts |= mx_condition_counts_attempts(&rule->conditions[i]);
    if (strstr(text, "{attempt}") != NULL && !counts)
        return spec_error(spec, err,
                          "{attempt} is known where \"when\" has \"attempt\" or \"age\", which "
                          "count attempts");
    return 0;
}

/* A text, or an array of lines. */
static int mx_reply_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                         struct err *err)
{
    const char *const *lines;
    size_t count;
    if (spec_read_texts(spec, reader->arena, &lines, &count, err) != 0)
        return -1;
    if (count > MX_REPLY_LINES_MAX)
        return spec_error(spec, err, "a reply has at most %d lines here", MX_REPLY_LINES_MAX);
    struct buf text;
    buf_init(&text, MX_REPLY_TEXT_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(&text, '\n');
        buf_add_text(&text, lines[i]);
    }
    bool too_long = buf_overflowed(&text);
    const char *kept = arena_text(reader->arena, buf_text(&text));
    buf_deinit(&text);
    if (too_long)
        return spec_error(spec, err, "the reply is longer than %d bytes", MX_REPLY_TEXT_BYTES_MAX);
    const char *wrong = mx_reply_parse(kept, &action->reply);
    if (wrong != NULL)
        return spec_error(spec, err, "\"%.40s\": %s", kept, wrong);
    return mx_reply_check_names(reader->rule, spec, action->reply.text, err);
}

/* A template being filled in: the question, and room for values that must be made. */
struct mx_template {
    const struct mx_question *question;
    char text[ADDRESS_TEXT_BYTES];
};

_Static_assert((int)ADDRESS_TEXT_BYTES >= (int)TIME_TEXT_BYTES, "room for either");

/* Rounded up to whole seconds, as servers tell it. */
static const char *mx_template_remaining(struct mx_template *template)
{
    int64_t remaining_us = template->question->remaining_us;
    if (remaining_us < 0)
        return "some time";
    int64_t seconds = (remaining_us + TIME_SECOND - 1) / TIME_SECOND;
    snprintf(template->text, sizeof template->text, "%lld", (long long)seconds);
    return template->text;
}

static const char *mx_template_domain(const char *mailbox)
{
    const char *at = strrchr(mailbox, '@');
    return at != NULL ? at + 1 : "";
}

static const char *mx_template_value(void *context, const char *name)
{
    struct mx_template *template = context;
    const struct mx_facts *facts = template->question->facts;
    const struct {
        const char *name;
        const char *value;
    } VALUES[] = {
        {"client-name", facts->client_name},
        {"host", facts->host},
        {"helo", facts->helo},
        {"sender", facts->sender},
        {"sender-domain", mx_template_domain(facts->sender)},
        {"recipient", facts->recipient},
        {"message-id", facts->message_id},
    };
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        if (strcmp(name, VALUES[i].name) == 0)
            return VALUES[i].value;
    }
    if (strcmp(name, "source-ip") == 0)
        return address_to_text(&facts->client, template->text);
    if (strcmp(name, "server-ip") == 0)
        return address_to_text(&facts->server, template->text);
    if (strcmp(name, "remaining") == 0)
        return mx_template_remaining(template);
    if (strcmp(name, "attempt") == 0) {
        snprintf(template->text, sizeof template->text, "%lld",
                 (long long)template->question->attempt);
        return template->text;
    }
    return NULL;
}

static void mx_reply_apply(const struct mx_action *action, struct mx_question *question,
                           struct mx_effects *effects)
{
    struct mx_template template = {.question = question};
    effects->reply = action->reply;
    buf_reset(&effects->text);
    template_fill(&effects->text, action->reply.text, mx_template_value, &template);
    /* What a client sent must not break the lines of the reply. */
    for (size_t i = 0; i < effects->text.len; i++) {
        if (effects->text.data[i] == '\r')
            effects->text.data[i] = '?';
    }
    effects->reply.text = buf_text(&effects->text);
}

/* ---- delay, drip */

static int mx_delay_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                         struct err *err)
{
    (void)reader;
    if (range_read_span(spec, &action->span, err) != 0)
        return -1;
    if (action->span.min < 0 || action->span.max == INT64_MAX || action->span.max <= 0)
        return spec_error(spec, err, "expected how long to wait, as in \"30s\" or \"20s..40s\"");
    return 0;
}

static void mx_delay_apply(const struct mx_action *action, struct mx_question *question,
                           struct mx_effects *effects)
{
    int64_t delay_us = action->span.min;
    if (action->span.max > action->span.min) {
        uint64_t width = (uint64_t)(action->span.max - action->span.min) + 1;
        delay_us += (int64_t)rng_below(question->rng, width);
    }
    effects->delay_us += delay_us;
}

/* Bytes a second. */
static int mx_drip_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                        struct err *err)
{
    (void)reader;
    return spec_read_int(spec, 1, 1000000, &action->number, err);
}

static void mx_drip_apply(const struct mx_action *action, struct mx_question *question,
                          struct mx_effects *effects)
{
    (void)question;
    effects->drip = action->number;
}

/* A line of the greeting that is said before the delay: who speaks then has not waited. */
static int mx_teaser_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                          struct err *err)
{
    (void)reader;
    if (spec_read_text(spec, &action->text, err) != 0)
        return -1;
    return strpbrk(action->text, "\r\n") == NULL ? 0
                                                 : spec_error(spec, err, "one line is expected");
}

static void mx_teaser_apply(const struct mx_action *action, struct mx_question *question,
                            struct mx_effects *effects)
{
    (void)question;
    effects->teaser = action->text;
}

/* ---- flags */

static int mx_flag_action_read(struct mx_rule_reader *reader, struct spec spec,
                               struct mx_action *action, struct err *err)
{
    (void)reader;
    if (spec_read_bool(spec, &action->flag, err) != 0)
        return -1;
    return action->flag ? 0 : spec_error(spec, err, "false does nothing: leave it out");
}

static int mx_close_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                         struct err *err)
{
    (void)reader;
    return spec_read_bool(spec, &action->flag, err);
}

static void mx_close_apply(const struct mx_action *action, struct mx_question *question,
                           struct mx_effects *effects)
{
    (void)question;
    if (action->flag)
        effects->ending = MX_ENDING_CLOSE;
    effects->stay_open = !action->flag;
}

static void mx_reset_apply(const struct mx_action *action, struct mx_question *question,
                           struct mx_effects *effects)
{
    (void)action;
    (void)question;
    effects->ending = MX_ENDING_RESET;
}

static void mx_hang_apply(const struct mx_action *action, struct mx_question *question,
                          struct mx_effects *effects)
{
    (void)action;
    (void)question;
    effects->ending = MX_ENDING_HANG;
}

static void mx_half_close_apply(const struct mx_action *action, struct mx_question *question,
                                struct mx_effects *effects)
{
    (void)action;
    (void)question;
    effects->ending = MX_ENDING_HALF_CLOSE;
}

static void mx_swallow_apply(const struct mx_action *action, struct mx_question *question,
                             struct mx_effects *effects)
{
    (void)action;
    (void)question;
    effects->swallow = true;
}

static void mx_lose_reply_apply(const struct mx_action *action, struct mx_question *question,
                                struct mx_effects *effects)
{
    (void)action;
    (void)question;
    effects->lose_reply = true;
}

static void mx_junk_apply(const struct mx_action *action, struct mx_question *question,
                          struct mx_effects *effects)
{
    (void)action;
    (void)question;
    effects->junk = true;
}

/* Bytes in place of a reply, well formed or not. */
static int mx_raw_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                       struct err *err)
{
    (void)reader;
    return spec_read_text(spec, &action->text, err);
}

static void mx_raw_apply(const struct mx_action *action, struct mx_question *question,
                         struct mx_effects *effects)
{
    (void)question;
    effects->raw = action->text;
}

/* ---- corrupt, limit */

static int mx_corrupt_read(struct mx_rule_reader *reader, struct spec spec,
                           struct mx_action *action, struct err *err)
{
    size_t spoil;
    (void)reader;
    /* The first word stands for a good reply and is not offered. */
    if (spec_read_word(spec, MX_SPOIL_WORDS + 1, &spoil, err) != 0)
        return -1;
    action->spoil = (enum mx_spoil)(spoil + 1);
    return 0;
}

static void mx_corrupt_apply(const struct mx_action *action, struct mx_question *question,
                             struct mx_effects *effects)
{
    (void)question;
    effects->spoil = action->spoil;
}

static int mx_limit_action_read(struct mx_rule_reader *reader, struct spec spec,
                                struct mx_action *action, struct err *err)
{
    (void)reader;
    return mx_limit_read(spec, &action->limit, err);
}

static void mx_limit_apply(const struct mx_action *action, struct mx_question *question,
                           struct mx_effects *effects)
{
    (void)question;
    mx_limit_put(&effects->limit, &action->limit);
}

/* ---- call-back */

static int mx_call_back_action_read(struct mx_rule_reader *reader, struct spec spec,
                                    struct mx_action *action, struct err *err)
{
    (void)reader;
    return mx_call_back_read(spec, &action->call_back, err);
}

static void mx_call_back_apply(const struct mx_action *action, struct mx_question *question,
                               struct mx_effects *effects)
{
    (void)question;
    effects->call_back = &action->call_back;
}

/* ---- tls, profile, log */

static int mx_tls_fault_read(struct mx_rule_reader *reader, struct spec spec,
                             struct mx_action *action, struct err *err)
{
    size_t fault;
    (void)reader;
    /* The first word stands for no fault and is not offered. */
    if (spec_read_word(spec, MX_TLS_FAULT_WORDS + 1, &fault, err) != 0)
        return -1;
    action->tls_fault = (enum mx_tls_fault)(fault + 1);
    return 0;
}

static void mx_tls_fault_apply(const struct mx_action *action, struct mx_question *question,
                               struct mx_effects *effects)
{
    (void)question;
    effects->tls_fault = action->tls_fault;
}

static int mx_profile_action_read(struct mx_rule_reader *reader, struct spec spec,
                                  struct mx_action *action, struct err *err)
{
    const char *name;
    if (spec_read_text(spec, &name, err) != 0)
        return -1;
    action->profile = reader->profile(reader->profile_context, spec, name, err);
    return action->profile != NULL ? 0 : -1;
}

static void mx_profile_apply(const struct mx_action *action, struct mx_question *question,
                             struct mx_effects *effects)
{
    (void)question;
    effects->profile = action->profile;
}

static int mx_log_read(struct mx_rule_reader *reader, struct spec spec, struct mx_action *action,
                       struct err *err)
{
    if (spec_read_text(spec, &action->text, err) != 0)
        return -1;
    reader->rule->log_text = action->text;
    return 0;
}

static void mx_log_apply(const struct mx_action *action, struct mx_question *question,
                         struct mx_effects *effects)
{
    (void)action;
    (void)question;
    (void)effects;
}

#define ALL MX_STAGES_ALL
#define CONTENT MX_STAGE_BIT(MX_STAGE_DATA_END)
#define BEFORE_RCPT                                                          \
    (MX_STAGE_BIT(MX_STAGE_CONNECT) | MX_STAGE_BIT(MX_STAGE_BANNER) |        \
     MX_STAGE_BIT(MX_STAGE_EHLO) | HANDSHAKE | MX_STAGE_BIT(MX_STAGE_AUTH) | \
     MX_STAGE_BIT(MX_STAGE_MAIL))
#define HANDSHAKE (MX_STAGE_BIT(MX_STAGE_STARTTLS) | MX_STAGE_BIT(MX_STAGE_TLS))

const struct mx_action_kind MX_ACTION_KINDS[] = {
    {"teaser", MX_STAGE_BIT(MX_STAGE_BANNER), mx_teaser_read, mx_teaser_apply},
    {"delay", ALL, mx_delay_read, mx_delay_apply},
    {"drip", ALL, mx_drip_read, mx_drip_apply},
    {"reply", ALL & ~MX_STAGE_BIT(MX_STAGE_TLS), mx_reply_read, mx_reply_apply},
    {"raw", ALL & ~MX_STAGE_BIT(MX_STAGE_TLS), mx_raw_read, mx_raw_apply},
    {"corrupt", ALL & ~MX_STAGE_BIT(MX_STAGE_TLS), mx_corrupt_read, mx_corrupt_apply},
    {"swallow", ALL & ~MX_STAGE_BIT(MX_STAGE_TLS), mx_flag_action_read, mx_swallow_apply},
    {"lose-reply", CONTENT, mx_flag_action_read, mx_lose_reply_apply},
    {"close", ALL, mx_close_read, mx_close_apply},
    {"reset", ALL, mx_flag_action_read, mx_reset_apply},
    {"hang", ALL, mx_flag_action_read, mx_hang_apply},
    {"half-close", ALL, mx_flag_action_read, mx_half_close_apply},
    {"tls", HANDSHAKE, mx_tls_fault_read, mx_tls_fault_apply},
    {"limit", BEFORE_RCPT, mx_limit_action_read, mx_limit_apply},
    {"call-back", MX_STAGE_BIT(MX_STAGE_RCPT), mx_call_back_action_read, mx_call_back_apply},
    {"junk", CONTENT, mx_flag_action_read, mx_junk_apply},
    {"profile", ALL, mx_profile_action_read, mx_profile_apply},
    {"log", ALL, mx_log_read, mx_log_apply},
    {0},
};
