#include "sim/mta/mta_operation.h"

#include "sim/mta/mta_adapter.h"

#include "mta-under-test/base/poison.h"

const char *const MTA_OPERATION_WORDS[] = {"hold",   "release", "flush", "delete",
                                           "bounce", "explain", "list"};

static const char *const MTA_OPERATION_OBJECTS[] = {
    "hold mail",      "release held mail",  "try waiting mail at once", "delete mail",
    "give mail back", "say why mail waits", "list its queue",
};

/* " (why)", if the adapter says so. */
static const char *mta_operation_why(const struct mta_adapter *adapter,
                                     enum mta_operation operation, struct buf *out)
{
    char key[32];
    struct spec reason;
    snprintf(key, sizeof key, "queue-%s", MTA_OPERATION_WORDS[operation]);
    if (adapter->why_not.json != NULL && spec_get(adapter->why_not, key, &reason))
        buf_format(out, " (%s)", reason.json->valuestring);
    return buf_text(out);
}

/* A command for one message does for all as well: it is said for each. */
static bool mta_operation_is_possible(const struct mta_adapter *adapter,
                                      enum mta_operation operation, bool on_one)
{
    const struct mta_operation_commands *commands = &adapter->operations[operation];
    if (operation == MTA_LIST)
        return adapter->queue.word_count > 0;
    return commands->one.word_count > 0 || (!on_one && commands->all.word_count > 0);
}

int mta_operation_suits(const struct mta_adapter *adapter, const struct mta_settings *settings,
                        struct err *err)
{
    for (size_t i = 0; i < MTA_OPERATION_COUNT; i++) {
        struct buf why;
        bool on_one = (settings->operations_on_one & 1U << i) != 0;
        if ((settings->operations & 1U << i) == 0 ||
            mta_operation_is_possible(adapter, (enum mta_operation)i, on_one))
            continue;
        buf_init(&why, ERR_TEXT_BYTES);
        err_set(err, "%s has no command to %s%s%s", adapter->name, MTA_OPERATION_OBJECTS[i],
                on_one && adapter->operations[i].all.word_count > 0 ? " message by message" : "",
                mta_operation_why(adapter, (enum mta_operation)i, &why));
        buf_deinit(&why);
        return -1;
    }
    return 0;
}
