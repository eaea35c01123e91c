#include "mta-under-test/refmta/queue/report_limit.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

/* Past so many addresses in an hour the new ones count together. */
enum { ADDRESSES_MAX = 100000 };

struct count {
    unsigned reports;
};

void report_limit_deinit(struct report_limit *limit)
{
    map_deinit(&limit->addresses, free);
}

bool report_limit_take(struct report_limit *limit, const char *address, unsigned max,
                       int64_t now_us)
{
    if (now_us - limit->since_us >= TIME_HOUR) {
        map_deinit(&limit->addresses, free);
        map_init(&limit->addresses);
        limit->since_us = now_us;
    }
    char *key = mem_text_copy(address);
    text_to_lower(key);
    struct count *count = map_get_text(&limit->addresses, key);
    if (count == NULL && limit->addresses.count >= ADDRESSES_MAX)
        count = map_get_text(&limit->addresses, "");
    if (count == NULL) {
        count = mem_alloc(sizeof *count);
        map_set_text(&limit->addresses, limit->addresses.count + 1 < ADDRESSES_MAX ? key : "",
                     count);
    }
    free(key);
    if (max != 0 && count->reports >= max)
        return false;
    count->reports++;
    return true;
}
