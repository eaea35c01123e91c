#include "mta-under-test/refmta/config/rate.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

int rate_from_text(struct slice text, unsigned count_max, struct rate *rate)
{
    struct slice count;
    uint64_t number = 0;
    if (!slice_split(&text, '/', &count) || text_to_u64(count, &number) != 0 || number == 0 ||
        number > count_max || time_span_from_text(text, &rate->span_us) != 0 || rate->span_us <= 0)
        return -1;
    rate->count = (unsigned)number;
    return 0;
}
