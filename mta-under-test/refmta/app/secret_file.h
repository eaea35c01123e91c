/*
 * A secret whose file is named in the configuration: its first line.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

/* Sets the buf up; -1 with a text when the file cannot be read or its first line is empty. */
int secret_file_read(const char *path, struct buf *secret, struct err *err) MUST_CHECK;
/* Wipes it. */
void secret_file_forget(struct buf *secret);
