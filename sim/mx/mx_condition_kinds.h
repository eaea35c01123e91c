/*
 * The functions behind the rows of MX_CONDITION_KINDS, by file.
 */
#pragma once

#include "sim/mx/mx_condition.h"
#include "sim/mx/mx_rule.h"

#define MX_CONDITION_READER(name)                                                             \
    int name(struct mx_rule_reader *reader, struct spec spec, struct mx_condition *condition, \
             struct err *err)
#define MX_CONDITION_JUDGE(name) \
    bool name(const struct mx_condition *condition, struct mx_question *question)
#define MX_CONDITION_NOTER(name)                                                  \
    void name(const struct mx_condition *condition, struct mx_question *question, \
              const struct mx_happening *happening)

/* mx_condition_envelope.c */
MX_CONDITION_READER(mx_pattern_read);
MX_CONDITION_READER(mx_address_pattern_read);
MX_CONDITION_JUDGE(mx_sender_holds);
MX_CONDITION_JUDGE(mx_recipient_holds);
MX_CONDITION_JUDGE(mx_helo_holds);
MX_CONDITION_JUDGE(mx_client_name_holds);
MX_CONDITION_READER(mx_source_read);
MX_CONDITION_JUDGE(mx_source_holds);
MX_CONDITION_READER(mx_tls_read);
MX_CONDITION_JUDGE(mx_tls_holds);
MX_CONDITION_READER(mx_flag_read);
MX_CONDITION_JUDGE(mx_authenticated_holds);
MX_CONDITION_READER(mx_parameters_read);
MX_CONDITION_JUDGE(mx_parameters_hold);

/* mx_condition_message.c */
MX_CONDITION_JUDGE(mx_subject_holds);
MX_CONDITION_READER(mx_header_read);
MX_CONDITION_JUDGE(mx_header_holds);
MX_CONDITION_READER(mx_size_read);
MX_CONDITION_JUDGE(mx_size_holds);
MX_CONDITION_READER(mx_number_range_read);
MX_CONDITION_READER(mx_recipients_read);
MX_CONDITION_JUDGE(mx_recipients_holds);
MX_CONDITION_JUDGE(mx_messages_holds);

/* mx_condition_auth.c */
MX_CONDITION_READER(mx_result_read);
MX_CONDITION_JUDGE(mx_result_holds);
MX_CONDITION_READER(mx_policy_read);
MX_CONDITION_JUDGE(mx_policy_holds);
MX_CONDITION_READER(mx_soa_read);
MX_CONDITION_JUDGE(mx_soa_holds);

/* mx_condition_time.c */
MX_CONDITION_READER(mx_during_read);
MX_CONDITION_READER(mx_clock_read);
MX_CONDITION_JUDGE(mx_window_holds);
MX_CONDITION_READER(mx_calendar_read);
MX_CONDITION_JUDGE(mx_calendar_holds);
MX_CONDITION_READER(mx_probability_read);
MX_CONDITION_JUDGE(mx_probability_holds);

/* mx_condition_count.c */
MX_CONDITION_READER(mx_attempt_read);
MX_CONDITION_JUDGE(mx_attempt_holds);
MX_CONDITION_READER(mx_age_read);
MX_CONDITION_JUDGE(mx_age_holds);
MX_CONDITION_NOTER(mx_track_note);
MX_CONDITION_READER(mx_rate_read);
MX_CONDITION_JUDGE(mx_rate_holds);
MX_CONDITION_NOTER(mx_rate_note);
MX_CONDITION_READER(mx_connections_read);
MX_CONDITION_JUDGE(mx_connections_holds);
MX_CONDITION_NOTER(mx_connections_note);

/* mx_condition_reputation.c */
MX_CONDITION_READER(mx_reputation_read);
MX_CONDITION_JUDGE(mx_reputation_holds);

/* mx_condition_greylist.c */
MX_CONDITION_READER(mx_greylist_read);
MX_CONDITION_JUDGE(mx_greylist_holds);
