/*
 * Brings the capture and the sessions together: finds the TCP stream of each session that keeps its
 * steps and moves each step from "the last packet when it was logged" to the packet that carries
 * it.
 */
#pragma once

#include "reports/report_model.h"

/* Counts the packets in any case; a capture that is cut or too large is only counted. -1 if the
 * file cannot be read at all. */
int report_packets_read(struct report_run *run, const char *path, struct err *err) MUST_CHECK;
