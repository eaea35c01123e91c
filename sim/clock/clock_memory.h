/* The memory file with the shim and the shared page. */
#pragma once

#include "mta-under-test/base/err.h"
#include "sim/clock/clock.h"
#include "sim/clock/clock_page.h"

struct clock_memory {
    int fd;
    struct clock_page *page; /* mapped, as the shortcuts; lives as long as the process */
    uint8_t *shortcuts;
};

/* Makes the file and fills in the start of the clock. */
int clock_memory_open(struct clock_memory *memory, const struct clock_options *options,
                      struct err *err) MUST_CHECK;

/* The kernel's coarse real time, as files are stamped with it. */
uint64_t clock_memory_real_ns(void);

/* Notes in the log of jumps that the time is now `now_ns`. Only while the world rests. */
void clock_memory_log(struct clock_page *page);
