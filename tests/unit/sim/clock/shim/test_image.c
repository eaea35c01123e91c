/* The shim's image: fits, and is as the injector and the filter expect it. */
#include "sim/clock/clock_blob.h"

#include <stdbool.h>

#include "tests/unit/unit.h"

START_TEST(fits)
{
    ck_assert_uint_gt(clock_blob_bytes(), 1024);
    ck_assert_uint_le(clock_blob_bytes(), CLOCK_SHIM_BYTES);
}
END_TEST

START_TEST(functions_lie_inside)
{
    for (int i = 0; i < CLOCK_VDSO_FUNCTIONS; i++) {
        ck_assert_uint_gt(clock_blob_function(i), 0);
        ck_assert_uint_lt(clock_blob_function(i), clock_blob_bytes());
    }
}
END_TEST

START_TEST(shortcuts_go_inside)
{
    ck_assert_uint_gt(clock_blob_direct(), 0);
    ck_assert_uint_lt(clock_blob_direct(), clock_blob_bytes());
}
END_TEST

/* The bytes before the place that a call returns to are the instruction `syscall`. */
START_TEST(call_sites)
{
    for (int i = 0; i < 2; i++) {
        bool found = false;
        for (size_t at = clock_blob_call_site(i); at < clock_blob_bytes(); at += 4096)
            found = found || (at >= 2 && clock_blob[at - 2] == 0x0f && clock_blob[at - 1] == 0x05);
        ck_assert(found);
    }
}
END_TEST

UNIT_MAIN(fits, functions_lie_inside, shortcuts_go_inside, call_sites)
