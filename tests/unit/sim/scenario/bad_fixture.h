/*
 * Wrong scenarios, each with the exact words of its error.
 */
#pragma once

#include "tests/unit/sim/scenario/scenario_fixture.h"

#define HOSTS "\"hosts\":{\"mx.bigmail.test\":{}}"
#define BOB "\"messages\":[{\"to\":\"bob@bigmail.test\"}]"

struct bad {
    const char *text;
    const char *error;
};

static inline void check_all(const struct bad *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *error = error_of(cases[i].text);
        ck_assert_str_eq(error, cases[i].error);
        fx.count = 0;
    }
    done();
}
