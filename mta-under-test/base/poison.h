/*
 * Functions that the project does not use, because they write without a limit, keep hidden state
 * or cannot report an error. Include this last.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With _FORTIFY_SOURCE some of them are macros, which cannot be poisoned. */
#undef sprintf
#undef vsprintf
#undef strcpy
#undef strcat

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atol atoll
