/*
 * How the tasks of a world with ranks share its CPU.
 *
 * In order, each goes on until it waits (SCHED_FIFO): what follows what depends on the programs
 * alone, so that runs repeat. In turns, each gives way after a while (SCHED_RR): a program that
 * spins until another has done something lets it run, but where a turn ends is the kernel's choice.
 */
#pragma once

#include <stdbool.h>

/* For all tasks below /proc that have this rank; those that they start later do as they do. */
void clock_turns_set(int rank, bool in_turns);
