/* Grants the world's wishes for shortcuts (clock_page.h). */
#pragma once

#include "sim/clock/clock_memory.h"

struct clock_shortcuts {
    uint32_t count; /* made so far; at CLOCK_SHORTCUTS no more are */
};

/* Looks whether there is a wish, and grants it if it can be. Only while the world rests. One that
 * cannot be granted is dropped: the call goes on to be trapped. */
void clock_shortcuts_grant(struct clock_shortcuts *shortcuts, const struct clock_memory *memory);
