#include "sim/mx/mx_condition.h"

#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/poison.h"

#define CONTENT MX_STAGE_BIT(MX_STAGE_DATA_END)
#define TRANSFER                                                                \
    (MX_STAGE_BIT(MX_STAGE_DATA) | MX_STAGE_BIT(MX_STAGE_DATA_BODY) | CONTENT | \
     MX_STAGE_BIT(MX_STAGE_BDAT))
#define RECIPIENT (MX_STAGE_BIT(MX_STAGE_RCPT) | TRANSFER)
#define SENDER (MX_STAGE_BIT(MX_STAGE_MAIL) | RECIPIENT)
#define GREETED \
    ((unsigned)MX_STAGES_ALL & ~(MX_STAGE_BIT(MX_STAGE_CONNECT) | MX_STAGE_BIT(MX_STAGE_BANNER)))
#define ALL MX_STAGES_ALL

const struct mx_condition_kind MX_CONDITION_KINDS[] = {
    {"sender", SENDER, mx_address_pattern_read, mx_sender_holds, NULL},
    {"recipient", RECIPIENT, mx_address_pattern_read, mx_recipient_holds, NULL},
    {"helo", GREETED, mx_pattern_read, mx_helo_holds, NULL},
    {"client-name", ALL, mx_pattern_read, mx_client_name_holds, NULL},
    {"source", ALL, mx_source_read, mx_source_holds, NULL},
    {"tls", GREETED, mx_tls_read, mx_tls_holds, NULL},
    {"authenticated", SENDER, mx_flag_read, mx_authenticated_holds, NULL},
    {"parameters", SENDER, mx_parameters_read, mx_parameters_hold, NULL},
    {"subject", CONTENT, mx_pattern_read, mx_subject_holds, NULL},
    {"header", CONTENT, mx_header_read, mx_header_holds, NULL},
    {"size", SENDER, mx_size_read, mx_size_holds, NULL},
    {"recipients", RECIPIENT, mx_recipients_read, mx_recipients_holds, NULL},
    {"messages", GREETED, mx_number_range_read, mx_messages_holds, NULL},
    {"spf", SENDER, mx_result_read, mx_result_holds, NULL},
    {"dkim", CONTENT, mx_result_read, mx_result_holds, NULL},
    {"dmarc", CONTENT, mx_result_read, mx_result_holds, NULL},
    {"dmarc-policy", CONTENT, mx_policy_read, mx_policy_holds, NULL},
    {"arc", CONTENT, mx_result_read, mx_result_holds, NULL},
    {"iprev", ALL, mx_result_read, mx_result_holds, NULL},
    {"soa", SENDER, mx_soa_read, mx_soa_holds, NULL},
    {"reputation", ALL, mx_reputation_read, mx_reputation_holds, NULL},
    {"during", ALL, mx_during_read, mx_window_holds, NULL},
    {"clock", ALL, mx_clock_read, mx_window_holds, NULL},
    {"calendar", ALL, mx_calendar_read, mx_calendar_holds, NULL},
    {"attempt", ALL, mx_attempt_read, mx_attempt_holds, mx_track_note},
    {"age", ALL, mx_age_read, mx_age_holds, mx_track_note},
    {"connections", ALL, mx_connections_read, mx_connections_holds, mx_connections_note},
    {"rate", ALL, mx_rate_read, mx_rate_holds, mx_rate_note},
    {"greylist", ALL, mx_greylist_read, mx_greylist_holds, NULL},
    {"probability", ALL, mx_probability_read, mx_probability_holds, NULL},
    {0},
};

bool mx_condition_has_pattern(const struct mx_condition *condition)
{
    const struct mx_condition_kind *kind = condition->kind;
    return kind->read == mx_pattern_read || kind->read == mx_address_pattern_read ||
           kind->read == mx_result_read || kind->read == mx_policy_read ||
           kind->read == mx_soa_read;
}

void mx_condition_release(struct mx_condition *condition)
{
    const struct mx_condition_kind *kind = condition->kind;
    if (mx_condition_has_pattern(condition)) {
        pattern_release(condition->pattern);
    } else if (kind->read == mx_tls_read) {
        pattern_release(condition->tls.version);
    } else if (kind->read == mx_parameters_read) {
        parameters_release(&condition->parameters);
    } else if (kind->read == mx_header_read) {
        for (size_t i = 0; i < condition->headers.count; i++)
            pattern_release(condition->headers.list[i].pattern);
    }
}

bool mx_condition_counts_attempts(const struct mx_condition *condition)
{
    return condition->kind->note == mx_track_note;
}

bool mx_condition_needs_login(const struct mx_condition *condition)
{
    return condition->kind->holds == mx_authenticated_holds && condition->flag;
}

bool mx_condition_needs_tls(const struct mx_condition *condition)
{
    return condition->kind->holds == mx_tls_holds && condition->tls.wanted;
}

bool mx_condition_needs_judge(const struct mx_condition *condition)
{
    return condition->kind->holds == mx_reputation_holds;
}

bool mx_condition_needs_auth(const struct mx_condition *condition)
{
    return condition->kind->holds == mx_result_holds || condition->kind->holds == mx_policy_holds ||
           condition->kind->holds == mx_soa_holds;
}

bool mx_condition_needs_soa(const struct mx_condition *condition)
{
    return condition->kind->holds == mx_soa_holds;
}

struct mx_key mx_condition_key(const struct mx_condition *condition)
{
    const struct mx_condition_kind *kind = condition->kind;
    if (kind->holds == mx_rate_holds)
        return condition->rate.key;
    if (kind->holds == mx_connections_holds)
        return condition->crowd.key;
    if (kind->holds == mx_greylist_holds)
        return condition->greylist.key;
    if (kind->note == mx_track_note)
        return condition->track.key;
    return mx_key_of(0);
}

struct slice mx_question_key(struct mx_question *question, const struct mx_key *key)
{
    buf_reset(question->key);
    mx_key_write(key, question->facts, question->key);
    return buf_slice(question->key);
}
