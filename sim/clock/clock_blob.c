#include "sim/clock/clock_blob.h"

#include "mta-under-test/base/poison.h"

extern const uint8_t clock_blob_end[];

__asm__(".section .rodata\n"
        ".balign 16\n"
        ".globl clock_blob\n"
        "clock_blob: .incbin \"" CLOCK_SHIM_IMAGE "\"\n"
        ".globl clock_blob_end\n"
        "clock_blob_end:\n"
        ".text\n");

enum { TABLE_AT = 8 /* shim_start.S */, CALL_SITES = 2, PAGE_BYTES = 4096 };

size_t clock_blob_bytes(void)
{
    return (uintptr_t)clock_blob_end - (uintptr_t)clock_blob;
}

static uint32_t table_entry(int i)
{
    uint32_t offset;
    memcpy(&offset, clock_blob + TABLE_AT + (size_t)i * sizeof offset, sizeof offset);
    return offset;
}

uint32_t clock_blob_function(int i)
{
    return table_entry(i);
}

uint32_t clock_blob_direct(void)
{
    return table_entry(CLOCK_VDSO_FUNCTIONS + CALL_SITES);
}

uint32_t clock_blob_call_site(int i)
{
    return table_entry(CLOCK_VDSO_FUNCTIONS + i) % PAGE_BYTES;
}
