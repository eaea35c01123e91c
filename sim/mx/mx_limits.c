#include "sim/mx/mx_limits.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

const struct mx_limits MX_LIMITS_DEFAULT = {
    .line_bytes_max = 4096,
    .endless_bytes_max = 16 * 1024,
    .output_bytes_max = 256 * 1024,
    .content_bytes_max = 256 * 1024 * 1024,
    .content_total_max = (size_t)1024 * 1024 * 1024,
    .recipients_max = 50000,
    .bad_commands_max = 100,
    .connections_max = 20000,
    .records_max = 1000000,
    .body_step_bytes = 64 * 1024,
    .idle_us = 5 * TIME_MINUTE, /* RFC 5321 4.5.3.2.7 */
    .handshake_us = 5 * TIME_MINUTE,
};
