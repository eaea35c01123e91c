/* The deadlines of the world: which comes first, and waking who waits for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/clock/clock_page.h"
#include "sim/clock/clock_tasks.h"

/* The slot whose deadline comes first; of equal ones the one with the lowest id, so that the order
 * is the same in every run. CLOCK_SLOTS = nobody waits for a time. */
uint32_t clock_wake_next(const struct clock_page *page);

/* Lets the slot's deadline, which has come, do what it is for: end a wait, send a signal, or make a
 * timerfd readable. A slot whose owner is gone is freed. */
void clock_wake_fire(struct clock_page *page, uint32_t slot);

/* Frees the slots of tasks that are not in the list; a timerfd's goes to a process that has
 * inherited it. Only while the world rests. */
void clock_wake_collect(struct clock_page *page, const struct clock_tasks *tasks);
