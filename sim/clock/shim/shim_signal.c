#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <signal.h>
#include <ucontext.h>

enum { SET_BYTES = 8, KERNEL_RESTORER = 0x04000000 };

/* The kernel's struct sigaction. */
struct kernel_action {
    uint64_t handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

bool shim_signal_set(long set, uint64_t *copy, long *address)
{
    *address = 0;
    if (set == 0)
        return true;
    if (!shim_get(copy, set, sizeof *copy))
        return false;
    *copy &= ~SHIM_SIGNALS;
    *address = (long)copy;
    return true;
}

/* The two signals look as if nobody ever set them; every other handler leaves them open, else a
 * trapped call in that handler would end the program. */
long shim_sys_rt_sigaction(const long *args)
{
    struct kernel_action action = {0};
    if (args[3] != SET_BYTES)
        return -EINVAL;
    if (args[1] != 0 && !shim_get(&action, args[1], sizeof action))
        return -EFAULT;
    if (args[0] == SIGSYS || args[0] == CLOCK_SIGNAL) {
        memset(&action, 0, sizeof action);
        return args[2] != 0 && !shim_put(args[2], &action, sizeof action) ? -EFAULT : 0;
    }
    action.mask &= ~SHIM_SIGNALS;
    return SHIM_CALL(SYS_rt_sigaction, args[0], args[1] != 0 ? (long)&action : 0, args[2], args[3],
                     CLOCK_PASS);
}

long shim_sys_rt_sigsuspend(const long *args)
{
    uint64_t copy;
    long address;
    if (args[1] != SET_BYTES)
        return -EINVAL;
    if (!shim_signal_set(args[0], &copy, &address) || address == 0)
        return -EFAULT;
    return SHIM_CALL(SYS_rt_sigsuspend, address, SET_BYTES, 0, 0, 0, CLOCK_PASS);
}

/* The mask that counts is the one which the return from our handler puts back. */
static long mask_change(const long *args, ucontext_t *context)
{
    uint64_t old, set, new;
    memcpy(&old, &context->uc_sigmask, sizeof old);
    if (args[3] != SET_BYTES)
        return -EINVAL;
    if (args[1] != 0) {
        if (!shim_get(&set, args[1], sizeof set))
            return -EFAULT;
        if (args[0] == SIG_BLOCK)
            new = old | set;
        else if (args[0] == SIG_UNBLOCK)
            new = old & ~set;
        else if (args[0] == SIG_SETMASK)
            new = set;
        else
            return -EINVAL;
        new &= ~SHIM_SIGNALS;
        memcpy(&context->uc_sigmask, &new, sizeof new);
    }
    return args[2] != 0 && !shim_put(args[2], &old, sizeof old) ? -EFAULT : 0;
}

/* SIGSYS: a trapped call. SA_NODEFER and an empty mask: while we wait on its behalf, the program's
 * signals arrive as they would in the call itself. */
static void on_trap(int signal, siginfo_t *info, void *context_of)
{
    (void)signal;
    ucontext_t *context = context_of;
    greg_t *reg = context->uc_mcontext.gregs;
    const long args[6] = {reg[REG_RDI], reg[REG_RSI], reg[REG_RDX],
                          reg[REG_R10], reg[REG_R8],  reg[REG_R9]};
    shim_shortcut_count(info->si_syscall, (uint64_t)reg[REG_RIP]);
    if (info->si_syscall == SYS_rt_sigprocmask)
        reg[REG_RAX] = mask_change(args, context);
    else
        reg[REG_RAX] = shim_answer(info->si_syscall, args);
}

/*
 * CLOCK_SIGNAL: its coming ends the call in which the task waits. See shim_wait_call() for the two
 * places where it would not. With a value, it ends a wait on a socket with a time limit, and the
 * value is what the call then returns.
 */
static void on_wake(int signal, siginfo_t *info, void *context_of)
{
    (void)signal;
    ucontext_t *context = context_of;
    greg_t *reg = context->uc_mcontext.gregs;
    uint64_t at = (uint64_t)reg[REG_RIP];
    if (at >= (uint64_t)shim_wait_call && at <= (uint64_t)shim_wait_insn) {
        reg[REG_RIP] = (greg_t)shim_wait_end;
        reg[REG_RAX] = -EINTR;
    } else if (info->si_code == SI_QUEUE && info->si_value.sival_int != 0 &&
               reg[REG_RAX] == -EINTR) {
        reg[REG_RAX] = -info->si_value.sival_int;
    }
}

static void handler_set(int signal, void (*handler)(int, siginfo_t *, void *), unsigned long flags)
{
    struct kernel_action action = {
        (uint64_t)handler, flags | KERNEL_RESTORER | SA_SIGINFO | SA_ONSTACK, shim_restorer, 0};
    SHIM_CALL(SYS_rt_sigaction, signal, (long)&action, 0, SET_BYTES, CLOCK_PASS);
}

void shim_signal_init(void)
{
    handler_set(SIGSYS, on_trap, SA_NODEFER);
    handler_set(CLOCK_SIGNAL, on_wake, SA_RESTART);
    uint64_t ours = SHIM_SIGNALS;
    SHIM_CALL(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&ours, 0, SET_BYTES, CLOCK_PASS);
}
