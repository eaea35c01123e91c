/*
 * The shim's first bytes, and the few pieces that must be in assembler. x86-64.
 *
 * shim_start is the first code of a fresh program, jumped to by the bootstrap (clock_x86_64.c):
 *   rax = where the shim is mapped    r8 = the memory file    r12 = the program's entry point
 *   r13 = the vDSO                    r14 = bytes of shim and page
 *   r15 = where the shim had to be for the vDSO's patches to be right, or 0
 * It sets the process up and goes to the entry point with the registers as execve() leaves them.
 */
    .section .text.start, "ax"
    .hidden shim_start
    .globl shim_start
shim_start:
    jmp 1f
    .balign 8
    /* At byte 8: what the vDSO's functions become, in the order of clock_page.h. */
    .long shim_clock_gettime - shim_start
    .long shim_gettimeofday - shim_start
    .long shim_time - shim_start
    .long shim_vdso_getrandom - shim_start
    /* Where the shim's system calls return to: the filter knows them by it (clock_filter.c). */
    .long shim_call_end - shim_start
    .long shim_wait_end - shim_start
    .long shim_direct - shim_start
1:
    mov %r8, %rdi
    mov %rax, %rsi
    mov %r13, %rdx
    mov %rsp, %rcx
    mov %r15, %r8
    mov %rsp, %rbp
    and $-16, %rsp
    call shim_init
    mov %rbp, %rsp
    mov %r12, -8(%rsp)
    xor %eax, %eax
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    jmp *-8(%rsp)

    .text
/* long shim_call(const struct shim_call *call): the bare system call. */
    .hidden shim_call
    .globl shim_call
shim_call:
    mov 0(%rdi), %rax
    mov 16(%rdi), %rsi
    mov 24(%rdi), %rdx
    mov 32(%rdi), %r10
    mov 40(%rdi), %r8
    mov 48(%rdi), %r9
    mov 8(%rdi), %rdi
    syscall
shim_call_end:
    ret

/*
 * long shim_wait_call(const struct shim_call *call, const _Atomic uint64_t *now, uint64_t deadline)
 * The system call, unless the deadline has come: then, and when CLOCK_SIGNAL comes while it waits,
 * -EINTR. A CLOCK_SIGNAL that comes before the instruction, or finds it about to be restarted,
 * would be lost; so its handler moves every task that it meets between shim_wait_call and
 * shim_wait_insn (included) to shim_wait_end. That works because nothing is on the stack here.
 */
    .hidden shim_wait_call
    .globl shim_wait_call
shim_wait_call:
    mov $-4, %rax
    cmp %rdx, (%rsi)
    jae shim_wait_end
    mov 0(%rdi), %rax
    mov 16(%rdi), %rsi
    mov 24(%rdi), %rdx
    mov 32(%rdi), %r10
    mov 40(%rdi), %r8
    mov 48(%rdi), %r9
    mov 8(%rdi), %rdi
    .hidden shim_wait_insn
    .globl shim_wait_insn
shim_wait_insn:
    syscall
    .hidden shim_wait_end
    .globl shim_wait_end
shim_wait_end:
    ret

/*
 * Where a shortcut goes to (clock_x86_64.c): eax = the number of the call, rcx = the address behind
 * it, the arguments as in the call itself. It ends as the call would: but for rax, rcx and r11
 * nothing has changed, the flags and the 128 bytes below the stack neither.
 */
    .hidden shim_direct
    .globl shim_direct
shim_direct:
    lea -128(%rsp), %rsp
    pushfq
    push %rcx
    push %rbp
    push %r9
    push %r8
    push %r10
    push %rdx
    push %rsi
    push %rdi
    cld
    mov %eax, %edi
    mov %rsp, %rsi
    mov %rsp, %rbp
    and $-16, %rsp
    call shim_answer_direct
    mov %rbp, %rsp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    pop %rbp
    pop %rcx
    popfq
    lea 128(%rsp), %rsp
    jmp *%rcx

/* Where a signal handler of the shim returns to: rt_sigreturn. */
    .hidden shim_restorer
    .globl shim_restorer
shim_restorer:
    mov $15, %eax
    syscall

/* What the compiler calls by itself. */
    .hidden memcpy
    .globl memcpy
memcpy:
    mov %rdi, %rax
    mov %rdx, %rcx
    rep movsb
    ret
    .hidden memset
    .globl memset
memset:
    mov %rdi, %r8
    mov %esi, %eax
    mov %rdx, %rcx
    rep stosb
    mov %r8, %rax
    ret

    .section .note.GNU-stack, "", @progbits
