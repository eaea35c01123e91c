/*
 * packets.tsv: which packet of the capture was the last one when an event was logged, one line for
 * each event: seq, TAB, packet number (0 = none yet). It stands beside the event log because packet
 * numbers may differ between two runs of the same scenario, and the log may not.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/capture/capture.h"
#include "sim/event/event_log.h"

struct capture_notes;

/* Listens to the log from now on; drains the capture at each event. Both must live longer than the
 * log's last event. Owns `fd`. */
struct capture_notes *capture_notes_open(struct capture *capture, struct event_log *log,
                                         int fd) MUST_CHECK __attribute__((returns_nonnull));
/* Writes the rest, sets NULL; accepts NULL. -1 if a write had failed. */
int capture_notes_close(struct capture_notes **notes, struct err *err) MUST_CHECK;

/* Reads the file back: *packets (release with free()) has the packet number for each seq from 0 to
 * *count - 1. -1 with file and line in `err`. */
int capture_notes_read(const char *path, uint64_t **packets, size_t *count,
                       struct err *err) MUST_CHECK;
