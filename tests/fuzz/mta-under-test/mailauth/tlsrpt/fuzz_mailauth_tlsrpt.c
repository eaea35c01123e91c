#include "mta-under-test/mailauth/tlsrpt/tlsrpt_record.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from(data != NULL ? (const char *)data : "", size);
    struct arena arena;
    struct tlsrpt_record record;
    struct tlsrpt_report report;
    struct buf out;
    struct err err;
    arena_init(&arena);
    tlsrpt_record_parse(text, &record);
    if (tlsrpt_report_read(&arena, text, &report, &err) == 0) {
        buf_init(&out, 16 << 20);
        tlsrpt_report_write(&report, &out);
        if (!buf_overflowed(&out) &&
            tlsrpt_report_read(&arena, buf_slice(&out), &report, &err) != 0)
            __builtin_trap();
        buf_deinit(&out);
    }
    arena_deinit(&arena);
    return 0;
}
