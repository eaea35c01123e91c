/*
 * Where evidence is written while the world runs. In virtual time it goes to the world's own memory
 * and is kept, copied into the folder of the case, at the end: a write to a disk may wait for the
 * disk, other programs of the world then run before the writer, and two runs would differ in the
 * order of what happens at the same moment. In real time, and of a campaign of more than 100,000
 * messages, it goes to the folder at once.
 */
#pragma once

#include <stdbool.h>

#include "mta-under-test/base/err.h"

/* The folder to write to, made; free() it. NULL with `err`. */
char *evidence_open(const char *folder, bool in_memory, struct err *err) MUST_CHECK;

/* Copies all of it into `folder`, if it is somewhere else, and empties memory. */
int evidence_keep(const char *written, const char *folder, struct err *err) MUST_CHECK;
