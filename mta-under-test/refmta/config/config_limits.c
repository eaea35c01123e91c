#include "mta-under-test/refmta/config/config_limits.h"

#include "mta-under-test/base/poison.h"

enum { COUNT_MAX = 1000000, CONTENT_LINE_MAX = 1 << 20, RECIPIENTS_MIN = 100, RECEIVED_MAX = 1000 };

static const struct config_key KEYS[] = {
    {"connections", CONFIG_WHOLE(struct config_limits, connections, 1, COUNT_MAX),
     .fallback = "12000", .help = "clients at one time; more hear 421 4.3.2"},
    {"connections-per-client",
     CONFIG_WHOLE(struct config_limits, connections_per_client, 1, COUNT_MAX), .fallback = "100",
     .help = "of one address (IPv6: of one /64); more hear 421 4.7.0. `relay-networks` are exempt"},
    {"recipients", CONFIG_WHOLE(struct config_limits, recipients, RECIPIENTS_MIN, COUNT_MAX),
     .fallback = "1000",
     .help = "of a message, at least 100 (RFC 5321 4.5.3.1.8); the others hear 452 4.5.3"},
    {"errors", CONFIG_WHOLE(struct config_limits, errors, 1, COUNT_MAX), .fallback = "20",
     .help = "replies from 400 on in a session; then 421 4.7.0"},
    {"idle-commands", CONFIG_WHOLE(struct config_limits, idle_commands, 1, COUNT_MAX),
     .fallback = "100",
     .help = "commands that bring no mail forward (NOOP, RSET, VRFY, EHLO ...) between two "
             "messages; then 421 4.7.0"},
    {"transactions", CONFIG_WHOLE(struct config_limits, transactions, 1, COUNT_MAX),
     .fallback = "10000", .help = "of a session; then 421 4.7.0"},
    {"text-line", CONFIG_WHOLE(struct config_limits, text_line_bytes, 998, CONTENT_LINE_MAX),
     .fallback = "65536",
     .help = "bytes of a line of a message, at least the 998 of RFC 5322 2.1.1; 554 5.6.0"},
    {"received-fields", CONFIG_WHOLE(struct config_limits, received, 1, RECEIVED_MAX),
     .fallback = "100", .help = "of a message; more are a loop (RFC 5321 6.3): 554 5.4.6"},
    {"login-failures", CONFIG_WHOLE(struct config_limits, login_failures, 1, COUNT_MAX),
     .fallback = "3", .help = "of a session; then 421 4.7.0"},
    {"login-failures-per-client",
     CONFIG_WHOLE(struct config_limits, login_failures_client, 1, COUNT_MAX), .fallback = "20",
     .help = "then 454 4.7.0 until it was quiet for an hour; a login halves the count"},
    {"login-delay", CONFIG_SPAN(struct config_limits, login_delay_us), .fallback = "\"1s\"",
     .help = "of the answer to a client's first failure; doubles with each, up to 30 s"},
    {"command-time", CONFIG_SPAN(struct config_limits, command_time_us), .fallback = "\"5m\"",
     .help = "how long a client may say nothing (RFC 5321 4.5.3.2.7)"},
    {"content-silence", CONFIG_SPAN(struct config_limits, content_silence_us), .fallback = "\"5m\"",
     .help = "the same between two blocks of a message"},
    {"content-time", CONFIG_SPAN(struct config_limits, content_time_us), .fallback = "\"1h\"",
     .help = "for the whole content of a message, so that a byte a minute holds no connection"},
    {"greeting-pause", CONFIG_SPAN(struct config_limits, greeting_pause_us), .fallback = "\"0s\"",
     .help = "the greeting waits so long on listeners of mode `relay`, and who speaks meanwhile "
             "hears 554 5.5.1. `relay-networks` are exempt"},
    CONFIG_END,
};

const struct config_object CONFIG_LIMITS = {.size = sizeof(struct config_limits), .keys = KEYS};
