/*
 * What mail that is made to be expensive costs: each case runs all checks in a process of its own,
 * and its processor time, its memory and its questions to DNS are written as one JSON object.
 */
#pragma once

#include "mta-under-test/base/json_out.h"

/* 0, or -1 when a case could not be run. */
int bench_worst(struct json_out *json) MUST_CHECK;
