/*
 * The world's /dev/log, for servers that speak to syslog alone: each line is appended to the file
 * that takes the server's output, without the priority in front. Without a daemon behind it, and
 * with the virtual time that the C library writes.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"

struct mta_syslog;

/* Makes the socket `path` anew; lines go to `output_fd`, which stays the caller's. NULL with `err`.
 */
struct mta_syslog *mta_syslog_open(struct event_base *base, const char *path, int output_fd,
                                   struct err *err) MUST_CHECK;
/* Takes in what is still unread. Sets NULL; accepts NULL. */
void mta_syslog_close(struct mta_syslog **syslog);
