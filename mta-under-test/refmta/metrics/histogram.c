#include "mta-under-test/refmta/metrics/histogram.h"

#include "mta-under-test/base/poison.h"

const int64_t HISTOGRAM_BOUNDS_US[HISTOGRAM_BOUNDS] = {
    1000,    2000,    5000,     10000,     25000,      50000,       100000,      250000,
    1000000, 5000000, 30000000, 300000000, 1800000000, 14400000000, 86400000000, 432000000000,
};

void histogram_add(struct histogram *histogram, int64_t span_us)
{
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BOUNDS && span_us > HISTOGRAM_BOUNDS_US[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->total++;
    histogram->sum_us += span_us;
}
