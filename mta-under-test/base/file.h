/*
 * Whole files and folders. Paths are ordinary C texts.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

/* Reads a file into `out` (set up by the caller, whose limit holds); -1 with the path in `err`. */
int file_read(const char *path, struct buf *out, struct err *err) MUST_CHECK;

/* Writes a file so that it is whole or not there: through a temporary name and rename(). */
int file_write(const char *path, struct slice bytes, struct err *err) MUST_CHECK;

/* Makes the folder with all its parents; no error if it is there. */
int file_make_folders(const char *path, struct err *err) MUST_CHECK;
/* Makes the folders in which `path` will stand. */
int file_make_parents(const char *path, struct err *err) MUST_CHECK;

/* Writes all of it to a file descriptor, going on after short writes and EINTR; -1 with errno. */
int file_write_fd(int fd, struct slice bytes) MUST_CHECK;

/* The part behind the last slash. */
const char *file_name(const char *path);
/* The name of the folder that `path` stands in, "retry" of "a/retry/b.json"; empty without one. */
struct slice file_folder_name(const char *path);
bool file_exists(const char *path);
/* Where no `path` is: the one in its folder whose name is spelled most like it, for "did you mean
 * ...?". Owned by the caller (free()); NULL if none is near, or the folder is not there. */
char *file_nearest(const char *path) MUST_CHECK;
