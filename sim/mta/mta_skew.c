#include "sim/mta/mta_skew.h"

#include <inttypes.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

static const char MTA_FAKETIME[] = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

int mta_skew_variables(const struct mta_settings *settings, struct arena *arena,
                       const char *const **variables, struct err *err)
{
    *variables = NULL;
    if (!settings->has_skew)
        return 0;
    if (!file_exists(MTA_FAKETIME))
        return err_set(err, "%s is missing: install the package libfaketime", MTA_FAKETIME);
    const char **made = arena_alloc_array(arena, 4, sizeof *made);
    made[0] = arena_format(arena, "LD_PRELOAD=%s", MTA_FAKETIME);
    made[1] =
        arena_format(arena, "FAKETIME=%s%" PRId64 "s x%.6f", settings->skew_us < 0 ? "-" : "+",
                     (settings->skew_us < 0 ? -settings->skew_us : settings->skew_us) / TIME_SECOND,
                     settings->drift);
    /* With the monotonic clock shifted too, waits with a deadline would never end. */
    made[2] = "FAKETIME_DONT_FAKE_MONOTONIC=1";
    *variables = made;
    return 0;
}
