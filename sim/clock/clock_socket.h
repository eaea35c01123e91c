/*
 * SO_RCVTIMEO and SO_SNDTIMEO. The kernel keeps the limit with the socket, far away (see
 * shim/shim_socket.c); no trap tells when a task begins to wait on one. So, in a world where
 * somebody has set such a limit, whenever it rests each task is asked which call it sleeps in and
 * on what. Since time moves only then, a wait that is new began just now.
 */
#pragma once

#include <stdint.h>

#include "sim/clock/clock_tasks.h"

/* Brings `socket_deadline_ns` of all tasks up to date; the world rests at `now_ns`. */
void clock_socket_look(struct clock_tasks *tasks, uint64_t now_ns);

/* The task whose deadline comes first; tasks->count = none has one. */
size_t clock_socket_next(const struct clock_tasks *tasks);

/* Ends its wait, as the kernel does when the limit is reached. */
void clock_socket_fire(struct clock_tasks *tasks, size_t i);
