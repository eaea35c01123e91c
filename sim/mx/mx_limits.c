#include "sim/mx/mx_limits.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

const struct mx_limits MX_LIMITS_DEFAULT = {
    .line_bytes_max = 4096,
    .endless_bytes_max = 16 * KIB,
    .output_bytes_max = 256 * KIB,
    .content_bytes_max = 256 * MIB,
    .content_total_max = 1024 * MIB,
    .recipients_max = 50000,
    .bad_commands_max = 100,
    .connections_max = 20000,
    .records_max = 1000000,
    .body_step_bytes = 64 * KIB,
    .idle_us = 5 * TIME_MINUTE, /* RFC 5321 4.5.3.2.7 */
    .handshake_us = 5 * TIME_MINUTE,
};
