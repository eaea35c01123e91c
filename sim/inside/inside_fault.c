/*
 * What goes wrong around the server under test: its disk, its network, its DNS.
 */
#include "sim/inside/inside_state.h"

#include <errno.h>

#include "sim/mta/mta_skew.h"

#include "mta-under-test/base/poison.h"

int inside_act_disk_full(struct inside *inside, const struct scenario_event *entry, bool over,
                         struct err *err)
{
    if (over)
        return spool_restore(&inside->room, err);
    return spool_fill(&inside->room, entry->leaves_bytes, err);
}

int inside_act_disk_slow(struct inside *inside, const struct scenario_event *entry, bool over,
                         struct err *err)
{
    (void)inside;
    return over ? spool_well(err) : spool_trouble(entry->takes_us, 0, err);
}

int inside_act_disk_failing(struct inside *inside, const struct scenario_event *entry, bool over,
                            struct err *err)
{
    (void)inside;
    (void)entry;
    return over ? spool_well(err) : spool_trouble(0, EIO, err);
}

int inside_act_mta_skew(struct inside *inside, const struct scenario_event *entry, bool over,
                        struct err *err)
{
    return mta_skew_set(over ? inside->scenario->mta->skew_us : entry->skew_us, err);
}

int inside_act_network_down(struct inside *inside, const struct scenario_event *entry, bool over,
                            struct err *err)
{
    const struct outage outage = {
        .kind = entry->as == SCENARIO_SILENT ? OUTAGE_SILENT : OUTAGE_UNREACHABLE,
        .mta_fd = inside->server_network,
        .mta = inside->scenario->mta->sources,
        .mta_count = inside->scenario->mta->source_count,
    };
    if (!over)
        return outage_begin(&outage, err);
    if (outage_end(&outage, err) != 0)
        return -1;
    mx_server_cut(inside->mx);
    submitter_cut(inside->submitter);
    return 0;
}

int inside_act_dns_down(struct inside *inside, const struct scenario_event *entry, bool over,
                        struct err *err)
{
    (void)err;
    dns_server_silence(inside->dns, over ? NULL : entry->spec.path);
    return 0;
}
