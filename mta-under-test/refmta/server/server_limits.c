#include "mta-under-test/refmta/server/server_limits.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

const struct server_limits SERVER_LIMITS_DEFAULT = {
    .message_bytes_max = 25U << 20,
    /* 512 of RFC 5321 4.5.3.1.4 and what SIZE, BODY, SMTPUTF8 and DSN add (RFC 3461 4.1 to 4.4). */
    .command_bytes_max = 2048,
    .auth_bytes_max = 12288,
    .auth_failures_max = 3,
    .auth = {.failures_max = 20,
             .delay_us = TIME_SECOND,
             .delay_max_us = 30 * TIME_SECOND,
             .forget_us = TIME_HOUR,
             .clients_max = 10000},
    .recipients_max = 1000,
    .errors_max = 20,
    .received_max = 100, /* RFC 5321 6.3 */
    .transactions_max = 10000,
    .idle_commands_max = 100,
    .connections_max = 12000,
    .client_max = 100,
    .command_timeout_us = 5 * TIME_MINUTE,
    .data_timeout_us = 5 * TIME_MINUTE,
    .content_time_us = TIME_HOUR,
};

void server_limits_set(struct server_limits *limits, const struct config *config)
{
    const struct config_limits *set = &config->limits;
    limits->message_bytes_max = config->size_limit_bytes;
    limits->recipients_max = set->recipients;
    limits->errors_max = set->errors;
    limits->idle_commands_max = set->idle_commands;
    limits->transactions_max = set->transactions;
    limits->connections_max = set->connections;
    limits->client_max = set->connections_per_client;
    limits->received_max = set->received;
    limits->auth_failures_max = set->login_failures;
    limits->auth.failures_max = set->login_failures_client;
    limits->auth.delay_us = set->login_delay_us;
    limits->command_timeout_us = set->command_time_us;
    limits->data_timeout_us = set->content_silence_us;
    limits->content_time_us = set->content_time_us;
    limits->greeting_pause_us = set->greeting_pause_us;
}
