/*
 * What can never be, though each part by itself is right: expectations that contradict each other,
 * addresses that no message has. Only for this folder.
 */
#pragma once

#include "sim/scenario/scenario_reader.h"

/* Two expectations of the same recipient of the same message must be able to hold together: -1 at
 * the second, which names the first. */
int scenario_check_contradictions(struct scenario_reader *reader) MUST_CHECK;

/* Notes each address in the "sender" and "recipient" of a rule that is spelled nearly like one of a
 * message, and is none. */
void scenario_note_strange_addresses(struct scenario_reader *reader);

/* Some recipients (of a sequence the first) or senders of the messages, for errors that list what
 * is there; NULL-terminated. */
const char *const *scenario_some_addresses(struct scenario_reader *reader, bool recipients);

/* The error for a recipient in a domain that nothing in the scenario knows, with the nearest that
 * is there. Returns -1. */
int scenario_unknown_domain(struct scenario_reader *reader, struct spec spec, const char *domain,
                            const char *address);
