#include "mta-under-test/refmta/check/greylist.h"

#include <stdlib.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum {
    VISITS_MAX = 200000,
    V4_BYTES = 4,
    V4_NETWORK_BYTES = 3,
    V6_NETWORK_BYTES = 8,
    KEY_BYTES_MAX = 2048
};

static const int64_t KNOWN_US = 35 * TIME_DAY;
static const int64_t RETRY_US = 2 * TIME_DAY;

struct visit {
    int64_t first_us; /* 0: never */
    bool is_known;
};

void greylist_init(struct greylist *greylist)
{
    recent_init(&greylist->visits, sizeof(struct visit), VISITS_MAX, KNOWN_US);
}

void greylist_deinit(struct greylist *greylist)
{
    recent_deinit(&greylist->visits);
}

const char *greylist_result_name(enum greylist_result result)
{
    static const char *const NAMES[] = {"new", "early", "known"};
    return NAMES[result];
}

/* Addresses are told apart without case. */
static void write_key(const struct greylist_visit *visit, struct buf *key)
{
    size_t network = visit->client.len == V4_BYTES ? V4_NETWORK_BYTES : V6_NETWORK_BYTES;
    char *addresses = mem_text_format("%s\n%s", visit->sender, visit->recipient);
    text_to_lower(addresses);
    buf_init(key, KEY_BYTES_MAX);
    buf_add_slice(key, slice_first(visit->client, network));
    buf_add_text(key, addresses);
    free(addresses);
}

enum greylist_result greylist_visit(struct greylist *greylist, const struct greylist_visit *visit,
                                    int64_t delay_us, int64_t now_us)
{
    struct buf key;
    write_key(visit, &key);
    struct visit *seen = recent_touch(&greylist->visits, buf_slice(&key), now_us);
    buf_deinit(&key);
    if (seen->is_known)
        return GREYLIST_KNOWN;
    if (seen->first_us == 0 || now_us - seen->first_us > RETRY_US) {
        seen->first_us = now_us;
        return GREYLIST_NEW;
    }
    seen->is_known = now_us - seen->first_us >= delay_us;
    return seen->is_known ? GREYLIST_KNOWN : GREYLIST_EARLY;
}
