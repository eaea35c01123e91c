#include "sim/mta/mta_skew.h"

#include <inttypes.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

static const char MTA_FAKETIME[] = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

static const char MTA_SKEW_FILE[] = "/run/mailrange/server-clock";

static char mta_skew_sign(int64_t skew_us)
{
    return skew_us < 0 ? '-' : '+';
}

static int64_t mta_skew_seconds(int64_t skew_us)
{
    return (skew_us < 0 ? -skew_us : skew_us) / TIME_SECOND;
}

int mta_skew_set(int64_t skew_us, struct err *err)
{
    char line[64];
    char next[sizeof MTA_SKEW_FILE + 8];
    snprintf(next, sizeof next, "%s.next", MTA_SKEW_FILE);
    snprintf(line, sizeof line, "%c%" PRId64 "s\n", mta_skew_sign(skew_us),
             mta_skew_seconds(skew_us));
    if (file_write(next, slice_of(line), err) != 0)
        return -1;
    /* Never half a line for whoever looks at the clock just now. */
    if (rename(next, MTA_SKEW_FILE) != 0)
        return err_set_errno(err, "%s: cannot be made", MTA_SKEW_FILE);
    return 0;
}

int mta_skew_variables(const struct mta_settings *settings, struct arena *arena,
                       const char *const **variables, struct err *err)
{
    *variables = NULL;
    if (!settings->has_skew)
        return 0;
    if (!file_exists(MTA_FAKETIME))
        return err_set(err, "%s is missing: install the package libfaketime", MTA_FAKETIME);
    const char **made = arena_alloc_array(arena, 5, sizeof *made);
    made[0] = arena_format(arena, "LD_PRELOAD=%s", MTA_FAKETIME);
    made[1] =
        settings->skew_changes
            ? arena_format(arena, "FAKETIME_TIMESTAMP_FILE=%s", MTA_SKEW_FILE)
            : arena_format(arena, "FAKETIME=%c%" PRId64 "s x%.6f", mta_skew_sign(settings->skew_us),
                           mta_skew_seconds(settings->skew_us), settings->drift);
    /* With the monotonic clock shifted too, waits with a deadline would never end. */
    made[2] = "FAKETIME_DONT_FAKE_MONOTONIC=1";
    made[3] = settings->skew_changes ? "FAKETIME_NO_CACHE=1" : NULL;
    *variables = made;
    return 0;
}
