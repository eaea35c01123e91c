/* What of the injection depends on the processor (clock_x86_64.c). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "sim/clock/clock_page.h"

enum clock_machine_result {
    CLOCK_MACHINE_DONE,
    CLOCK_MACHINE_GONE,    /* the task was killed meanwhile */
    CLOCK_MACHINE_FOREIGN, /* no 64-bit program, or one without a vDSO */
};

/*
 * Puts the bootstrap into a task that is stopped at the end of a successful execve(), under ptrace
 * of this thread, so that it comes first when the task goes on: it asks for the memory file
 * (CLOCK_NR_BOOT), maps it and runs the shim's start. `sealed`: the task cannot change its own
 * vDSO, so it is done from here, for a shim at a place that is now free.
 */
enum clock_machine_result clock_machine_inject(pid_t task, const struct clock_page *page,
                                               bool sealed);

/*
 * Puts a shortcut (clock_page.h) into a process of the world, which must rest; `memory_fd` is its
 * /proc/PID/mem, `at` the address at which it sees `code`. False, with nothing changed, if the
 * place does not look as expected (another program runs there now, or the call is made in another
 * way), is too far away, or must not be changed.
 */
bool clock_machine_shortcut(int memory_fd, const struct clock_wish *wish, uint64_t at,
                            uint8_t code[CLOCK_SHORTCUT_BYTES]);
