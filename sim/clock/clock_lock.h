/*
 * A lock whose holder inherits the priority of who waits for it (futex(2), FUTEX_LOCK_PI). Not a
 * pthread mutex: that one names its holder by the thread's number as the C library remembers it,
 * and PID 1 of a world is made by a bare clone3(), after which the remembered number is that of a
 * process outside. The kernel then finds no holder, and the C library waits for ever.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero is an open lock. */
struct clock_lock {
    _Atomic uint32_t word;
};

void clock_lock_take(struct clock_lock *lock);
/* False at once if another thread holds it. */
bool clock_lock_try(struct clock_lock *lock);
/* Only by the thread that holds it. */
void clock_lock_give(struct clock_lock *lock);
