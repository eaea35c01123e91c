/*
 * Reading adapter.json, strictly; only for mta_adapter.c.
 */
#pragma once

#include "sim/mta/mta_adapter.h"

/* The words for enum mta_retry_form, NULL-terminated. */
extern const char *const MTA_RETRY_FORMS[];

/* Fills an adapter that has its name, folder and defaults; -1 with file and place. */
int mta_adapter_read(struct spec spec, struct arena *arena, struct mta_adapter *adapter,
                     struct err *err) MUST_CHECK;
