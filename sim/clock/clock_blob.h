/* The shim's code, as compiled from shim/, and what the injector must know of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sim/clock/clock_page.h"

extern const uint8_t clock_blob[];
size_t clock_blob_bytes(void);

/* Where in the shim the replacement of the vDSO's function i begins. */
uint32_t clock_blob_function(int i);

/* Where in the shim a shortcut goes to. */
uint32_t clock_blob_direct(void);

/* Where in a page of memory the shim's own system calls return to: the lowest bits of the address,
 * which are the same wherever it is mapped. i = 0 or 1. */
uint32_t clock_blob_call_site(int i);
