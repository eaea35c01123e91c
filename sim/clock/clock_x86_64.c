#include "sim/clock/clock_machine.h"

#include <assert.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "sim/clock/clock_blob.h"
#include "sim/clock/clock_vdso.h"

#include "mta-under-test/base/poison.h"

enum {
    CODE_SEGMENT_64 = 0x33,
    /* Behind the first bytes of the vDSO's clock_gettime, which are patched: the bootstrap runs in
     * that function's body, which nobody needs any more. */
    BOOTSTRAP_AT = 64,
    WORD = 8,
    PATCH_BYTES = 16,
};

/* How far below the vDSO a shim is put where the vDSO is sealed. */
static const uint64_t hint_distance = 0x4000000;

extern const uint8_t clock_x86_64_boot[], clock_x86_64_boot_end[];

/* r12 to r15: see shim/shim_start.S. mmap(r15, r14, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0). */
__asm__(".section .rodata\n"
        ".balign 8\n"
        "clock_x86_64_boot:\n"
        " mov $0x4d52, %eax\n"
        " mov $0x4d52434b, %edi\n"
        " syscall\n"
        " mov %rax, %r8\n"
        " mov %r15, %rdi\n"
        " mov %r14, %rsi\n"
        " mov $5, %edx\n"
        " mov $2, %r10d\n"
        " xor %r9d, %r9d\n"
        " mov $9, %eax\n"
        " syscall\n"
        " jmp *%rax\n"
        " .balign 8\n"
        "clock_x86_64_boot_end:\n"
        ".text\n");

static_assert(CLOCK_NR_BOOT == 0x4d52 && CLOCK_PASS == 0x4d52434b, "as in the bootstrap");

/* `len` is a multiple of a word. */
static bool poke(pid_t task, uint64_t at, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += WORD) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        if (ptrace(PTRACE_POKETEXT, task, at + i, word) != 0)
            return false;
    }
    return true;
}

/* movabs target, %rax; jmp *%rax */
static bool function_patch(pid_t task, uint64_t at, uint64_t target)
{
    uint8_t code[PATCH_BYTES] = {0x48, 0xb8, [10] = 0xff, [11] = 0xe0};
    memcpy(code + 2, &target, sizeof target);
    return poke(task, at, code, sizeof code);
}

static bool vdso_patch(pid_t task, const struct clock_page *page, uint64_t vdso, uint64_t base)
{
    for (int i = 0; i < CLOCK_VDSO_FUNCTIONS; i++)
        if (page->vdso_offset[i] != 0 &&
            !function_patch(task, vdso + page->vdso_offset[i], base + clock_blob_function(i)))
            return false;
    return true;
}

enum clock_machine_result clock_machine_inject(pid_t task, const struct clock_page *page,
                                               bool sealed)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, task, NULL, &regs) != 0)
        return CLOCK_MACHINE_GONE;
    uint64_t vdso = clock_vdso_of(task);
    if (regs.cs != CODE_SEGMENT_64 || vdso == 0)
        return CLOCK_MACHINE_FOREIGN;
    uint64_t boot = vdso + page->vdso_offset[0] + BOOTSTRAP_AT;
    size_t boot_len = (uintptr_t)clock_x86_64_boot_end - (uintptr_t)clock_x86_64_boot;
    if (!poke(task, boot, clock_x86_64_boot, boot_len))
        return CLOCK_MACHINE_GONE;
    uint64_t bytes = CLOCK_SHIM_BYTES + CLOCK_PAGE_BYTES, hint = 0;
    if (sealed && vdso < regs.rsp)
        hint = vdso - hint_distance - bytes;
    if (hint != 0 && !vdso_patch(task, page, vdso, hint))
        return CLOCK_MACHINE_GONE;
    regs.r15 = hint;
    regs.r14 = bytes;
    regs.r13 = vdso;
    regs.r12 = regs.rip;
    regs.rip = boot;
    return ptrace(PTRACE_SETREGS, task, NULL, &regs) == 0 ? CLOCK_MACHINE_DONE : CLOCK_MACHINE_GONE;
}
