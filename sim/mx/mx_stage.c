#include "sim/mx/mx_stage.h"

#include "mta-under-test/base/poison.h"

const char *const MX_STAGE_WORDS[] = {
#define X(name, word) word,
    MX_STAGES(X)
#undef X
        NULL,
};
