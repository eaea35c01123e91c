/* The vDSO: the code that the kernel maps into every process to read its clocks without a call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mta-under-test/base/err.h"
#include "sim/clock/clock_page.h"

/* Finds, in this process, the length of the vDSO and the offsets of its clock functions, which are
 * the same in every 64-bit process; -1 if it has no clock_gettime. */
int clock_vdso_find(struct clock_page *page, struct err *err) MUST_CHECK;

/* Whether the kernel forbids that a process changes its own vDSO (sealed system mappings). */
bool clock_vdso_sealed(const struct clock_page *page);

/* Where a process has its vDSO; 0 if it has none or is gone. */
uint64_t clock_vdso_of(pid_t pid);
