#include "sim/clock/clock_machine.h"

#include <assert.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <unistd.h>

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
    uint64_t bytes = CLOCK_MEMORY_BYTES, hint = 0;
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

enum {
    CALL_BYTES = 7, /* mov $number, %eax; syscall */
    MOVE = 0xb8,
    JUMP = 0xe9,
    JUMP_BYTES = 5,
    REX = 0x40, /* before a move it makes it one to another register */
    REX_MASK = 0xf0,
    SHIM_BYTES_COMPARED = 64,
};

/* A jump that lies at `from`; false = it is too far. */
static bool jump_make(uint8_t code[JUMP_BYTES], uint64_t from, uint64_t to)
{
    int64_t distance = (int64_t)(to - (from + JUMP_BYTES));
    int32_t near = (int32_t)distance;
    code[0] = JUMP;
    memcpy(code + 1, &near, sizeof near);
    return near == distance;
}

/* Whether the code ends in this call. */
static bool call_is_plain(const uint8_t code[1 + CALL_BYTES], int64_t nr)
{
    uint8_t wanted[CALL_BYTES] = {MOVE, [5] = 0x0f, [6] = 0x05};
    int32_t number = (int32_t)nr;
    memcpy(wanted + 1, &number, sizeof number);
    return (code[0] & REX_MASK) != REX && memcmp(code + 1, wanted, sizeof wanted) == 0;
}

/* movabs behind, %rcx; mov $nr, %eax; jmp shim_direct. The kernel changes rcx in a call, too. */
static void shortcut_make(uint8_t code[CLOCK_SHORTCUT_BYTES], const struct clock_wish *wish,
                          uint64_t at)
{
    enum { NUMBER_AT = 10, JUMP_AT = 15 };
    int32_t number = (int32_t)wish->nr;
    memset(code, 0xcc, CLOCK_SHORTCUT_BYTES);
    code[0] = 0x48;
    code[1] = 0xb9;
    memcpy(code + 2, &wish->behind, sizeof wish->behind);
    code[NUMBER_AT] = MOVE;
    memcpy(code + NUMBER_AT + 1, &number, sizeof number);
    (void)jump_make(code + JUMP_AT, at + JUMP_AT, wish->shim + clock_blob_direct());
}

bool clock_machine_shortcut(int memory_fd, const struct clock_wish *wish, uint64_t at,
                            uint8_t code[CLOCK_SHORTCUT_BYTES])
{
    uint8_t call[1 + CALL_BYTES], jump[JUMP_BYTES], shim[SHIM_BYTES_COMPARED];
    off_t call_at = (off_t)wish->behind - CALL_BYTES;
    if (pread(memory_fd, call, sizeof call, call_at - 1) != (ssize_t)sizeof call ||
        !call_is_plain(call, wish->nr) ||
        pread(memory_fd, shim, sizeof shim, (off_t)wish->shim) != (ssize_t)sizeof shim ||
        memcmp(shim, clock_blob, sizeof shim) != 0 || !jump_make(jump, (uint64_t)call_at, at))
        return false;
    shortcut_make(code, wish, at);
    return pwrite(memory_fd, jump, sizeof jump, call_at) == (ssize_t)sizeof jump;
}
