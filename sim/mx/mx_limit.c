#include "sim/mx/mx_limit.h"

#include "mta-under-test/base/poison.h"

int mx_limit_read(struct spec spec, struct mx_limit *limit, struct err *err)
{
    static const char *const KEYS[] = {"messages", "recipients", "size", "commands", NULL};
    const struct {
        const char *key;
        int64_t *number;
    } COUNTS[] = {{"messages", &limit->messages},
                  {"recipients", &limit->recipients},
                  {"commands", &limit->commands}};
    struct spec member;
    *limit = (struct mx_limit){0};
    if (spec_check_keys(spec, KEYS, err) != 0)
        return -1;
    if (spec_count(spec) == 0)
        return spec_error(spec, err, "limits nothing: name messages, recipients, size or commands");
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        if (spec_get(spec, COUNTS[i].key, &member) &&
            spec_read_int(member, 1, INT32_MAX, COUNTS[i].number, err) != 0)
            return -1;
    }
    if (!spec_get(spec, "size", &member))
        return 0;
    if (spec_read_size(member, &limit->size_bytes, err) != 0)
        return -1;
    return limit->size_bytes > 0 ? 0 : spec_error(member, err, "expected a size, as in \"1MB\"");
}

void mx_limit_put(struct mx_limit *limit, const struct mx_limit *more)
{
    if (more->messages > 0)
        limit->messages = more->messages;
    if (more->recipients > 0)
        limit->recipients = more->recipients;
    if (more->size_bytes > 0)
        limit->size_bytes = more->size_bytes;
    if (more->commands > 0)
        limit->commands = more->commands;
}
