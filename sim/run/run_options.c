#include "sim/run/run_options.h"

#include "mta-under-test/base/poison.h"

void run_options_init(struct run_options *options)
{
    *options = (struct run_options){
        .mtas = {"refmta"},
        .mta_count = 1,
        .virtual_clock = true,
        .capture = RUN_CAPTURE_ON,
        .shard = 1,
        .shard_count = 1,
        .jobs = 1,
        .repeat_each = 1,
        .color = RUN_COLOR_AUTO,
        .verbosity = RUN_NORMAL,
    };
}
